/**
 * Directions found from labelled activations: what observable propagation is compared with.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { lstsq, Matrix, rng, solvePositive } from '@fletch/linalg';
import { dot } from './vectors.js';

type Rows = readonly ArrayLike<number>[];

function checkRows(name: string, ...groups: readonly Rows[]): number {
  const d = groups[0]?.[0]?.length ?? 0;
  for (const rows of groups) {
    if (rows.length === 0) throw new FletchError('INVALID_ARGUMENT', `${name}: a class has no activations.`);
    const bad = rows.findIndex(({ length }) => length !== d);
    if (bad >= 0)
      throw new FletchError(
        'DIMENSION_MISMATCH',
        `${name}: activation ${bad} has ${rows[bad]!.length} numbers, others ${d}.`,
      );
  }
  return d;
}

function meanOf(rows: Rows): Float64Array {
  const mean = new Float64Array(rows[0]!.length);
  for (const row of rows) for (let i = 0; i < mean.length; i++) mean[i]! += row[i]! / rows.length;
  return mean;
}

/**
 * Mean activation of one class − that of the other.
 *
 * @throws FletchError `INVALID_ARGUMENT`, `DIMENSION_MISMATCH`
 */
export function meanDifference(positive: Rows, negative: Rows): Float64Array {
  checkRows('meanDifference', positive, negative);
  const other = meanOf(negative);
  return meanOf(positive).map((value, i) => value - other[i]!);
}

/**
 * Weights of the least-squares regression of values on activations, with an intercept; of all that fit equally well
 * those of least norm.
 *
 * @throws FletchError `INVALID_ARGUMENT`, `DIMENSION_MISMATCH`
 */
export function regressionProbe(activations: Rows, values: ArrayLike<number>): Float64Array {
  const d = checkRows('regressionProbe', activations);
  if (values.length !== activations.length)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `regressionProbe: ${activations.length} activations, but ${values.length} values.`,
    );
  // Centred, so that the norm of the weights alone is least, not that of the intercept with them.
  const centre = meanOf(activations);
  const mean = Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
  const x = Matrix.from(activations.map((row) => centre.map((value, i) => row[i]! - value)));
  const y = new Matrix(
    Float64Array.from(values, (value) => value - mean),
    values.length,
    1,
  );
  const solution = lstsq(x, y).x.data;
  return solution.length === d ? solution : solution.slice(0, d);
}

/**
 * Weights of logistic regression with an L2 penalty, by Newton's method on standardised sizes.
 *
 * @param penalty - of the squared weights, for activations whose mean square is 1. Default 1
 * @throws FletchError `INVALID_ARGUMENT`, `DIMENSION_MISMATCH`
 */
export function logisticProbe(positive: Rows, negative: Rows, penalty = 1): Float64Array {
  const d = checkRows('logisticProbe', positive, negative);
  if (!(penalty > 0))
    throw new FletchError('INVALID_ARGUMENT', `logisticProbe: the penalty must be above 0, not ${penalty}.`);
  const rows = [...positive, ...negative];
  const centre = meanOf(rows);
  const centred = rows.map((row) => centre.map((value, i) => row[i]! - value));
  const size = Math.sqrt(centred.reduce((sum, row) => sum + dot(row, row), 0) / (rows.length * d)) || 1;
  const x = centred.map((row) => Float64Array.from([...row.map((value) => value / size), 1]));
  let w = new Float64Array(d + 1);
  for (let step = 0; step < 50; step++) {
    const gradient = w.map((value, i) => (i < d ? penalty * value : 1e-6 * value));
    const hessian = new Float64Array((d + 1) ** 2);
    for (let i = 0; i <= d; i++) hessian[i * (d + 2)] = i < d ? penalty : 1e-6;
    for (const [at, row] of x.entries()) {
      const p = 1 / (1 + Math.exp(-dot(w, row)));
      const error = p - (at < positive.length ? 1 : 0);
      for (let i = 0; i <= d; i++) {
        gradient[i]! += error * row[i]!;
        for (let j = 0; j <= i; j++) hessian[i * (d + 1) + j]! += p * (1 - p) * row[i]! * row[j]!;
      }
    }
    const move = solvePositive(new Matrix(hessian, d + 1, d + 1), new Matrix(gradient, d + 1, 1)).data;
    w = w.map((value, i) => value - move[i]!);
    if (dot(move, move) < 1e-18) break;
  }
  return w.slice(0, d);
}

/** A random direction of length one. */
export function randomDirection(d: number, seed: number): Float64Array {
  const v = rng(seed).fillNormal(new Float64Array(d));
  const size = Math.sqrt(dot(v, v));
  return v.map((value) => value / size);
}
