/**
 * Positive definite matrices.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { requireSamePrecision, requireShapes, requireSquare } from './checks.js';
import { type Arena, withArena } from './core/arena.js';
import type { Block } from './core/block.js';
import { factorCholesky } from './core/cholesky-factor.js';
import { solveLower, solveUpper } from './core/triangular.js';
import type { Matrix, Real } from './matrix.js';

function factor(arena: Arena, operation: string, a: Matrix): Block {
  requireSquare(operation, a);
  const { block } = arena.load(operation, a);
  const pivot = factorCholesky(arena, block);
  if (pivot >= 0)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `${operation}: the matrix is not positive definite; pivot ${pivot} is not positive.`,
      { details: { pivot } },
    );
  return block;
}

/**
 * The lower triangular L with positive diagonal and `A = L L'` (Golub and Van Loan, section 4.2).
 *
 * @param a - n x n, positive definite; only the lower triangle is read
 * @throws FletchError `INVALID_ARGUMENT` with the index of the first pivot that is not positive, `DIMENSION_MISMATCH`
 *   when not square, `NON_FINITE` with the position
 */
export function cholesky<T extends Real>(a: Matrix<T>): Matrix<T> {
  return withArena((arena) => {
    const l = arena.store(factor(arena, 'cholesky', a), a.data);
    for (let i = 0; i < a.rows; i++) l.data.fill(0, i * a.cols + i + 1, (i + 1) * a.cols);
    return l;
  });
}

/**
 * Solves `A X = B` for positive definite A: half the work of {@link solve}.
 *
 * @param a - n x n; only the lower triangle is read
 * @param b - n x m
 * @throws FletchError as {@link cholesky}, and `DIMENSION_MISMATCH` with both shapes
 */
export function solvePositive<T extends Real>(a: Matrix<T>, b: Matrix<T>): Matrix<T> {
  requireShapes(a.rows === b.rows, 'solvePositive', a, b, 'the numbers of rows differ');
  requireSamePrecision('solvePositive', a.data, b.data);
  return withArena((arena) => {
    const l = factor(arena, 'solvePositive', a);
    const x = arena.load('solvePositive', b).block;
    solveLower(l, x);
    solveUpper(l.t, x);
    return arena.store(x, b.data);
  });
}
