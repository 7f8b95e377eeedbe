/** What the tests of this package share. */
import { expect } from 'vitest';
import { Matrix, type Precision, type Real, zeros } from './matrix.js';
import { rng } from './random/rng.js';

export const EPS = { float32: 2 ** -23, float64: 2 ** -52 } as const;
export type Double = Matrix<Float64Array>;

export const precisions: readonly Precision[] = ['float32', 'float64'];

export const epsOf = (a: Matrix): number => (a.data instanceof Float32Array ? EPS.float32 : EPS.float64);

/** Entries uniform in [-1, 1). */
export function random(rows: number, cols: number, precision: Precision = 'float64', seed = 1): Matrix {
  const result = zeros(rows, cols, precision);
  rng(seed).fillUniform(result.data);
  for (let i = 0; i < result.data.length; i++) result.data[i] = 2 * result.data[i]! - 1;
  return result;
}

/** The matrix with entries f(i, j). */
export function build(
  rows: number,
  cols: number,
  f: (i: number, j: number) => number,
  precision: Precision = 'float64',
): Matrix {
  const result = zeros(rows, cols, precision);
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) result.data[i * cols + j] = f(i, j);
  return result;
}

/** Product in float64 by the definition: an oracle of its own. */
export function times(...factors: readonly Matrix[]): Matrix<Float64Array> {
  return factors
    .map((a): Double => new Matrix(Float64Array.from(a.data), a.rows, a.cols))
    .reduce((a, b) => {
      const result = zeros(a.rows, b.cols);
      for (let i = 0; i < a.rows; i++)
        for (let k = 0; k < a.cols; k++) {
          const factor = a.data[i * a.cols + k]!;
          for (let j = 0; j < b.cols; j++) result.data[i * b.cols + j]! += factor * b.data[k * b.cols + j]!;
        }
      return result;
    });
}

export const turn = (a: Matrix): Matrix<Float64Array> =>
  build(a.cols, a.rows, (i, j) => a.at(j, i)) as Matrix<Float64Array>;

export const diagonal = (values: ArrayLike<number>): Matrix =>
  build(values.length, values.length, (i, j) => (i === j ? values[i]! : 0));

/** Frobenius norm, scaled against overflow. */
export function size(a: Matrix): number {
  const values = Float64Array.from(a.data);
  const most = values.reduce((best, value) => Math.max(best, Math.abs(value)), 0);
  if (most === 0) return 0;
  return most * Math.sqrt(values.reduce((sum, value) => sum + (value / most) ** 2, 0));
}

/** Frobenius norm of the difference. */
export const distance = (a: Matrix, b: Matrix): number => {
  expect([a.rows, a.cols]).toEqual([b.rows, b.cols]);
  return size(build(a.rows, a.cols, (i, j) => a.at(i, j) - b.at(i, j)));
};

/** Loss of orthogonality of the columns. */
export const skew = (q: Matrix): number => distance(times(turn(q), q), diagonal(new Array(q.cols).fill(1)));

/** The same numbers in another precision. */
export const as = (a: Matrix, precision: Precision): Matrix =>
  build(a.rows, a.cols, (i, j) => a.at(i, j), precision);

export const increasing = (values: Real): boolean => values.every((v, i) => i === 0 || values[i - 1]! <= v);
export const decreasing = (values: Real): boolean => values.every((v, i) => i === 0 || values[i - 1]! >= v);
