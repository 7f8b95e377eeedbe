/**
 * Columns of mean 0 and standard deviation 1, and models brought back from there.
 *
 * @module
 */
import { Matrix } from '@fletch/linalg';
import type { CumulativeModel } from './problem.js';

/** Mean and population standard deviation (1 where it is 0) of each column. */
export interface Scaling {
  readonly mean: Float64Array;
  readonly sd: Float64Array;
}

/** Share of a column's size below which its spread is rounding. */
const NOISE = 1e-13;

/** The scaling that standardises the columns of a matrix. */
export function scalingOf(X: Matrix): Scaling {
  const { rows, cols, data } = X;
  const mean = new Float64Array(cols);
  const squares = new Float64Array(cols);
  const size = new Float64Array(cols);
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) mean[j]! += data[i * cols + j]! / rows;
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < cols; j++) {
      const value = data[i * cols + j]!;
      squares[j]! += (value - mean[j]!) ** 2 / rows;
      size[j] = Math.max(size[j]!, Math.abs(value));
    }
  const sd = squares.map((value, j) => (Math.sqrt(value) > NOISE * size[j]! ? Math.sqrt(value) : 1));
  return { mean, sd };
}

/** (X − mean) / sd; a constant column becomes exactly zero. */
export function standardise(X: Matrix, { mean, sd }: Scaling): Matrix<Float64Array> {
  const { rows, cols, data } = X;
  const result = new Matrix(new Float64Array(rows * cols), rows, cols);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < cols; j++) result.data[i * cols + j] = (data[i * cols + j]! - mean[j]!) / sd[j]!;
  return result;
}

/** The same model on columns that were not standardised: β / sd and α − β · mean, with the whole β of each boundary. */
export function unscaled({ alpha, beta }: CumulativeModel, { mean, sd }: Scaling): CumulativeModel {
  const count = alpha.length;
  const intercepts = alpha.slice();
  const slopes = new Matrix(beta.data.slice(), beta.rows, count);
  for (let j = 0; j < beta.rows; j++)
    for (let k = 0; k < count; k++) {
      slopes.data[j * count + k]! /= sd[j]!;
      intercepts[k]! -= slopes.data[j * count + k]! * mean[j]!;
    }
  return { alpha: intercepts, beta: slopes };
}
