/**
 * Sets of labelled images, and what training takes of them.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { rng } from '@fletch/linalg';

/** Labelled images of one size. */
export interface ImageSet {
  readonly count: number;
  /** 1 for grey, 3 for red, green and blue. */
  readonly channels: number;
  readonly rows: number;
  readonly columns: number;
  /** Pixels 0 to 255, `[count, channels, rows, columns]`. */
  readonly images: Uint8Array;
  /** Classes 0 to `classes.length - 1`, `[count]`. */
  readonly labels: Uint8Array;
  /** What the classes are called. */
  readonly classes: readonly string[];
}

/** A set as its authors split it. */
export interface ImageSplits {
  readonly train: ImageSet;
  readonly test: ImageSet;
}

/** Pixels of one image, all channels. */
export const pixelsOf = ({ channels, rows, columns }: ImageSet): number => channels * rows * columns;

/**
 * Checks that sizes agree and that every label is a class.
 *
 * @param file - where it is from, for messages
 * @throws FletchError `INVALID_INPUT_FILE`
 */
export function checkImages(set: ImageSet, file: string): ImageSet {
  const { count, images, labels, classes } = set;
  if (images.length !== count * pixelsOf(set) || labels.length !== count)
    throw new FletchError(
      'INVALID_INPUT_FILE',
      `${file}: ${images.length / pixelsOf(set)} images have ${labels.length} labels.`,
      { details: { file } },
    );
  const bad = labels.findIndex((label) => label >= classes.length);
  if (bad >= 0)
    throw new FletchError(
      'INVALID_INPUT_FILE',
      `${file}: the label of image ${bad} is ${labels[bad]}, there are the classes 0 to ${classes.length - 1}.`,
      { details: { file, row: bad, label: labels[bad] } },
    );
  return set;
}

/**
 * Some images of a set, copied, in the order of `indices`.
 *
 * @throws FletchError `INVALID_ARGUMENT` for an index that there is not
 */
export function takeImages(set: ImageSet, indices: ArrayLike<number>): ImageSet {
  const size = pixelsOf(set);
  const images = new Uint8Array(indices.length * size);
  const labels = new Uint8Array(indices.length);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (!(index >= 0 && index < set.count))
      throw new FletchError('INVALID_ARGUMENT', `There is no image ${index}: there are ${set.count}.`);
    images.set(set.images.subarray(index * size, (index + 1) * size), i * size);
    labels[i] = set.labels[index]!;
  }
  return { ...set, count: indices.length, images, labels };
}

/**
 * Holds `count` images out of a set, as many of each class as their shares, chosen with `seed`; the others stay in their
 * order. What validation is done on must come from the training images: test images are looked at once.
 *
 * @param seed - default 0
 * @throws FletchError `INVALID_ARGUMENT` unless 0 < count < set.count
 */
export function holdOut(set: ImageSet, count: number, seed = 0): { train: ImageSet; validation: ImageSet } {
  if (!Number.isInteger(count) || count < 1 || count >= set.count)
    throw new FletchError('INVALID_ARGUMENT', `${count} of ${set.count} images cannot be held out.`);
  const byClass = set.classes.map((): number[] => []);
  for (const index of rng(seed).permutation(set.count)) byClass[set.labels[index]!]!.push(index);
  // One of each class in turn, as long as there are any: classes of one size give equal parts.
  const order: { at: number; index: number }[] = byClass.flatMap((members) =>
    members.map((index, i) => ({ at: (i + 0.5) / members.length, index })),
  );
  order.sort((a, b) => a.at - b.at || a.index - b.index);
  const held = new Set(order.slice(0, count).map(({ index }) => index));
  const sorted = (inside: boolean): number[] =>
    Array.from({ length: set.count }, (_, i) => i).filter((i) => held.has(i) === inside);
  return { train: takeImages(set, sorted(false)), validation: takeImages(set, sorted(true)) };
}

/** Means and deviations of the pixels of each channel, as shares of 255. */
export interface PixelStatistics {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** The statistics of a set, usually of the training images: test images are normalised with the same. */
export function pixelStatistics({ images, channels, rows, columns, count }: ImageSet): PixelStatistics {
  const size = rows * columns;
  const mean: number[] = [];
  const deviation: number[] = [];
  for (let channel = 0; channel < channels; channel++) {
    const counts = new Float64Array(256);
    for (let i = 0; i < count; i++) {
      const start = (i * channels + channel) * size;
      for (let j = start; j < start + size; j++) counts[images[j]!]!++;
    }
    let sum = 0;
    let squares = 0;
    for (let value = 0; value < 256; value++) {
      sum += (counts[value]! * value) / 255;
      squares += counts[value]! * (value / 255) ** 2;
    }
    const total = count * size;
    mean.push(sum / total);
    deviation.push(Math.sqrt(Math.max(0, squares / total - (sum / total) ** 2)));
  }
  return { mean, deviation };
}

/**
 * Pixels as floats: divided by 255, and with `statistics` also less the mean and divided by the deviation of their channel.
 *
 * @returns `[count, channels, rows, columns]`
 */
export function imageFloats(set: ImageSet, statistics?: PixelStatistics): Float32Array {
  return fillFloats(set, undefined, statistics);
}

function fillFloats(
  set: ImageSet,
  indices: ArrayLike<number> | undefined,
  statistics: PixelStatistics | undefined,
): Float32Array {
  const { images, channels, rows, columns } = set;
  const size = rows * columns;
  const count = indices?.length ?? set.count;
  const floats = new Float32Array(count * channels * size);
  const tables = Array.from({ length: channels }, (_, channel) => {
    const mean = statistics?.mean[channel] ?? 0;
    const deviation = statistics?.deviation[channel] || 1;
    return Float32Array.from({ length: 256 }, (_, value) => (value / 255 - mean) / deviation);
  });
  let at = 0;
  for (let i = 0; i < count; i++) {
    let from = (indices ? indices[i]! : i) * channels * size;
    for (const table of tables)
      for (const end = from + size; from < end; from++) floats[at++] = table[images[from]!]!;
  }
  return floats;
}

export interface ImageBatchOptions {
  /** Images of a batch. */
  readonly size: number;
  /** Each seed is another order; without one, images come in theirs. */
  readonly seed?: number;
  /** Each epoch of one seed is another order. Default 0. */
  readonly epoch?: number;
  /** Whether the last batch is left out when it is smaller: compiled steps want one size. Default: false. */
  readonly dropLast?: boolean;
  readonly statistics?: PixelStatistics;
}

/** Some images, ready to be learnt from. */
export interface ImageBatch {
  readonly count: number;
  /** `[count, channels, rows, columns]`. */
  readonly images: Float32Array;
  /** `[count]`. */
  readonly labels: Int32Array;
  /** Which images of the set they are. */
  readonly indices: Uint32Array;
}

/**
 * The positions 0 to count - 1 in pieces, in an order that `seed` and `epoch` decide.
 *
 * @throws FletchError `INVALID_ARGUMENT` for a size below 1
 */
export function* batchIndices(
  count: number,
  options: Omit<ImageBatchOptions, 'statistics'>,
): Generator<Uint32Array> {
  const { size, seed, epoch = 0, dropLast = false } = options;
  if (!Number.isInteger(size) || size < 1)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `A batch of ${size} is none: its size is a whole number from 1.`,
    );
  const order =
    seed === undefined
      ? Uint32Array.from({ length: count }, (_, i) => i)
      : rng(seed, epoch).permutation(count);
  for (let at = 0; at < count; at += size) {
    if (dropLast && at + size > count) return;
    yield order.subarray(at, Math.min(count, at + size));
  }
}

/**
 * All images once, batch after batch.
 *
 * @throws FletchError `INVALID_ARGUMENT` for a size below 1
 * @example
 * ```ts
 * const { train } = await loadMnist();
 * for (let epoch = 0; epoch < 3; epoch++)
 *   for (const { images, labels } of imageBatches(train, { size: 128, seed: 1, epoch, dropLast: true }))
 *     console.log(images.length, labels.length);
 * ```
 */
export function* imageBatches(set: ImageSet, options: ImageBatchOptions): Generator<ImageBatch> {
  for (const indices of batchIndices(set.count, options)) {
    yield {
      count: indices.length,
      images: fillFloats(set, indices, options.statistics),
      labels: Int32Array.from(indices, (index) => set.labels[index]!),
      indices,
    };
  }
}
