/**
 * Batches of images for training: an order that seed and epoch decide, and small shifts that seed and step decide.
 *
 * @module
 */
import { array, type NDArray } from '@fletch/array';
import { FletchError } from '@fletch/base';
import { type ImageSet, imageFloats, type PixelStatistics, takeImages } from '@fletch/data';
import { rng } from '@fletch/linalg';

/** Images and labels. */
export interface LabelledBatch {
  /** `[batch, channels, rows, columns]`. */
  readonly images: NDArray;
  /** `[batch]`, int32. */
  readonly labels: NDArray;
}

/** How images are changed a little each time they are seen. */
export interface Augmentation {
  /** Pixels by which an image is moved at most, in each direction. */
  readonly shift?: number;
  /** Whether every other image is mirrored. */
  readonly mirror?: boolean;
}

/** Some images of a set as floats. */
export function batchAt(
  set: ImageSet,
  positions: ArrayLike<number>,
  statistics: PixelStatistics | undefined,
): LabelledBatch {
  const taken = takeImages(set, positions);
  return {
    images: array(imageFloats(taken, statistics), 'float32', [
      taken.count,
      set.channels,
      set.rows,
      set.columns,
    ]),
    labels: array(Int32Array.from(taken.labels), 'int32', [taken.count]),
  };
}

/** Moves and mirrors images in place of their pixels; what comes in from outside is black. */
export function augment(
  set: ImageSet,
  { shift = 0, mirror = false }: Augmentation,
  seed: number,
  step: number,
): ImageSet {
  if (shift === 0 && !mirror) return set;
  const { rows, columns, channels, count } = set;
  const random = rng(seed, step);
  const images = new Uint8Array(set.images.length);
  for (let i = 0; i < count; i++) {
    const down = random.integer(2 * shift + 1) - shift;
    const right = random.integer(2 * shift + 1) - shift;
    const turned = mirror && random.integer(2) === 1;
    for (let c = 0; c < channels; c++) {
      const plane = (i * channels + c) * rows * columns;
      for (let row = Math.max(0, down); row < Math.min(rows, rows + down); row++)
        for (let column = Math.max(0, right); column < Math.min(columns, columns + right); column++) {
          const from = column - right;
          images[plane + row * columns + column] =
            set.images[plane + (row - down) * columns + (turned ? columns - 1 - from : from)]!;
        }
    }
  }
  return { ...set, images };
}

/** Draws batches: every image once an epoch. */
export class ImageFeed {
  readonly #set: ImageSet;
  readonly #batch: number;
  readonly #seed: number;
  #epoch = -1;
  #order: Uint32Array = new Uint32Array();

  /** @throws FletchError `INVALID_ARGUMENT` when there are fewer images than a batch takes */
  constructor(set: ImageSet, { batch, seed }: { readonly batch: number; readonly seed: number }) {
    if (set.count < batch)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `A batch of ${batch} cannot be drawn from ${set.count} images.`,
      );
    this.#set = set;
    this.#batch = batch;
    this.#seed = seed;
  }

  /** The images of a step. */
  at(step: number, changes: Augmentation = {}): ImageSet {
    const each = Math.floor(this.#set.count / this.#batch);
    const epoch = Math.floor(step / each);
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#order = Uint32Array.from(rng(this.#seed, epoch).permutation(this.#set.count));
    }
    const start = (step % each) * this.#batch;
    const taken = takeImages(this.#set, this.#order.subarray(start, start + this.#batch));
    return augment(taken, changes, this.#seed + 1, step);
  }
}
