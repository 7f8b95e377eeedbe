/**
 * What a projection is learned from: second moments, in float64, as the loss stalls in float32.
 *
 * @module
 */
import { throwIfAborted } from '@fletch/base';
import { Matrix, matmul, rng, zeros } from '@fletch/linalg';

/** Rows that are multiplied at a time. */
const CHUNK = 2048;

/** Options of {@link secondMoment}. */
export interface MomentOptions {
  /** Subtracted from each row: as many numbers as there are columns. Default: nothing. */
  readonly centre?: Float64Array;
  readonly signal?: AbortSignal | undefined;
}

/** Of more rows than `most`, that many drawn without replacement, in their order. */
export function sampleRows(x: Matrix, most: number, seed: number): Matrix {
  if (x.rows <= most) return x;
  const rows = rng(seed).sample(x.rows, most).sort();
  const data = new Float32Array(most * x.cols);
  rows.forEach((row, i) => {
    data.set(x.row(row), i * x.cols);
  });
  return new Matrix(data, most, x.cols);
}

/** The mean row. */
export function meanRow({ data, rows, cols }: Matrix): Float64Array {
  const sums = new Float64Array(cols);
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) sums[j]! += data[i * cols + j]!;
  return sums.map((sum) => sum / Math.max(1, rows));
}

/**
 * `X'X / n` of the rows of a matrix, symmetric to the last bit.
 *
 * @param x - n x D
 * @returns D x D
 * @throws FletchError `NON_FINITE`, `ABORTED`
 */
export function secondMoment(x: Matrix, { centre, signal }: MomentOptions = {}): Matrix<Float64Array> {
  const d = x.cols;
  const sum = zeros(d, d);
  for (let first = 0; first < x.rows; first += CHUNK) {
    throwIfAborted(signal);
    const count = Math.min(CHUNK, x.rows - first);
    const chunk = new Float64Array(x.data.subarray(first * d, (first + count) * d));
    if (centre) for (let at = 0; at < chunk.length; at++) chunk[at]! -= centre[at % d]!;
    const rows = new Matrix(chunk, count, d);
    const product = matmul(rows, rows, { transposeA: true });
    for (let at = 0; at < product.data.length; at++) sum.data[at]! += product.data[at]! / x.rows;
  }
  for (let i = 0; i < d; i++) for (let j = 0; j < i; j++) sum.data[j * d + i] = sum.data[i * d + j]!;
  return sum;
}

/** The sum of the diagonal. */
export function trace(a: Matrix): number {
  let sum = 0;
  for (let i = 0; i < a.rows; i++) sum += a.data[i * a.cols + i]!;
  return sum;
}

/** `tr(A'B)`: the sum of the products of entries. */
export function inner(a: Matrix, b: Matrix): number {
  let sum = 0;
  for (let at = 0; at < a.data.length; at++) sum += a.data[at]! * b.data[at]!;
  return sum;
}
