/**
 * Likelihood of cumulative logit models, its derivatives by the linear predictors, and predicted probabilities.
 *
 * @module
 */
import { Matrix } from '@fletch/linalg';
import { logDifference, sigmoid } from './logistic.js';
import { type CumulativeModel, linearPredictors } from './problem.js';

/** Least probability of a class in scores and information. */
const FLOOR = 1e-8;

/**
 * Σ_i log p_{y_i}; −∞ when boundaries cross in any row, so that some class would have a negative probability.
 *
 * @param eta - n × (K − 1)
 * @param y - classes 0 … K − 1
 */
export function logLikelihood(eta: Matrix<Float64Array>, y: Int32Array): number {
  const count = eta.cols;
  let sum = 0;
  for (let i = 0; i < eta.rows; i++) {
    const at = i * count;
    for (let k = 1; k < count; k++)
      if (eta.data[at + k]! < eta.data[at + k - 1]!) return Number.NEGATIVE_INFINITY;
    const c = y[i]!;
    sum += logDifference(
      c < count ? eta.data[at + c]! : Number.POSITIVE_INFINITY,
      c > 0 ? eta.data[at + c - 1]! : Number.NEGATIVE_INFINITY,
    );
  }
  return sum;
}

/** Derivatives of the log-likelihood by the linear predictors, row by row. */
export interface Derivatives {
  /** Score: n × (K − 1). */
  readonly score: Matrix<Float64Array>;
  /** Diagonal of the information, negative second derivatives: n × (K − 1). */
  readonly diagonal: Matrix<Float64Array>;
  /** Its entries (k, k + 1): n × (K − 2). */
  readonly beside: Matrix<Float64Array>;
}

const empty = (rows: number, cols: number) => new Matrix(new Float64Array(rows * cols), rows, cols);

/**
 * Score and information of each row. With g_k = c_k (1 − c_k), the derivative of the cumulative probability c_k:
 * the score is g_k (Y_k / P_k − Y_{k+1} / P_{k+1}), the expected information tridiagonal with g_k² (1 / P_k + 1 /
 * P_{k+1}) and −g_k g_{k+1} / P_{k+1}. The observed information is what the row's own class makes of it.
 *
 * @param kind - `expected` for Fisher scoring, `observed` for standard errors
 */
export function derivatives(
  eta: Matrix<Float64Array>,
  y: Int32Array,
  kind: 'expected' | 'observed' = 'expected',
): Derivatives {
  const count = eta.cols;
  const score = empty(eta.rows, count);
  const diagonal = empty(eta.rows, count);
  const beside = empty(eta.rows, Math.max(0, count - 1));
  const P = new Float64Array(count + 1);
  const g = new Float64Array(count);
  const slope = new Float64Array(count);
  for (let i = 0; i < eta.rows; i++) {
    flooredRow(eta.data, i * count, P, g, slope);
    const c = y[i]!;
    if (c < count) score.data[i * count + c] = g[c]! / P[c]!;
    if (c > 0) score.data[i * count + c - 1] = -g[c - 1]! / P[c]!;
    if (kind === 'expected') {
      for (let k = 0; k < count; k++) {
        diagonal.data[i * count + k] = g[k]! * g[k]! * (1 / P[k]! + 1 / P[k + 1]!);
        if (k > 0) beside.data[i * (count - 1) + k - 1] = (-g[k - 1]! * g[k]!) / P[k]!;
      }
    } else {
      // −∂² log(σ(u) − σ(v)), where σ″ = σ′ (1 − 2σ).
      if (c < count) diagonal.data[i * count + c] = (g[c]! / P[c]!) ** 2 - slope[c]! / P[c]!;
      if (c > 0) diagonal.data[i * count + c - 1] = (g[c - 1]! / P[c]!) ** 2 + slope[c - 1]! / P[c]!;
      if (c > 0 && c < count) beside.data[i * (count - 1) + c - 1] = (-g[c - 1]! * g[c]!) / P[c]! ** 2;
    }
  }
  return { score, diagonal, beside };
}

/** Class probabilities of a row, floored and renormalised, and first and second derivatives of the cumulative ones. */
function flooredRow(
  eta: Float64Array,
  at: number,
  P: Float64Array,
  g: Float64Array,
  slope: Float64Array,
): void {
  const count = g.length;
  let before = 0;
  let total = 0;
  for (let k = 0; k <= count; k++) {
    const c = k < count ? sigmoid(eta[at + k]!) : 1;
    // The last difference would lose the digits of a rare class.
    const share = k < count ? c - before : sigmoid(-eta[at + count - 1]!);
    P[k] = Math.max(FLOOR, share);
    total += P[k]!;
    before = c;
  }
  let c = 0;
  for (let k = 0; k < count; k++) {
    P[k]! /= total;
    c += P[k]!;
    g[k] = c * (1 - c);
    slope[k] = g[k]! * (1 - 2 * c);
  }
  P[count]! /= total;
  // The same for the last boundary, from the other end.
  const last = P[count]!;
  g[count - 1] = last * (1 - last);
  slope[count - 1] = g[count - 1]! * (2 * last - 1);
}

/**
 * Class probabilities as the boundaries say: each row sums to 1. A class between boundaries that cross, which happens
 * for rows far from the data, gets a negative number.
 *
 * @param X - n × p
 * @returns n × K
 * @throws FletchError `DIMENSION_MISMATCH` for another number of columns
 */
export function predictProbs(model: CumulativeModel, X: Matrix): Matrix<Float64Array> {
  const eta = linearPredictors(model, X);
  const count = eta.cols;
  const result = empty(eta.rows, count + 1);
  for (let i = 0; i < eta.rows; i++) {
    let before = 0;
    for (let k = 0; k < count; k++) {
      const c = sigmoid(eta.data[i * count + k]!);
      result.data[i * (count + 1) + k] = c - before;
      before = c;
    }
    result.data[i * (count + 1) + count] = sigmoid(-eta.data[i * count + count - 1]!);
  }
  return result;
}

/**
 * P(y = K): the last boundary alone decides, so it is always a probability.
 *
 * @param X - n × p
 * @throws FletchError `DIMENSION_MISMATCH` for another number of columns
 */
export function rareProb(model: CumulativeModel, X: Matrix): Float64Array {
  const last = model.alpha.length - 1;
  const beta = new Matrix(Float64Array.from(model.beta.column(last)), model.beta.rows, 1);
  const eta = linearPredictors({ alpha: model.alpha.slice(last), beta }, X);
  return eta.data.map((value) => sigmoid(-value));
}

/**
 * Probabilities that are all between 0 and 1: where boundaries cross, the lower one gives way to the upper, so that the
 * last class keeps its probability.
 *
 * @param probs - n × K of {@link predictProbs}; changed
 */
export function uncrossed(probs: Matrix<Float64Array>): Matrix<Float64Array> {
  const { rows, cols, data } = probs;
  for (let i = 0; i < rows; i++) {
    const row = data.subarray(i * cols, (i + 1) * cols);
    if (row.every((value) => value >= 0)) continue;
    let upper = 1 - row[cols - 1]!;
    let cumulative = row.reduce((sum, value, k) => (k < cols - 1 ? sum + value : sum), 0);
    for (let k = cols - 2; k >= 0; k--) {
      cumulative = k === 0 ? 0 : cumulative - row[k]!;
      const lower = Math.min(upper, Math.max(0, cumulative));
      row[k] = upper - lower;
      upper = lower;
    }
  }
  return probs;
}
