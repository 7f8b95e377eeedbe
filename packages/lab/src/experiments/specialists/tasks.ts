/**
 * Tasks of ten classes each, made of MNIST and Fashion-MNIST by turning, mirroring and inverting their images.
 *
 * @module
 */
import { array, type NDArray } from '@fletch/array';
import { type ImageSet, imageFloats, loadFashionMnist, loadMnist, takeImages } from '@fletch/data';
import { type Rng, rng } from '@fletch/linalg';
import type { TrialContext } from '../../experiment.js';

/** What is done to the images of a task, from left to right. */
export type Change = 'rotate90' | 'rotate180' | 'rotate270' | 'flip' | 'invert';

export interface Task {
  readonly name: string;
  readonly source: 'mnist' | 'fashion';
  readonly changes: readonly Change[];
}

/** The five tasks of cards 5 and 49. */
export const fiveTasks: readonly Task[] = [
  { name: 'digits', source: 'mnist', changes: [] },
  { name: 'clothes', source: 'fashion', changes: [] },
  { name: 'digits turned', source: 'mnist', changes: ['rotate90'] },
  { name: 'clothes inverted', source: 'fashion', changes: ['invert'] },
  { name: 'digits mirrored, inverted', source: 'mnist', changes: ['flip', 'invert'] },
];

/** More, for a larger pool. */
export const moreTasks: readonly Task[] = [
  { name: 'digits upside down', source: 'mnist', changes: ['rotate180'] },
  { name: 'clothes turned', source: 'fashion', changes: ['rotate90'] },
  { name: 'digits inverted', source: 'mnist', changes: ['invert'] },
  { name: 'clothes upside down', source: 'fashion', changes: ['rotate180'] },
  { name: 'digits mirrored', source: 'mnist', changes: ['flip'] },
  { name: 'clothes turned back, inverted', source: 'fashion', changes: ['rotate270', 'invert'] },
];

/** Side of an image. */
const SIDE = 28;
export const PIXELS = SIDE * SIDE;

/** Images with their classes, ready for a network. */
export interface Labelled {
  /** Shares of 255, `[count, 784]`. */
  readonly images: NDArray;
  readonly labels: Int32Array;
}

/** One task's images: those that are trained on, those that settings are chosen on, those that are looked at last. */
export interface TaskImages {
  readonly task: Task;
  /** Bytes; batches of it are made by {@link labelled}. */
  readonly train: ImageSet;
  readonly validation: Labelled;
  readonly test: Labelled;
}

/** Where each pixel of a changed image comes from, and whether it is inverted. */
function plan(changes: readonly Change[]): { readonly from: Uint16Array; readonly inverted: boolean } {
  const last = SIDE - 1;
  const places: { readonly [C in Exclude<Change, 'invert'>]: (row: number, column: number) => number } = {
    rotate90: (row, column) => column * SIDE + (last - row),
    rotate180: (row, column) => (last - row) * SIDE + (last - column),
    rotate270: (row, column) => (last - column) * SIDE + row,
    flip: (row, column) => row * SIDE + (last - column),
  };
  let from = Uint16Array.from({ length: PIXELS }, (_, i) => i);
  let inverted = false;
  for (const change of changes) {
    const before = from;
    if (change === 'invert') inverted = !inverted;
    else from = before.map((_, i) => before[places[change](Math.floor(i / SIDE), i % SIDE)]!);
  }
  return { from, inverted };
}

/** Changes images of 28 x 28 pixels. */
export function changeImages(set: ImageSet, changes: readonly Change[]): ImageSet {
  const { from, inverted } = plan(changes);
  const images = new Uint8Array(set.images.length);
  for (let start = 0; start < images.length; start += PIXELS)
    for (let i = 0; i < PIXELS; i++) {
      const value = set.images[start + from[i]!]!;
      images[start + i] = inverted ? 255 - value : value;
    }
  return { ...set, images };
}

/** Some images of a set (default: all) as a network takes them. */
export function labelled(set: ImageSet, rows?: ArrayLike<number>): Labelled {
  const taken = rows ? takeImages(set, rows) : set;
  return {
    images: array(imageFloats(taken), 'float32', [taken.count, PIXELS]),
    labels: Int32Array.from(taken.labels),
  };
}

/** Gives a share of the images a class that is drawn at random, the right one included. */
export function withNoise(set: ImageSet, share: number, random: Rng): ImageSet {
  const labels = set.labels.map((label) =>
    random.uniform() < share ? random.integer(set.classes.length) : label,
  );
  return { ...set, labels };
}

export interface TaskSizes {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

/**
 * The images of some tasks. Training and validation images are drawn from the sources' training images, no image twice
 * within a task; test images from their test images. Each task draws its own.
 */
export async function imagesOf(
  tasks: readonly Task[],
  sizes: TaskSizes,
  { seed, signal, report }: Pick<TrialContext, 'seed' | 'signal' | 'report'>,
): Promise<TaskImages[]> {
  const options = { signal, onProgress: report };
  const sources = { mnist: await loadMnist(options), fashion: await loadFashionMnist(options) };
  return tasks.map((task, i) => {
    const { train, test } = sources[task.source];
    const random = rng(seed, 4900 + i);
    const order = random.permutation(train.count);
    const part = (set: ImageSet, rows: ArrayLike<number>) =>
      changeImages(takeImages(set, rows), task.changes);
    return {
      task,
      train: part(train, order.subarray(0, sizes.train)),
      validation: labelled(part(train, order.subarray(sizes.train, sizes.train + sizes.validation))),
      test: labelled(part(test, random.permutation(test.count).subarray(0, sizes.test))),
    };
  });
}
