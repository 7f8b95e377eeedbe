/**
 * Eigenvalues and eigenvectors of symmetric matrices.
 *
 * @module
 */
import { requireSquare } from './checks.js';
import { withArena } from './core/arena.js';
import { orderedRows } from './core/decompose.js';
import { turnRows } from './core/reflectors.js';
import { rescale } from './core/scaling.js';
import { tridiagonalize } from './core/tridiagonal.js';
import { tridiagonalEigen } from './core/tridiagonal-eigen.js';
import { type Matrix, type Real, sameKind } from './matrix.js';

/** `A = V diag(values) V'`. */
export interface Eigen<T extends Real> {
  /** The n eigenvalues, increasing. */
  readonly values: T;
  /** n x n: column j belongs to value j. */
  readonly vectors: Matrix<T>;
}

/**
 * Eigenvalues and orthonormal eigenvectors of a symmetric matrix: blocked reduction to tridiagonal form, then divide and
 * conquer (Golub and Van Loan, sections 8.3 and 8.4).
 *
 * @param a - n x n; only the lower triangle is read
 * @throws FletchError `DIMENSION_MISMATCH` when not square, `NON_FINITE` with the position
 */
export function eigh<T extends Real>(a: Matrix<T>): Eigen<T> {
  requireSquare('eigh', a);
  return withArena((arena) => {
    const { block, peak } = arena.load('eigh', a);
    const unscale = rescale(block, peak);
    const { diagonal, offdiagonal, reflectors } = tridiagonalize(arena, block);
    const inner = tridiagonalEigen(arena, diagonal, offdiagonal);
    const order = Array.from(inner.values.keys()).sort((i, j) => inner.values[i]! - inner.values[j]!);
    const rows = orderedRows(arena, block, inner.vectors, order, a.rows, a.rows);
    turnRows(arena, reflectors, rows);
    const values = sameKind(a.data, a.rows);
    values.set(order.map((i) => inner.values[i]! * unscale));
    return { values, vectors: arena.store(rows.t, a.data) };
  });
}
