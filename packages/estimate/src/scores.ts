/**
 * Scores of predicted probabilities.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Matrix } from '@fletch/linalg';

export { areaUnderCurve } from '@fletch/linalg';

/** Least probability in a logarithm. */
const FLOOR = 1e-8;

function requireRows(probs: Matrix, codes: ArrayLike<number>): void {
  if (probs.rows === codes.length && codes.length > 0) return;
  throw new FletchError(
    'DIMENSION_MISMATCH',
    `There are ${probs.rows} rows of probabilities and ${codes.length} classes.`,
  );
}

/**
 * Brier score: mean over rows of Σ_k (1{y = k} − p_k)². Lower is better.
 *
 * @param probs - n × K
 * @param codes - class of each row, from 0
 * @throws FletchError `DIMENSION_MISMATCH`
 */
export function brierScore(probs: Matrix, codes: ArrayLike<number>): number {
  requireRows(probs, codes);
  let sum = 0;
  for (let i = 0; i < probs.rows; i++)
    for (let k = 0; k < probs.cols; k++)
      sum += ((codes[i] === k ? 1 : 0) - probs.data[i * probs.cols + k]!) ** 2;
  return sum / probs.rows;
}

/**
 * Mean over rows of −log of the probability of the row's class, floored at 1e-8. Lower is better.
 *
 * @throws FletchError `DIMENSION_MISMATCH`
 */
export function logLoss(probs: Matrix, codes: ArrayLike<number>): number {
  requireRows(probs, codes);
  let sum = 0;
  for (let i = 0; i < probs.rows; i++)
    sum -= Math.log(Math.max(FLOOR, probs.data[i * probs.cols + codes[i]!]!));
  return sum / probs.rows;
}

/**
 * Log-loss of one event: mean of −y log p − (1 − y) log(1 − p), both floored at 1e-8.
 *
 * @param event - 1 where it happened, 0 elsewhere
 * @throws FletchError `DIMENSION_MISMATCH`
 */
export function eventLogLoss(probability: ArrayLike<number>, event: ArrayLike<number>): number {
  requirePairs(probability, event);
  let sum = 0;
  for (let i = 0; i < event.length; i++) {
    const p = event[i] ? probability[i]! : 1 - probability[i]!;
    sum -= Math.log(Math.max(FLOOR, p));
  }
  return sum / event.length;
}

/** @throws FletchError `DIMENSION_MISMATCH` unless there is one prediction for each event */
export function requirePairs(probability: ArrayLike<number>, event: ArrayLike<number>): void {
  if (probability.length === event.length && event.length > 0) return;
  throw new FletchError(
    'DIMENSION_MISMATCH',
    `There are ${probability.length} predictions for ${event.length} events.`,
  );
}

/** One bin of a reliability curve. */
export interface ReliabilityBin {
  readonly rows: number;
  /** Mean prediction. */
  readonly predicted: number;
  /** Share of the event. */
  readonly observed: number;
}

/** Rows sorted by prediction, cut into bins of equal frequency. */
function equalFrequencyBins(probability: ArrayLike<number>, bins: number): Int32Array[] {
  const order = Int32Array.from(probability, (_, i) => i).sort((a, b) => probability[a]! - probability[b]!);
  const count = Math.min(bins, order.length);
  return Array.from({ length: count }, (_, b) =>
    order.subarray(Math.floor((b * order.length) / count), Math.floor(((b + 1) * order.length) / count)),
  );
}

/**
 * Predicted against observed shares of an event in bins of equal frequency.
 *
 * @param event - 1 where it happened, 0 elsewhere
 * @param bins - Default 10
 * @throws FletchError `DIMENSION_MISMATCH`, `INVALID_ARGUMENT` unless `bins` is a whole number from 1
 */
export function reliability(
  probability: ArrayLike<number>,
  event: ArrayLike<number>,
  bins = 10,
): ReliabilityBin[] {
  requirePairs(probability, event);
  requireBins(bins);
  return equalFrequencyBins(probability, bins).map((rows) => ({
    rows: rows.length,
    predicted: rows.reduce((sum, row) => sum + probability[row]!, 0) / rows.length,
    observed: rows.reduce((sum, row) => sum + (event[row] ? 1 : 0), 0) / rows.length,
  }));
}

function requireBins(bins: number): void {
  if (!Number.isSafeInteger(bins) || bins < 1)
    throw new FletchError('INVALID_ARGUMENT', `bins must be a whole number of at least 1, not ${bins}.`);
}

/**
 * Estimated squared error of predicted probabilities where the true ones are unknown: rows are sorted by prediction and
 * cut into bins of equal frequency; the mean over rows of (prediction − observed share of the row's bin)².
 *
 * @param actual - 1 where the event happened, 0 elsewhere
 * @param bins - Default max(round(n / 100), 10)
 * @throws FletchError `DIMENSION_MISMATCH`, `INVALID_ARGUMENT`
 */
export function osce(
  actual: ArrayLike<number>,
  predicted: ArrayLike<number>,
  bins = Math.max(Math.round(actual.length / 100), 10),
): number {
  requirePairs(predicted, actual);
  requireBins(bins);
  let sum = 0;
  for (const rows of equalFrequencyBins(predicted, bins)) {
    const observed = rows.reduce((total, row) => total + (actual[row] ? 1 : 0), 0) / rows.length;
    for (const row of rows) sum += (predicted[row]! - observed) ** 2;
  }
  return sum / actual.length;
}
