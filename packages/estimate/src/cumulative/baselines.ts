/**
 * Unpenalised models of ordered and of two classes, with standard errors: what PRESTO is compared with, and tools of their
 * own.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { Matrix } from '@fletch/linalg';
import { orderedClasses, requireFiniteDesign } from './checks.js';
import { sigmoid } from './logistic.js';
import { type MaximumLikelihood, maximumLikelihood, type Separation } from './maximum-likelihood.js';
import { linearPredictors } from './problem.js';
import { nonParallel, parallel } from './structure.js';

/**
 * Proportional odds by maximum likelihood (McCullagh, Regression models for ordinal data, 1980): one β for all boundaries.
 * `MASS::polr` and `ordinal::clm` have the opposite sign of β.
 *
 * @param X - n × p
 * @param y - n classes 1 … K in their order; K ≥ 2
 * @returns with the covariance of K − 1 intercepts and p slopes
 * @throws FletchError `INVALID_ARGUMENT`, `NON_FINITE` naming the column, `DIMENSION_MISMATCH`
 */
export function proportionalOdds(X: Matrix, y: ArrayLike<number>): MaximumLikelihood {
  const { codes, classes } = orderedClasses(X, y, 2);
  return maximumLikelihood(X, codes, classes, parallel);
}

/** What {@link cumulativeLogits} takes. */
export interface CumulativeLogitsOptions {
  /**
   * Fit all boundaries together, by the likelihood of the classes, so that they do not cross on the training rows; else
   * (default) each for itself, as a logistic regression of y ≤ k.
   */
  readonly joint?: boolean;
}

/**
 * Slopes of its own for each boundary, nothing shared.
 *
 * @param X - n × p
 * @param y - n classes 1 … K in their order; K ≥ 2
 * @returns with the covariance of K − 1 intercepts and (K − 1) p slopes where `joint`, none otherwise
 * @throws FletchError `INVALID_ARGUMENT`, `NON_FINITE` naming the column, `DIMENSION_MISMATCH`
 */
export function cumulativeLogits(
  X: Matrix,
  y: ArrayLike<number>,
  { joint = false }: CumulativeLogitsOptions = {},
): MaximumLikelihood {
  const { codes, classes } = orderedClasses(X, y, 2);
  if (joint) return maximumLikelihood(X, codes, classes, nonParallel);
  const fits = Array.from({ length: classes - 1 }, (_, k) =>
    maximumLikelihood(
      X,
      codes.map((c) => (c <= k ? 0 : 1)),
      2,
      parallel,
    ),
  );
  const beta = new Matrix(new Float64Array(X.cols * fits.length), X.cols, fits.length);
  fits.forEach((fit, k) => {
    for (let j = 0; j < X.cols; j++) beta.data[j * fits.length + k] = fit.beta.data[j]!;
  });
  const worst = (['complete', 'quasi-complete', 'none'] as const).find((kind) =>
    fits.some(({ separation }) => separation === kind),
  )!;
  return {
    alpha: Float64Array.from(fits, ({ alpha }) => alpha[0]!),
    beta,
    logLikelihood: fits.reduce((sum, fit) => sum + fit.logLikelihood, 0),
    iterations: Math.max(...fits.map(({ iterations }) => iterations)),
    converged: fits.every(({ converged }) => converged),
    aliased: fits[0]!.aliased,
    separation: worst,
    covariance: undefined,
  };
}

/** A logistic regression: P(event | x) = σ(intercept + x · coefficients). */
export interface LogitFit {
  readonly intercept: number;
  readonly coefficients: Float64Array;
  readonly logLikelihood: number;
  readonly iterations: number;
  readonly converged: boolean;
  /** Columns that are constant or a linear combination of those before: coefficient 0, no error. */
  readonly aliased: readonly number[];
  readonly separation: Separation;
  /** Of the intercept and p coefficients. */
  readonly covariance: Matrix<Float64Array> | undefined;
}

/**
 * Logistic regression by iteratively reweighted least squares.
 *
 * @param X - n × p
 * @param event - n times 1 (it happened) or 0
 * @throws FletchError `INVALID_ARGUMENT` for anything but 0 and 1, or one of them only; `NON_FINITE` naming the column,
 *   `DIMENSION_MISMATCH`
 */
export function logit(X: Matrix, event: ArrayLike<number>): LogitFit {
  if (event.length !== X.rows)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `X has ${X.rows} rows, but there are ${event.length} events.`,
    );
  const codes = Int32Array.from(event, (value, row) => {
    if (value !== 0 && value !== 1)
      throw new FletchError('INVALID_ARGUMENT', `Events are 1 or 0; row ${row} is ${value}.`, {
        details: { row },
      });
    return 1 - value;
  });
  if (!codes.includes(0) || !codes.includes(1))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `The event happens in ${codes.includes(0) ? 'every row' : 'no row'}: there is nothing to tell apart.`,
    );
  requireFiniteDesign(X);
  // P(y ≤ 1) with the event as first class has the sign that is usual.
  const { alpha, beta, ...rest } = maximumLikelihood(X, codes, 2, parallel);
  return { intercept: alpha[0]!, coefficients: beta.data, ...rest };
}

/**
 * Probability of the event for each row.
 *
 * @param X - n × p
 * @throws FletchError `DIMENSION_MISMATCH` for another number of columns
 */
export function logitProb(
  { intercept, coefficients }: Pick<LogitFit, 'intercept' | 'coefficients'>,
  X: Matrix,
): Float64Array {
  const beta = new Matrix(coefficients, coefficients.length, 1);
  return linearPredictors({ alpha: Float64Array.of(intercept), beta }, X).data.map(sigmoid);
}
