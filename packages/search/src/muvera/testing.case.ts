/**
 * Sets of vectors for tests.
 *
 * @module
 */
import { Matrix, rng } from '@fletch/linalg';

/** A set of normal vectors. */
export function normalSet(rows: number, cols: number, seed: number): Matrix<Float32Array> {
  return new Matrix(rng(seed).fillNormal(new Float32Array(rows * cols)), rows, cols);
}

/** A set of vectors of unit length, in all directions. */
export function unitSet(rows: number, cols: number, seed: number): Matrix<Float32Array> {
  const set = normalSet(rows, cols, seed);
  for (let i = 0; i < rows; i++) {
    const row = set.row(i);
    const length = Math.hypot(...row);
    for (let j = 0; j < cols; j++) row[j]! /= length;
  }
  return set;
}

/** The rows of a set in another order. */
export function permuted(set: Matrix<Float32Array>, seed: number): Matrix<Float32Array> {
  return Matrix.from(
    Array.from(rng(seed).permutation(set.rows), (i) => set.row(i)),
    'float32',
  );
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Chamfer similarity by its definition. */
export function slowChamfer(query: Matrix, document: Matrix): number {
  let sum = 0;
  for (let i = 0; i < query.rows; i++) {
    let best = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < document.rows; j++) best = Math.max(best, dot(query.row(i), document.row(j)));
    sum += best;
  }
  return sum;
}
