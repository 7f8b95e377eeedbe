/**
 * The triangular factor of a QR decomposition alone, and systems with triangular matrices.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { requireSamePrecision, requireShapes, requireSquare, shape } from './checks.js';
import { withArena } from './core/arena.js';
import { factorQR, upperTriangle } from './core/qr-factor.js';
import { applyLeft } from './core/reflectors.js';
import { rescale } from './core/scaling.js';
import { solveLower, solveUpper } from './core/triangular.js';
import type { Matrix, Real } from './matrix.js';

/** What {@link triangularize} gives. */
export interface Triangularized<T extends Real> {
  /** n x n, upper triangular; the diagonal may have either sign. */
  readonly r: Matrix<T>;
  /** n x p: the first n rows of Q' B. */
  readonly qtb: Matrix<T>;
}

/**
 * R of A = Q R and Q' B by blocked Householder reflectors, without forming Q: what least squares needs (Golub and Van Loan,
 * section 5.3.2).
 *
 * @param a - m x n, m ≥ n
 * @param b - m x p
 * @throws FletchError `DIMENSION_MISMATCH` with both shapes or for m < n, `NON_FINITE` with the position
 */
export function triangularize<T extends Real>(a: Matrix<T>, b: Matrix<T>): Triangularized<T> {
  requireShapes(a.rows === b.rows, 'triangularize', a, b, 'the numbers of rows differ');
  requireSamePrecision('triangularize', a.data, b.data);
  if (a.rows < a.cols)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `triangularize needs at least as many rows as columns, not ${shape(a)}.`,
    );
  return withArena((arena) => {
    const { block, peak } = arena.load('triangularize', a);
    const unscale = rescale(block, peak);
    const right = arena.load('triangularize', b).block;
    for (const reflectors of factorQR(arena, block))
      applyLeft(arena, reflectors, true, right.part(reflectors.first, 0));
    const r = arena.store(upperTriangle(arena, block), a.data);
    if (unscale !== 1) for (let i = 0; i < r.data.length; i++) r.data[i]! *= unscale;
    return { r, qtb: arena.store(right.part(0, 0, a.cols), b.data) };
  });
}

/** Options of {@link solveTriangular}. */
export interface SolveTriangularOptions {
  /** Solve R' X = B instead. Default false. */
  readonly transpose?: boolean;
}

/**
 * The X with R X = B, R upper triangular.
 *
 * @param r - n x n; what stands below the diagonal is not read
 * @param b - n x p
 * @throws FletchError `DIMENSION_MISMATCH` with the shapes, `INVALID_ARGUMENT` with the index of a diagonal entry that is
 *   zero, `NON_FINITE` with the position
 */
export function solveTriangular<T extends Real>(
  r: Matrix<T>,
  b: Matrix<T>,
  { transpose = false }: SolveTriangularOptions = {},
): Matrix<T> {
  requireSquare('solveTriangular', r);
  requireShapes(r.rows === b.rows, 'solveTriangular', r, b, 'the numbers of rows differ');
  requireSamePrecision('solveTriangular', r.data, b.data);
  for (let i = 0; i < r.rows; i++)
    if (r.data[i * r.cols + i] === 0)
      throw new FletchError('INVALID_ARGUMENT', `solveTriangular: entry ${i} of the diagonal is zero.`, {
        details: { pivot: i },
      });
  return withArena((arena) => {
    const upper = arena.load('solveTriangular', r).block;
    const x = arena.load('solveTriangular', b).block;
    if (transpose) solveLower(upper.t, x);
    else solveUpper(upper, x);
    return arena.store(x, b.data);
  });
}
