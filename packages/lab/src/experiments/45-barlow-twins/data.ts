/**
 * What system 45 is measured on: images without labels, draws of a few with, and how probes of them are judged.
 *
 * @module
 */
import { array, type NDArray, takeRows } from '@fletch/array';
import { type ImageSet, imageFloats, type loadMnist, takeImages } from '@fletch/data';
import {
  type AugmentOptions,
  augment,
  type Encoder,
  embedImages,
  imageEncoder,
  linearProbe,
} from '@fletch/learn';
import { Matrix, pca, project, rng } from '@fletch/linalg';
import { cnn } from '@fletch/models';
import type { Profile, Row, TrialContext } from '../../experiment.js';

/** As many labels of each class as 1 % of ImageNet has. */
export const FEW = 13;
const COUNTS = [3, FEW, 30, 60];

/** How much a profile does. */
interface Plan {
  readonly pool: number;
  readonly test: number;
  /** Labels a class that probes are trained on. */
  readonly counts: readonly number[];
  /**
   * Views that a probe learns from, of all labelled images together: as in the paper's evaluation (its `evaluate.py`
   * trains the probe on random crops), and as the network that is trained on the labels has them.
   */
  readonly views: number;
  readonly epochs: number;
  /** Images and epochs of what is only compared with its like. */
  readonly short: { readonly pool: number; readonly epochs: number };
  /** Of the network trained on labels: rates and views to choose from, epochs to choose by and to train. */
  readonly supervised: {
    readonly rates: readonly number[];
    readonly views: readonly ('same' | 'weak')[];
    readonly trial: number;
    readonly epochs: number;
  };
}

export const plans: { readonly [P in Profile]: Plan } = {
  smoke: {
    pool: 400,
    test: 300,
    counts: [FEW],
    views: 260,
    epochs: 1,
    short: { pool: 400, epochs: 1 },
    supervised: { rates: [0.01], views: ['same'], trial: 1, epochs: 2 },
  },
  quick: {
    pool: 6000,
    test: 10_000,
    counts: [FEW, 60],
    views: 2000,
    epochs: 7,
    short: { pool: 6000, epochs: 7 },
    supervised: { rates: [0.01, 0.03], views: ['same'], trial: 80, epochs: 300 },
  },
  full: {
    pool: 20_000,
    test: 10_000,
    counts: COUNTS,
    views: 2000,
    epochs: 12,
    short: { pool: 6000, epochs: 6 },
    supervised: { rates: [0.01, 0.03], views: ['same', 'weak'], trial: 100, epochs: 400 },
  },
};

/** Draws of the labelled images that a probe's accuracy is averaged over. */
const DRAWS = 5;
const VALIDATION = 2000;
export const WIDTH = 256;
/** λ of a projector's width: the terms off the diagonal grow with D², those on it with D. */
export const lambdaOf = (width: number) => 1.28 / width;

export const view: AugmentOptions = {
  crop: { scale: [0.5, 1] },
  rotate: 15,
  jitter: { brightness: 0.1, contrast: 0.4 },
};
export const weak: AugmentOptions = {
  crop: { scale: [0.8, 1], aspect: [0.9, 1.1] },
  rotate: 10,
  jitter: { contrast: 0.2 },
};

export const network = (seed: number) =>
  imageEncoder(cnn, { hidden_sizes: [16, 32, 64, 128], strides: [2, 2, 2, 1] }, { seed });

export interface Labelled {
  readonly images: NDArray;
  readonly labels: Int32Array;
}

export interface Data {
  readonly counts: readonly number[];
  readonly views: number;
  readonly pool: Labelled;
  readonly validation: Labelled;
  readonly test: Labelled;
}

type Loader = typeof loadMnist;

export async function dataOf(load: Loader, { profile, seed, signal, report }: TrialContext): Promise<Data> {
  const { train, test } = await load({ signal, onProgress: report });
  const order = rng(seed, 45).permutation(train.count);
  const { pool } = plans[profile];
  const part = (set: ImageSet, rows: ArrayLike<number>): Labelled => {
    const taken = takeImages(set, rows);
    const shape = [taken.count, taken.channels, taken.rows, taken.columns];
    return { images: array(imageFloats(taken), 'float32', shape), labels: Int32Array.from(taken.labels) };
  };
  return {
    counts: plans[profile].counts,
    views: plans[profile].views,
    pool: part(train, order.subarray(0, pool)),
    validation: part(train, order.subarray(pool, pool + Math.min(VALIDATION, plans[profile].test))),
    test: part(
      test,
      Int32Array.from({ length: plans[profile].test }, (_, i) => i),
    ),
  };
}

export const take = ({ images, labels }: Labelled, rows: Int32Array): Labelled => ({
  images: takeRows(images, rows),
  labels: Int32Array.from(rows, (row) => labels[row]!),
});

/** Positions of `count` labelled images of each class. */
export function drawn(labels: Int32Array, count: number, draw: number): Int32Array {
  const left = new Int32Array(10).fill(count);
  const order = rng(draw, 46).permutation(labels.length);
  return Int32Array.from(order).filter((row) => left[labels[row]!]!-- > 0);
}

/** The labelled images themselves, then random views of them: about `views` in all. */
function viewsOf({ images, labels }: Labelled, views: number, draw: number): Labelled {
  const count = labels.length;
  const rows = Int32Array.from({ length: Math.ceil(views / count) * count }, (_, i) => i % count);
  const repeated = takeRows(images, rows);
  const seen = augment(repeated, view, 2 ** 40 + draw);
  (seen.data as Float32Array).set(images.data as Float32Array);
  return { images: seen, labels: Int32Array.from(rows, (row) => labels[row]!) };
}

/** What a probe reads of images: `[count, width]`. */
type Features = (images: NDArray) => Promise<NDArray>;

/** Accuracy of a probe on so many labels a class, in per cent, of each draw. */
async function probed(
  features: Features,
  tests: NDArray,
  { pool, test, views: most }: Data,
  count: number,
  { views = true, standardize = true } = {},
) {
  const found: number[] = [];
  for (let draw = 0; draw < DRAWS; draw++) {
    const own = take(pool, drawn(pool.labels, count, draw));
    const { images, labels } = views ? viewsOf(own, most, draw) : own;
    const probe = await linearProbe(await features(images), labels, {
      l2: [0.1, 1, 10],
      classes: 10,
      standardize,
    });
    found.push(100 * probe.accuracy(tests, test.labels));
  }
  return found;
}

export const meanOf = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
export const round = (value: number) => Number(value.toPrecision(4));

/** What a probe finds in an encoder's features, by labels a class. */
export type Scores = { readonly [count: number]: readonly number[] };

export async function scoresOf(
  encoder: Encoder,
  data: Data,
  counts: readonly number[] = data.counts,
): Promise<Scores> {
  const features: Features = (images) => embedImages(encoder, images);
  const tests = await features(data.test.images);
  const scores: Record<number, number[]> = {};
  for (const count of counts) scores[count] = await probed(features, tests, data, count);
  return scores;
}

/**
 * Probes of the pixels as they are and standardized, whichever is better, and of 50 principal components. They learn from
 * the images alone: views make a probe of pixels up to two points worse.
 */
export async function plain(data: Data) {
  const flat = (images: NDArray) => images.reshape([images.shape[0]!, images.size / images.shape[0]!]);
  const features: Features = async (images) => flat(images);
  const tests = flat(data.test.images);
  const pixels: Record<number, number[]> = {};
  for (const count of data.counts) {
    const [raw, standard] = [
      await probed(features, tests, data, count, { views: false, standardize: false }),
      await probed(features, tests, data, count, { views: false }),
    ];
    pixels[count] = meanOf(raw) > meanOf(standard) ? raw : standard;
  }
  const matrix = (x: NDArray) =>
    new Matrix(Float64Array.from(x.data as Float32Array), x.shape[0]!, x.shape[1]!);
  const found = pca(matrix(flat(data.pool.images)), 50, { randomized: {} });
  const place = (x: NDArray) => {
    const { data: values, rows: n, cols } = project(found, matrix(flat(x)));
    return array(Float32Array.from(values), 'float32', [n, cols]);
  };
  const components = await probed(async (images) => place(images), place(data.test.images), data, FEW, {
    views: false,
    standardize: false,
  });
  return { pixels: pixels as Scores, components: meanOf(components) };
}

export function rowOf(method: string, scores: Scores, rank?: number): Row {
  const accuracies = Object.entries(scores).map(
    ([count, values]) => [`acc_${count}`, meanOf(values)] as const,
  );
  return { method, ...Object.fromEntries(accuracies), ...(rank !== undefined && { effective_rank: rank }) };
}

export function countsOf(method: string, scores: Scores): Row[] {
  return Object.entries(scores).map(([count, values]) => ({
    method,
    count: Number(count),
    accuracy: round(meanOf(values)),
  }));
}
