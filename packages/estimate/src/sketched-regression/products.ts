/**
 * Products with a tall matrix of either precision, in float64, one pass over its rows.
 *
 * @module
 */
import { Matrix } from '@fletch/linalg';

/** b − A x. */
export function residual(A: Matrix, b: Float64Array, x: Float64Array): Float64Array {
  const product = times(A, x);
  for (let i = 0; i < product.length; i++) product[i] = b[i]! - product[i]!;
  return product;
}

/** A x. */
export function times({ data, rows, cols }: Matrix, x: Float64Array): Float64Array {
  const result = new Float64Array(rows);
  for (let i = 0, at = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < cols; j++) sum += data[at++]! * x[j]!;
    result[i] = sum;
  }
  return result;
}

/** Aᵀ y. */
export function transposedTimes({ data, rows, cols }: Matrix, y: Float64Array): Float64Array {
  const result = new Float64Array(cols);
  for (let i = 0, at = 0; i < rows; i++) {
    const factor = y[i]!;
    for (let j = 0; j < cols; j++) result[j]! += factor * data[at++]!;
  }
  return result;
}

export function norm2(x: Float64Array): number {
  const peak = x.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return peak === 0 ? 0 : peak * Math.sqrt(x.reduce((sum, value) => sum + (value / peak) ** 2, 0));
}

export function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!;
  return sum;
}

/** A vector as a matrix of one column. */
export const column = (b: Float64Array): Matrix<Float64Array> => new Matrix(b, b.length, 1);

/** A in float64; not copied where it is. */
export const float64 = (A: Matrix): Matrix<Float64Array> =>
  A.data instanceof Float64Array
    ? (A as Matrix<Float64Array>)
    : new Matrix(Float64Array.from(A.data), A.rows, A.cols);
