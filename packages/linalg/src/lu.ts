/**
 * Square systems of equations.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { requireSamePrecision, requireShapes, requireSquare } from './checks.js';
import { withArena } from './core/arena.js';
import { factorLU, type Pivots } from './core/lu-factor.js';
import { rescale } from './core/scaling.js';
import { solveLower, solveUpper } from './core/triangular.js';
import { identity, Matrix, precisionOf, type Real, sameKind } from './matrix.js';

/** `A[permutation] = L U` of an m x n matrix, with k = min(m, n). */
export interface LU<T extends Real> extends Pivots {
  /** m x k, lower triangular with ones on the diagonal. */
  readonly l: Matrix<T>;
  /** k x n, upper triangular. */
  readonly u: Matrix<T>;
}

/**
 * LU decomposition with partial pivoting (Golub and Van Loan, section 3.4); also of singular matrices.
 *
 * @throws FletchError `NON_FINITE` with the position of an entry that is not finite
 */
export function lu<T extends Real>(a: Matrix<T>): LU<T> {
  return withArena((arena) => {
    const { block, peak } = arena.load('lu', a);
    const unscale = rescale(block, peak);
    const pivots = factorLU(arena, block);
    const both = arena.store(block, a.data);
    const k = Math.min(a.rows, a.cols);
    const l = new Matrix(sameKind(a.data, a.rows * k), a.rows, k);
    const u = new Matrix(sameKind(a.data, k * a.cols), k, a.cols);
    for (let i = 0; i < a.rows; i++) {
      l.data.set(both.row(i).subarray(0, Math.min(i, k)), i * k);
      if (i >= k) continue;
      l.data[i * k + i] = 1;
      for (let j = i; j < a.cols; j++) u.data[i * a.cols + j] = both.at(i, j) * unscale;
    }
    return { l, u, ...pivots };
  });
}

/**
 * Solves `A X = B` by LU with partial pivoting.
 *
 * @param a - n x n
 * @param b - n x m
 * @throws FletchError `INVALID_ARGUMENT` with the index of the pivot that is zero when A is singular,
 *   `DIMENSION_MISMATCH` with both shapes, `NON_FINITE` with the position
 */
export function solve<T extends Real>(a: Matrix<T>, b: Matrix<T>): Matrix<T> {
  requireSquare('solve', a);
  requireShapes(a.rows === b.rows, 'solve', a, b, 'the numbers of rows differ');
  requireSamePrecision('solve', a.data, b.data);
  return withArena((arena) => {
    const { block, peak } = arena.load('solve', a);
    const unscale = rescale(block, peak);
    const { permutation, singular } = factorLU(arena, block);
    if (singular >= 0)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `solve: the matrix is singular; pivot ${singular} is zero. lstsq() finds the solution of least norm.`,
        { details: { pivot: singular } },
      );
    const right = arena.load('solve', b).block;
    const x = arena.block(block.field, b.rows, b.cols);
    permutation.forEach((from, to) => {
      block.field.copy(b.cols, right.at(from, 0), 1, x.at(to, 0), 1);
    });
    solveLower(block, x, true);
    solveUpper(block, x);
    const result = arena.store(x, b.data);
    if (unscale !== 1) for (let i = 0; i < result.data.length; i++) result.data[i]! /= unscale;
    return result;
  });
}

/** The inverse; {@link solve} is better where only its product is wanted. Throws as {@link solve}. */
export function inverse<T extends Real>(a: Matrix<T>): Matrix<T> {
  requireSquare('inverse', a);
  return solve(a, identity(a.rows, precisionOf(a.data)) as Matrix<T>);
}

/**
 * The determinant, 0 for a singular matrix; it may overflow or underflow.
 *
 * @throws FletchError `DIMENSION_MISMATCH` when not square, `NON_FINITE` with the position
 */
export function determinant(a: Matrix): number {
  requireSquare('determinant', a);
  const { u, sign } = lu(a);
  let product: number = sign;
  for (let i = 0; i < a.rows; i++) product *= u.at(i, i);
  return product;
}
