/**
 * The Karhunen-Loève transform: principal axes of a set of vectors.
 *
 * @module
 */
import { eigh, Matrix, matmul } from '@fletch/linalg';

/** Rows that are worked on at a time. */
const CHUNK = 4096;

/** Rows of a matrix, by number. */
export type RowsOf = Uint32Array;

/** Mean of some rows. */
export function meanOf(x: Matrix<Float32Array>, rows: RowsOf): Float32Array {
  const sums = new Float64Array(x.cols);
  const { data, cols } = x;
  for (let i = 0; i < rows.length; i++)
    for (let j = 0, at = rows[i]! * cols; j < cols; j++, at++) sums[j]! += data[at]!;
  return Float32Array.from(sums, (sum) => sum / rows.length);
}

/** Some rows less the mean, as a matrix of their own. */
function centred(x: Matrix<Float32Array>, rows: RowsOf, mean: Float32Array): Matrix<Float32Array> {
  const data = new Float32Array(rows.length * x.cols);
  rows.forEach((row, i) => {
    for (let j = 0; j < x.cols; j++) data[i * x.cols + j] = x.data[row * x.cols + j]! - mean[j]!;
  });
  return new Matrix(data, rows.length, x.cols);
}

/** Chunks of rows, centred. */
function* chunks(x: Matrix<Float32Array>, rows: RowsOf, mean: Float32Array) {
  for (let first = 0; first < rows.length; first += CHUNK)
    yield { first, block: centred(x, rows.subarray(first, first + CHUNK), mean) };
}

/** Principal axes of some rows. */
export interface Axes {
  /** d x d: axis i is row i, by falling energy. */
  readonly axes: Matrix<Float32Array>;
  /** Variance along each. */
  readonly energies: Float64Array;
}

/** Eigenvectors of the rows' covariance about their mean, by falling eigenvalue. */
export function principalAxes(x: Matrix<Float32Array>, rows: RowsOf, mean: Float32Array): Axes {
  const d = x.cols;
  const covariance = new Float64Array(d * d);
  for (const { block } of chunks(x, rows, mean)) {
    const part = matmul(block, block, { transposeA: true }).data;
    for (let i = 0; i < part.length; i++) covariance[i]! += part[i]! / rows.length;
  }
  const { values, vectors } = eigh(new Matrix(covariance, d, d));
  const axes = new Matrix(new Float32Array(d * d), d, d);
  for (let i = 0; i < d; i++)
    for (let j = 0; j < d; j++) axes.data[i * d + j] = vectors.data[j * d + d - 1 - i]!;
  return {
    axes,
    energies: Float64Array.from(values)
      .reverse()
      .map((value) => Math.max(0, value)),
  };
}

/** The first `count` axes. */
export function leading(axes: Matrix<Float32Array>, count: number): Matrix<Float32Array> {
  return new Matrix(axes.data.slice(0, count * axes.cols), count, axes.cols);
}

/** Coordinates of some rows along axes: one array a coordinate. */
export function coordinatesOf(
  x: Matrix<Float32Array>,
  rows: RowsOf,
  mean: Float32Array,
  axes: Matrix<Float32Array>,
): Float32Array[] {
  const result = Array.from({ length: axes.rows }, () => new Float32Array(rows.length));
  for (const { first, block } of chunks(x, rows, mean)) {
    const along = matmul(axes, block, { transposeB: true });
    for (const [i, column] of result.entries()) column.set(along.row(i), first);
  }
  return result;
}

/** A vector less the mean, in double precision. */
export function residual(vector: ArrayLike<number>, mean: Float32Array): Float64Array {
  const result = new Float64Array(mean.length);
  for (let j = 0; j < mean.length; j++) result[j] = vector[j]! - mean[j]!;
  return result;
}

/** Coordinates of a residual along axes. */
export function along(axes: Matrix<Float32Array>, residual: Float64Array): Float64Array {
  const { data, rows, cols } = axes;
  const result = new Float64Array(rows);
  for (let i = 0, at = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < cols; j++) sum += data[at++]! * residual[j]!;
    result[i] = sum;
  }
  return result;
}
