/**
 * Features and targets on a common scale.
 *
 * @module
 */
import { Matrix } from '@fletch/linalg';

/** Means and deviations of columns; a constant column has deviation 1. */
export interface Scaling {
  readonly means: readonly number[];
  readonly deviations: readonly number[];
}

/** The scaling of a matrix's columns. */
export function scalingOf(X: Matrix): Scaling {
  const means = new Array<number>(X.cols).fill(0);
  const deviations = new Array<number>(X.cols).fill(0);
  for (let i = 0; i < X.rows; i++)
    for (let j = 0; j < X.cols; j++) means[j]! += X.data[i * X.cols + j]! / X.rows;
  for (let i = 0; i < X.rows; i++)
    for (let j = 0; j < X.cols; j++) deviations[j]! += (X.data[i * X.cols + j]! - means[j]!) ** 2 / X.rows;
  return {
    means,
    deviations: deviations.map((square, j) =>
      Math.sqrt(square) > 1e-12 * Math.max(1, Math.abs(means[j]!)) ? Math.sqrt(square) : 1,
    ),
  };
}

/** The scaling of one column. */
export const scalingOfVector = (y: Float64Array): Scaling => scalingOf(new Matrix(y, y.length, 1));

/** (X − mean) / deviation. */
export function scaleRows(X: Matrix, { means, deviations }: Scaling): Matrix<Float64Array> {
  const result = new Matrix(new Float64Array(X.data.length), X.rows, X.cols);
  for (let at = 0; at < X.data.length; at++) {
    const j = at % X.cols;
    result.data[at] = (X.data[at]! - means[j]!) / deviations[j]!;
  }
  return result;
}

/** (y − mean) / deviation of a vector. */
export function scaleVector(y: ArrayLike<number>, { means, deviations }: Scaling): Float64Array {
  return Float64Array.from(y, (value) => (value - means[0]!) / deviations[0]!);
}

/** Back to the scale of y, in place. */
export function unscale(q: Matrix<Float64Array>, { means, deviations }: Scaling): Matrix<Float64Array> {
  for (let i = 0; i < q.data.length; i++) q.data[i] = q.data[i]! * deviations[0]! + means[0]!;
  return q;
}
