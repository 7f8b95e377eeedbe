/**
 * Scores of predicted quantiles. Lower is better.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Matrix } from '@fletch/linalg';
import { requireLevels, requireSymmetric } from './levels.js';

/** ρ_τ(y − q) = max(τ (y − q), (τ − 1)(y − q)) (Koenker and Bassett, 1978). */
export function pinball(y: number, q: number, tau: number): number {
  const error = y - q;
  return error >= 0 ? tau * error : (tau - 1) * error;
}

/** @throws FletchError `DIMENSION_MISMATCH`, `INVALID_ARGUMENT` */
export function requireQuantiles(y: ArrayLike<number>, q: Matrix, tau: ArrayLike<number>): void {
  requireLevels(tau);
  if (q.rows === y.length && q.cols === tau.length && y.length > 0) return;
  throw new FletchError(
    'DIMENSION_MISMATCH',
    `${y.length} values at ${tau.length} levels need as many quantiles, not ${q.rows} × ${q.cols}.`,
  );
}

/**
 * Pinball loss, the mean over rows and levels.
 *
 * @param q - n × m
 * @throws FletchError `DIMENSION_MISMATCH`, `INVALID_ARGUMENT` for levels that are none
 */
export function meanPinball(y: ArrayLike<number>, q: Matrix, tau: ArrayLike<number>): number {
  requireQuantiles(y, q, tau);
  let sum = 0;
  for (let i = 0; i < q.rows; i++)
    for (let k = 0; k < q.cols; k++) sum += pinball(y[i]!, q.data[i * q.cols + k]!, tau[k]!);
  return sum / (q.rows * q.cols);
}

/**
 * Interval score of a central interval of level 1 − α (Gneiting and Raftery, 2007): its width, and 2/α times the distance of what
 * it missed.
 */
export function intervalScore(y: number, low: number, high: number, alpha: number): number {
  return high - low + (2 / alpha) * (Math.max(0, low - y) + Math.max(0, y - high));
}

/**
 * Weighted interval score (Bracher and others, 2021), the mean over rows: (2/m) Σ_τ ρ_τ. With the median among the levels that is
 * (½ |y − median| + Σ_α α/2 · interval score) / (number of intervals + ½).
 *
 * @throws FletchError `INVALID_ARGUMENT` unless levels are symmetric around 0.5; `DIMENSION_MISMATCH`
 */
export function wis(y: ArrayLike<number>, q: Matrix, tau: ArrayLike<number>): number {
  requireSymmetric(tau, 'The weighted interval score');
  return 2 * meanPinball(y, q, tau);
}

/** How often values stay below predicted quantiles. */
export interface Calibration {
  /** Share of rows with y ≤ q at each level: the level itself is right. */
  readonly coverage: Float64Array;
  /** Mean over levels of |coverage − level|. */
  readonly error: number;
  /** The central intervals, widest first; none for levels that are not symmetric. */
  readonly intervals: readonly {
    readonly nominal: number;
    readonly coverage: number;
    readonly width: number;
  }[];
  /** Mean over intervals of |coverage − nominal|; 0 without any. */
  readonly intervalError: number;
}

/**
 * Calibration of predicted quantiles.
 *
 * @throws FletchError `DIMENSION_MISMATCH`, `INVALID_ARGUMENT` for levels that are none
 */
export function calibration(y: ArrayLike<number>, q: Matrix, tau: ArrayLike<number>): Calibration {
  requireQuantiles(y, q, tau);
  const { rows: n, cols: m, data } = q;
  const share = (holds: (row: number) => boolean): number => {
    let count = 0;
    for (let i = 0; i < n; i++) if (holds(i)) count++;
    return count / n;
  };
  const coverage = Float64Array.from({ length: m }, (_, k) => share((i) => y[i]! <= data[i * m + k]!));
  const pairs = Array.from({ length: m >> 1 }, (_, k) => [k, m - 1 - k] as const).filter(
    ([low, high]) => Math.abs(tau[low]! + tau[high]! - 1) <= 1e-9,
  );
  const intervals = pairs.map(([low, high]) => {
    let width = 0;
    for (let i = 0; i < n; i++) width += (data[i * m + high]! - data[i * m + low]!) / n;
    const inside = share((i) => y[i]! >= data[i * m + low]! && y[i]! <= data[i * m + high]!);
    return { nominal: tau[high]! - tau[low]!, coverage: inside, width };
  });
  const error = coverage.reduce((sum, value, k) => sum + Math.abs(value - tau[k]!) / m, 0);
  const intervalError = intervals.reduce(
    (sum, interval) => sum + Math.abs(interval.coverage - interval.nominal) / intervals.length,
    0,
  );
  return { coverage, error, intervals, intervalError };
}
