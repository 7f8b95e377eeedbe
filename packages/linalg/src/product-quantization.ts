/**
 * Product quantization (Jégou, Douze and Schmid, IEEE TPAMI 33(1), 2011): a vector is cut into parts, and of each part the
 * nearest of at most 256 centroids is kept, one byte.
 *
 * @module
 */
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { requireFinite, requireInteger } from './checks.js';
import { kmeans, nearestCentroids } from './kmeans.js';
import { Matrix, type Real } from './matrix.js';
import { rng } from './random/rng.js';

/** The centroids of every part; plain data. */
export interface ProductQuantizer {
  /** Of the vectors. */
  readonly dimension: number;
  /** Bytes of a code. */
  readonly parts: number;
  /** Of each part, at most 256. */
  readonly centroids: number;
  /** Part p is the dimensions `starts[p]` to `starts[p + 1] - 1`; `parts + 1` numbers. */
  readonly starts: Uint32Array;
  /** Part after part its centroids, row-major: part p begins at `centroids * starts[p]`. */
  readonly codebooks: Float32Array;
}

/** Options of {@link trainProductQuantizer}. */
export interface ProductQuantizerOptions extends LongWork {
  /** From 1 to the dimension; where they do not divide it, some parts are one dimension wider. */
  readonly parts: number;
  /** From 1 to 256. Default 256, or the number of rows when that is smaller. */
  readonly centroids?: number;
  /** Most rounds of k-means. Default 15. */
  readonly iterations?: number;
  /** Most rows that the centroids are learned from. Default 64 for each centroid. */
  readonly sample?: number;
  /** Of the sample and the first centroids. Default 0. */
  readonly seed?: number;
}

/**
 * Learns the centroids by k-means on each part.
 *
 * @param x - n x d
 * @throws FletchError `INVALID_ARGUMENT` for parts or centroids outside their range, `NON_FINITE` with the position, `ABORTED`
 */
export function trainProductQuantizer(x: Matrix, options: ProductQuantizerOptions): ProductQuantizer {
  const { parts, centroids = Math.min(256, x.rows), iterations = 15, seed = 0, signal, onProgress } = options;
  requireInteger('parts', parts, 1, x.cols);
  requireInteger('centroids', centroids, 1, Math.min(256, x.rows));
  const sample = Math.min(x.rows, options.sample ?? 64 * centroids);
  requireInteger('sample', sample, centroids);
  requireFinite('trainProductQuantizer', x);
  const starts = Uint32Array.from({ length: parts + 1 }, (_, p) => Math.floor((p * x.cols) / parts));
  const codebooks = new Float32Array(centroids * x.cols);
  const random = rng(seed);
  const rows = sample < x.rows ? random.split(0).sample(x.rows, sample) : undefined;
  for (let p = 0; p < parts; p++) {
    throwIfAborted(signal);
    const part = columns(x, starts[p]!, starts[p + 1]!, rows);
    const learned = kmeans(part, centroids, {
      iterations,
      random: random.split(p + 1),
      ...(signal && { signal }),
    });
    codebooks.set(learned.centroids.data, centroids * starts[p]!);
    onProgress?.({ done: p + 1, total: parts, stage: 'learning codebooks' });
  }
  return { dimension: x.cols, parts, centroids, starts, codebooks };
}

/**
 * The codes of vectors: of every part the nearest centroid.
 *
 * @param x - n x d
 * @returns n x parts bytes
 * @throws FletchError `DIMENSION_MISMATCH`, `NON_FINITE` with the position
 */
export function encodeProduct(quantizer: ProductQuantizer, x: Matrix): Uint8Array {
  const { dimension, parts, starts } = quantizer;
  requireDimension(dimension, x.cols);
  requireFinite('encodeProduct', x);
  const codes = new Uint8Array(x.rows * parts);
  for (let p = 0; p < parts; p++) {
    const { labels } = nearestCentroids(columns(x, starts[p]!, starts[p + 1]!), codebook(quantizer, p));
    for (let i = 0; i < x.rows; i++) codes[i * parts + p] = labels[i]!;
  }
  return codes;
}

/**
 * The vectors that codes stand for.
 *
 * @param codes - n x parts bytes
 * @returns n x d
 * @throws FletchError `DIMENSION_MISMATCH` for a length that is no multiple of the parts, `CORRUPT` naming the first code
 *   that no centroid has
 */
export function decodeProduct(quantizer: ProductQuantizer, codes: Uint8Array): Matrix<Float32Array> {
  const { dimension, parts, centroids, starts, codebooks } = quantizer;
  const count = codeCount(quantizer, codes);
  const bad = centroids < 256 ? codes.findIndex((code) => code >= centroids) : -1;
  if (bad >= 0)
    throw new FletchError(
      'CORRUPT',
      `Code ${bad % parts} of row ${Math.floor(bad / parts)} is ${codes[bad]}, but there are ${centroids} centroids.`,
      { details: { row: Math.floor(bad / parts), part: bad % parts } },
    );
  const data = new Float32Array(count * dimension);
  for (let i = 0; i < count; i++)
    for (let p = 0; p < parts; p++) {
      const width = starts[p + 1]! - starts[p]!;
      const from = centroids * starts[p]! + codes[i * parts + p]! * width;
      for (let j = 0; j < width; j++) data[i * dimension + starts[p]! + j] = codebooks[from + j]!;
    }
  return new Matrix(data, count, dimension);
}

/**
 * The dot products of a query's parts with all centroids: a vector's dot product is the sum of its codes' entries.
 *
 * @param query - d numbers
 * @returns parts x centroids
 * @throws FletchError `DIMENSION_MISMATCH`
 */
export function productDotTable(quantizer: ProductQuantizer, query: ArrayLike<number>): Float32Array {
  return lookupTable(quantizer, query, (sum, q, c) => sum + q * c);
}

/** As {@link productDotTable}, of the squared Euclidean distances. */
export function productDistanceTable(quantizer: ProductQuantizer, query: ArrayLike<number>): Float32Array {
  return lookupTable(quantizer, query, (sum, q, c) => sum + (q - c) ** 2);
}

/**
 * The sums of a table's entries over the parts of each code: dot products or squared distances.
 *
 * @param table - of {@link productDotTable} or {@link productDistanceTable}
 * @param codes - n x parts bytes
 * @param scores - where they go. Default a new array
 * @returns n numbers
 * @throws FletchError `DIMENSION_MISMATCH`
 */
export function scoreProduct(
  quantizer: ProductQuantizer,
  table: Float32Array,
  codes: Uint8Array,
  scores = new Float32Array(codeCount(quantizer, codes)),
): Float32Array {
  const { parts, centroids } = quantizer;
  const count = codeCount(quantizer, codes);
  if (scores.length !== count || table.length !== parts * centroids)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `${count} codes of ${parts} parts need a table of ${parts * centroids} and ${count} places, not ${table.length} and ${scores.length}.`,
    );
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let p = 0, at = i * parts; p < parts; p++, at++) sum += table[p * centroids + codes[at]!]!;
    scores[i] = sum;
  }
  return scores;
}

function lookupTable(
  { dimension, parts, centroids, starts, codebooks }: ProductQuantizer,
  query: ArrayLike<number>,
  add: (sum: number, q: number, c: number) => number,
): Float32Array {
  requireDimension(dimension, query.length);
  const table = new Float32Array(parts * centroids);
  for (let p = 0; p < parts; p++) {
    const [start, end] = [starts[p]!, starts[p + 1]!];
    for (let c = 0, at = centroids * start; c < centroids; c++) {
      let sum = 0;
      for (let j = start; j < end; j++, at++) sum = add(sum, query[j]!, codebooks[at]!);
      table[p * centroids + c] = sum;
    }
  }
  return table;
}

function codeCount({ parts }: ProductQuantizer, codes: Uint8Array): number {
  if (codes.length % parts === 0) return codes.length / parts;
  throw new FletchError(
    'DIMENSION_MISMATCH',
    `${codes.length} bytes are no whole number of codes of ${parts} bytes.`,
  );
}

function requireDimension(expected: number, actual: number): void {
  if (expected === actual) return;
  throw new FletchError(
    'DIMENSION_MISMATCH',
    `The quantizer was learned on ${expected} dimensions, the vectors have ${actual}.`,
    { details: { expected, actual } },
  );
}

function codebook({ centroids, starts, codebooks }: ProductQuantizer, part: number): Matrix<Float32Array> {
  const [start, end] = [starts[part]!, starts[part + 1]!];
  return new Matrix(codebooks.subarray(centroids * start, centroids * end), centroids, end - start);
}

/** Columns `start` to `end - 1` of all or some rows, copied. */
function columns(x: Matrix<Real>, start: number, end: number, rows?: Uint32Array): Matrix<Float32Array> {
  const count = rows?.length ?? x.rows;
  const width = end - start;
  const data = new Float32Array(count * width);
  for (let i = 0; i < count; i++) {
    const from = (rows ? rows[i]! : i) * x.cols + start;
    for (let j = 0; j < width; j++) data[i * width + j] = x.data[from + j]!;
  }
  return new Matrix(data, count, width);
}
