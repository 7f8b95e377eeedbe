/**
 * Intervals around estimates.
 *
 * @module
 */

import { studentLimit, studentTwoSided } from './student.js';

/** 0.975 quantile of the standard normal distribution. */
const Z = 1.959963984540054;

/** An estimate with Wald's interval and test. Null where there is no error. */
export interface Wald {
  readonly estimate: number;
  readonly error: number | null;
  readonly z: number | null;
  /** Two-sided. */
  readonly p: number | null;
  /** Of the 95 % interval. */
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * Wald's statistics of an estimate and its standard error.
 *
 * @param freedom - degrees of freedom of Student's t; default: the normal distribution
 */
export function wald(estimate: number, error: number | null, freedom = Number.POSITIVE_INFINITY): Wald {
  if (error === null || !Number.isFinite(error))
    return { estimate, error: null, z: null, p: null, low: null, high: null };
  const z = estimate / error;
  const normal = freedom === Number.POSITIVE_INFINITY;
  const p = normal ? twoSided(z) : studentTwoSided(z, freedom);
  const limit = normal ? Z : studentLimit(0.05, freedom);
  return { estimate, error, z, p, low: estimate - limit * error, high: estimate + limit * error };
}

/** P(|N(0, 1)| > |z|), to seven digits (Numerical Recipes' Chebyshev fit of the complementary error function). */
export function twoSided(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 2 / (2 + x);
  const coefficients = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
    -0.82215223, 0.17087277,
  ];
  const series = coefficients.reduceRight((sum, value) => sum * t + value, 0);
  return t * Math.exp(-x * x + series);
}

/** The quantile of sorted numbers, linear between neighbours (type 7 of Hyndman and Fan, 1996). */
export function quantileOfSorted(sorted: ArrayLike<number>, level: number): number {
  const at = level * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (at - below) * (sorted[above]! - sorted[below]!);
}
