/**
 * Singular value decomposition.
 *
 * @module
 */
import { withArena } from './core/arena.js';
import { bidiagonalize } from './core/bidiagonal.js';
import { bidiagonalSVD } from './core/bidiagonal-svd.js';
import { decompose } from './core/decompose.js';
import { rescale } from './core/scaling.js';
import { type Matrix, type Real, sameKind } from './matrix.js';

/** `A = U diag(s) Vt` of an m x n matrix, with k = min(m, n). */
export interface SVD<T extends Real> {
  /** m x k (m x m when full), orthonormal columns. */
  readonly u: Matrix<T>;
  /** The k singular values, decreasing, none negative. */
  readonly s: T;
  /** k x n (n x n when full), orthonormal rows. */
  readonly vt: Matrix<T>;
}

/** Options of {@link svd}. */
export interface SVDOptions {
  /** Square `u` and `vt` instead of thin ones; default false. */
  readonly full?: boolean;
}

/**
 * Singular value decomposition: blocked reduction to bidiagonal form, then divide and conquer (Golub and Van Loan,
 * Matrix Computations, 4th edition, section 8.6; Gu and Eisenstat 1995). Backward error and loss of orthogonality are
 * a small multiple of the precision's epsilon; the computation scales itself, so that no size of entry overflows.
 *
 * @param a - any matrix, also one without rows or columns
 * @throws FletchError `NON_FINITE` with the position of an entry that is not finite
 * @example
 * ```ts
 * const { s } = svd(Matrix.from([[3, 0], [4, 5]])); // 3 sqrt(5), sqrt(5)
 * ```
 */
export function svd<T extends Real>(a: Matrix<T>, { full = false }: SVDOptions = {}): SVD<T> {
  return withArena((arena) => {
    const { block, peak } = arena.load('svd', a);
    const unscale = rescale(block, peak);
    const wide = a.rows < a.cols;
    const parts = decompose(arena, wide ? arena.transposed(block) : block, full);
    const s = sameKind(a.data, parts.values.length);
    s.set(parts.values.map((value) => value * unscale));
    const [left, right] = wide ? [parts.vt, parts.ut] : [parts.ut, parts.vt];
    return { u: arena.store(left.t, a.data), s, vt: arena.store(right, a.data) };
  });
}

/**
 * The singular values alone, decreasing, in float64.
 *
 * @throws FletchError `NON_FINITE` with the position of an entry that is not finite
 */
export function singularValues(a: Matrix): Float64Array {
  return withArena((arena) => {
    const { block, peak } = arena.load('singularValues', a);
    const unscale = rescale(block, peak);
    const tall = a.rows < a.cols ? arena.transposed(block) : block;
    const { diagonal, superdiagonal } = bidiagonalize(arena, tall);
    const { values } = bidiagonalSVD(arena, diagonal, superdiagonal);
    return values.sort((x, y) => y - x).map((value) => value * unscale);
  });
}
