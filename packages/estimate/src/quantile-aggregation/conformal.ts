/**
 * Conformal calibration: quantiles are shifted by what rows that were held out missed.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { Matrix } from '@fletch/linalg';
import { requireChoice } from '../frame/design.js';
import { requireSymmetric } from './levels.js';
import { monotoneRows } from './monotone.js';
import { requireQuantiles } from './scores.js';

/** Names of the variants. */
export const conformalKinds = ['cqr', 'one-sided'] as const;

/**
 * `cqr`: central intervals are widened on both sides alike until they hold their share (Romano, Patterson and Candès, NeurIPS
 * 2019). `one-sided`: each level is shifted until its share of values stays below.
 */
export type Conformal = (typeof conformalKinds)[number];

/** Rows below which there is nothing to calibrate with. */
const LEAST = 20;

/**
 * What is added to each level.
 *
 * @param qCal - n × m, predicted for rows that no model was trained on
 * @param yCal - n ≥ 20
 * @throws FletchError `INVALID_ARGUMENT` for fewer rows, and for `cqr` with levels that are not symmetric; `DIMENSION_MISMATCH`
 */
export function conformalShifts(
  qCal: Matrix,
  yCal: ArrayLike<number>,
  tau: ArrayLike<number>,
  kind: Conformal = 'one-sided',
): Float64Array {
  requireChoice('conformal', kind, conformalKinds);
  requireQuantiles(yCal, qCal, tau);
  const { rows: n, cols: m, data } = qCal;
  if (n < LEAST)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `Conformal calibration needs at least ${LEAST} rows, not ${n}: hold out more, or leave it out.`,
      { details: { rows: n } },
    );
  const shifts = new Float64Array(m);
  const scores = new Float64Array(n);
  if (kind === 'one-sided') {
    for (let k = 0; k < m; k++) {
      for (let i = 0; i < n; i++) scores[i] = yCal[i]! - data[i * m + k]!;
      shifts[k] = finiteSample(scores, tau[k]!);
    }
    return shifts;
  }
  requireSymmetric(tau, 'cqr');
  for (let low = 0; low < m >> 1; low++) {
    const high = m - 1 - low;
    for (let i = 0; i < n; i++)
      scores[i] = Math.max(data[i * m + low]! - yCal[i]!, yCal[i]! - data[i * m + high]!);
    const widening = finiteSample(scores, tau[high]! - tau[low]!);
    shifts[low] = -widening;
    shifts[high] = widening;
  }
  return shifts;
}

/** The ⌈(n + 1) level⌉-th smallest score, the largest at most: one more score stays below with at least this probability. */
function finiteSample(scores: Float64Array, level: number): number {
  const rank = Math.ceil((scores.length + 1) * level - 1e-9);
  return scores.toSorted()[Math.min(scores.length, Math.max(1, rank)) - 1]!;
}

/** Quantiles with shifts added, in order again. */
export function shifted(q: Matrix, shifts: ArrayLike<number>): Matrix<Float64Array> {
  const result = new Matrix(Float64Array.from(q.data), q.rows, q.cols);
  for (let i = 0; i < result.data.length; i++) result.data[i]! += shifts[i % q.cols]!;
  return monotoneRows(result, 'sort');
}

/**
 * Calibrated quantiles, sorted afterwards.
 *
 * @param q - predictions to calibrate, n × m
 * @param qCal - predictions for calibration rows
 * @throws FletchError as {@link conformalShifts}
 */
export function conformalize(
  q: Matrix,
  qCal: Matrix,
  yCal: ArrayLike<number>,
  tau: ArrayLike<number>,
  kind: Conformal = 'one-sided',
): Matrix<Float64Array> {
  return shifted(q, conformalShifts(qCal, yCal, tau, kind));
}
