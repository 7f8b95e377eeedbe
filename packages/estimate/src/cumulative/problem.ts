/**
 * Cumulative logit models: data, parameters, linear predictors.
 *
 * P(y ≤ k | x) = σ(α_k + β_k · x) for k = 1 … K − 1, so that a positive β pushes towards the first classes. The parameters
 * stand in one vector θ: K − 1 intercepts, then a block of p entries for each column of the {@link Structure}.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { Matrix } from '@fletch/linalg';
import type { Structure } from './structure.js';

/** What a cumulative model is fitted to. */
export interface CumulativeProblem {
  /** n × p, usually standardised. */
  readonly X: Matrix<Float64Array>;
  /** Class of each row, 0 … K − 1. */
  readonly y: Int32Array;
  readonly classes: number;
  readonly structure: Structure;
}

/** Boundaries of a fitted cumulative model. */
export interface CumulativeModel {
  /** K − 1 intercepts. */
  readonly alpha: Float64Array;
  /** p × (K − 1): slopes of each boundary in a column. */
  readonly beta: Matrix<Float64Array>;
}

/** Entries of θ. */
export const parametersOf = ({ X, classes, structure }: CumulativeProblem): number =>
  classes - 1 + structure.cols * X.cols;

/** The boundaries that θ stands for. */
export function boundaries(
  { X, classes, structure }: CumulativeProblem,
  theta: Float64Array,
): CumulativeModel {
  const count = classes - 1;
  const p = X.cols;
  const beta = new Matrix(new Float64Array(p * count), p, count);
  for (let k = 0; k < count; k++)
    for (let l = 0; l < structure.cols; l++) {
      const weight = structure.at(k, l);
      if (weight === 0) continue;
      for (let j = 0; j < p; j++) beta.data[j * count + k]! += weight * theta[count + l * p + j]!;
    }
  return { alpha: theta.slice(0, count), beta };
}

/**
 * η = α + X β: n × (K − 1).
 *
 * @throws FletchError `DIMENSION_MISMATCH` for another number of columns
 */
export function linearPredictors({ alpha, beta }: CumulativeModel, X: Matrix): Matrix<Float64Array> {
  if (X.cols !== beta.rows)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `The table has ${X.cols} columns; the model was fitted on ${beta.rows}.`,
      { details: { columns: X.cols, expected: beta.rows } },
    );
  const count = alpha.length;
  const eta = new Matrix(new Float64Array(X.rows * count), X.rows, count);
  for (let k = 0; k < count; k++) {
    const { used, weights } = nonZeros(beta, k);
    const size = used.length;
    const { data, cols } = X;
    for (let i = 0; i < X.rows; i++) {
      const row = i * cols;
      let sum = alpha[k]!;
      for (let j = 0; j < size; j++) sum += data[row + used[j]!]! * weights[j]!;
      eta.data[i * count + k] = sum;
    }
  }
  return eta;
}

/** Where the slopes of a boundary are not zero, and what they are there: few, in a sparse model. */
function nonZeros(beta: Matrix<Float64Array>, k: number): { used: Int32Array; weights: Float64Array } {
  const column = beta.column(k);
  const used = Int32Array.from(column, (_, j) => j).filter((j) => column[j] !== 0);
  return { used, weights: Float64Array.from(used, (j) => column[j]!) };
}
