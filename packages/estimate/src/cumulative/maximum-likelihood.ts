/**
 * Maximum likelihood of cumulative models: estimates, their covariance, columns that say nothing new, and classes that
 * are separated.
 *
 * @module
 */
import { isFletchError } from '@fletch/base';
import { cholesky, identity, Matrix, matmul, solvePositive } from '@fletch/linalg';
import { type FisherFit, fisherScoring, interceptsOnly, predictorsOf } from './fisher.js';
import { informationOf } from './information.js';
import { derivatives } from './likelihood.js';
import { boundaries, type CumulativeModel, type CumulativeProblem } from './problem.js';
import { scalingOf, standardise, unscaled } from './standardise.js';
import type { Structure } from './structure.js';

/**
 * Whether some direction of the parameters keeps every row on the right side for ever, so that no estimate is the
 * most likely one: strictly for all rows (`complete`) or for some (`quasi-complete`; Albert and Anderson, On the
 * existence of maximum likelihood estimates in logistic regression models, Biometrika 71, 1984).
 */
export type Separation = 'none' | 'quasi-complete' | 'complete';

/** An unpenalised fit. */
export interface MaximumLikelihood extends CumulativeModel {
  readonly logLikelihood: number;
  readonly iterations: number;
  readonly converged: boolean;
  /** Columns that are constant or a linear combination of those before: their slopes are 0 and have no error. */
  readonly aliased: readonly number[];
  /** With anything but `none` the estimates are where the search was stopped, and there are no errors. */
  readonly separation: Separation;
  /**
   * Covariance of K − 1 intercepts and p slopes for each block of the structure, from the observed information. NaN in
   * rows and columns of what is aliased; undefined when the information is singular.
   */
  readonly covariance: Matrix<Float64Array> | undefined;
}

/** Pivots below this are linear dependence: a column that others explain but for 1e-10 of its variance. */
const DEPENDENT = 1e-10;

/** Indices of standardised columns that are zero or depend on those before. */
export function aliasedColumns(X: Matrix<Float64Array>): number[] {
  const gram = matmul(X, X, { transposeA: true });
  const p = X.cols;
  const aliased: number[] = [];
  const L = new Float64Array(p * p);
  for (let j = 0; j < p; j++) {
    let pivot = gram.data[j * p + j]!;
    for (let k = 0; k < j; k++) pivot -= L[j * p + k]! ** 2;
    if (!(pivot > DEPENDENT * X.rows)) {
      aliased.push(j);
      continue;
    }
    const root = Math.sqrt(pivot);
    L[j * p + j] = root;
    for (let i = j + 1; i < p; i++) {
      let value = gram.data[i * p + j]!;
      for (let k = 0; k < j; k++) value -= L[i * p + k]! * L[j * p + k]!;
      L[i * p + j] = value / root;
    }
  }
  return aliased;
}

/**
 * Fits without penalty.
 *
 * @param X - n × p
 * @param y - classes 0 … K − 1, each with rows
 */
export function maximumLikelihood(
  X: Matrix,
  y: Int32Array,
  classes: number,
  structureOf: (boundaries: number) => Structure,
): MaximumLikelihood {
  const scaling = scalingOf(X);
  const whole = standardise(X, scaling);
  const aliased = aliasedColumns(whole);
  const kept = Int32Array.from({ length: X.cols }, (_, j) => j).filter((j) => !aliased.includes(j));
  const structure = structureOf(classes - 1);
  const problem = { X: columnsOf(whole, kept), y, classes, structure };
  const start = interceptsOnly(problem);
  const fit = fisherScoring(problem, { strength: new Float64Array(start.length), mix: 1 }, start, {
    tolerance: 1e-12,
  });
  const separation = separationOf(problem, fit);
  const reduced = boundaries(problem, fit.theta);
  const scaled = { alpha: reduced.alpha, beta: spread(reduced.beta, kept, X.cols) };
  const covariance =
    separation === 'none' ? covarianceOf(problem, fit.theta, kept, X.cols, scaling) : undefined;
  return {
    ...unscaled(scaled, scaling),
    logLikelihood: fit.logLikelihood,
    iterations: fit.objective.length - 1,
    converged: fit.converged,
    aliased,
    separation,
    covariance,
  };
}

function columnsOf(X: Matrix<Float64Array>, kept: Int32Array): Matrix<Float64Array> {
  const result = new Matrix(new Float64Array(X.rows * kept.length), X.rows, kept.length);
  for (let i = 0; i < X.rows; i++)
    kept.forEach((column, j) => {
      result.data[i * kept.length + j] = X.data[i * X.cols + column]!;
    });
  return result;
}

/** Slopes in the rows of their columns, zero in the others. */
function spread(beta: Matrix<Float64Array>, kept: Int32Array, p: number): Matrix<Float64Array> {
  const result = new Matrix(new Float64Array(p * beta.cols), p, beta.cols);
  kept.forEach((column, j) => {
    result.data.set(beta.row(j), column * beta.cols);
  });
  return result;
}

/**
 * Where every row is on its side of every boundary, so it is along that very direction. Else the last step tells: where an
 * estimate exists it has shrunk to nothing; where some classes are separated it goes on for ever, along a direction in
 * which the likelihood of no row falls.
 */
function separationOf(problem: CumulativeProblem, { theta, lastStep }: FisherFit): Separation {
  if (leastMargin(predictorsOf(problem, theta), problem.y) > 0) return 'complete';
  const along = predictorsOf(problem, lastStep);
  const size = along.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return size > 0.05 && leastMargin(along, problem.y) >= -1e-3 * size ? 'quasi-complete' : 'none';
}

/** How far the row that is worst off is on its side of the boundaries beside its class. */
function leastMargin(eta: Matrix<Float64Array>, y: Int32Array): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < eta.rows; i++) {
    const c = y[i]!;
    if (c < eta.cols) least = Math.min(least, eta.data[i * eta.cols + c]!);
    if (c > 0) least = Math.min(least, -eta.data[i * eta.cols + c - 1]!);
  }
  return least;
}

/** The inverse of the observed information, on the columns as they were given. */
function covarianceOf(
  problem: CumulativeProblem,
  theta: Float64Array,
  kept: Int32Array,
  p: number,
  { mean, sd }: { readonly mean: Float64Array; readonly sd: Float64Array },
): Matrix<Float64Array> | undefined {
  const information = informationOf(
    problem,
    derivatives(predictorsOf(problem, theta), problem.y, 'observed'),
  );
  let inverse: Matrix<Float64Array>;
  try {
    cholesky(information);
    inverse = solvePositive(information, identity(information.rows));
  } catch (error) {
    if (isFletchError(error)) return undefined;
    throw error;
  }
  // θ on the given columns is J θ on the standardised ones.
  const count = problem.classes - 1;
  const { structure } = problem;
  const size = count + structure.cols * p;
  const J = new Matrix(new Float64Array(size * theta.length), size, theta.length);
  for (let k = 0; k < count; k++) J.data[k * theta.length + k] = 1;
  for (let l = 0; l < structure.cols; l++)
    kept.forEach((column, j) => {
      const from = count + l * kept.length + j;
      J.data[(count + l * p + column) * theta.length + from] = 1 / sd[column]!;
      for (let k = 0; k < count; k++)
        J.data[k * theta.length + from]! -= (structure.at(k, l) * mean[column]!) / sd[column]!;
    });
  const covariance = matmul(matmul(J, inverse), J, { transposeB: true });
  const known = new Set(kept);
  for (let l = 0; l < structure.cols; l++)
    for (let column = 0; column < p; column++) {
      if (known.has(column)) continue;
      const at = count + l * p + column;
      for (let i = 0; i < size; i++) {
        covariance.data[at * size + i] = Number.NaN;
        covariance.data[i * size + at] = Number.NaN;
      }
    }
  return covariance;
}
