/**
 * How far a solution is from the exact one, in the measure of the guarantee.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { type Matrix, singularValues, triangularize } from '@fletch/linalg';
import { requireFinite, requireTall } from './checks.js';
import { column, float64, norm2, residual } from './products.js';
import { solved } from './solve.js';

/** The exact solution, and what errors are measured by. */
export interface DirectSolution {
  readonly x: Float64Array;
  /** ‖A x* − b‖₂. */
  readonly residualNorm: number;
  /** ‖A†‖₂ = 1 / σ_min(A). */
  readonly pseudoinverseNorm: number;
}

/**
 * Least squares by Householder QR of A itself.
 *
 * @param A - n × d, more rows than columns, full rank
 * @throws FletchError `INVALID_ARGUMENT`, `DIMENSION_MISMATCH`, `NON_FINITE`
 */
export function directRegression(A: Matrix, b: Float64Array): DirectSolution {
  requireTall(A, b);
  requireFinite(A, b);
  const { x, R } = solved(triangularize(float64(A), column(b)), true);
  return {
    x,
    residualNorm: norm2(residual(A, b, x)),
    pseudoinverseNorm: 1 / singularValues(R)[R.cols - 1]!,
  };
}

/** The error of a solution x' against the exact x*. */
export interface LinfCertificate {
  /** √d ‖x' − x*‖∞ / (‖A x* − b‖₂ ‖A†‖₂): at most ε where the guarantee holds. */
  readonly epsInf: number;
  /** ‖x' − x*‖₂ / (‖A x* − b‖₂ ‖A†‖₂). */
  readonly eps2: number;
  /** ‖x' − x*‖∞ / ‖x' − x*‖₂: 1 when a single coordinate takes all of the error; 0 when there is none. */
  readonly linfOverL2: number;
}

/** Share of ‖b‖ (and of ‖x*‖) below which a residual (and a difference) is rounding. */
const ROUNDING = 1e-12;

/**
 * Measures a solution. Where b lies in the range of A the residual is 0: then the errors are 0 for the exact solution, and
 * infinite for any other.
 *
 * @param exact - default: computed, which costs a full decomposition
 * @throws FletchError `DIMENSION_MISMATCH` when x has another length, and as {@link directRegression}
 */
export function linfCertificate(
  A: Matrix,
  b: Float64Array,
  x: Float64Array,
  exact: DirectSolution = directRegression(A, b),
): LinfCertificate {
  if (x.length !== A.cols)
    throw new FletchError('DIMENSION_MISMATCH', `A has ${A.cols} columns, but x ${x.length} entries.`);
  const difference = x.map((value, j) => value - exact.x[j]!);
  const inf = difference.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const two = norm2(difference);
  const scale = exact.residualNorm * exact.pseudoinverseNorm;
  const measured = (error: number): number => {
    if (exact.residualNorm > ROUNDING * norm2(b)) return error / scale;
    return two <= 1e3 * ROUNDING * norm2(exact.x) ? 0 : Number.POSITIVE_INFINITY;
  };
  return {
    epsInf: measured(Math.sqrt(A.cols) * inf),
    eps2: measured(two),
    linfOverL2: two > 0 ? inf / two : 0,
  };
}
