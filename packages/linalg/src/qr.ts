/**
 * QR decomposition.
 *
 * @module
 */
import { withArena } from './core/arena.js';
import { factorQR, upperTriangle } from './core/qr-factor.js';
import { accumulate } from './core/reflectors.js';
import { rescale } from './core/scaling.js';
import type { Matrix, Real } from './matrix.js';

/** `A = Q R` of an m x n matrix, with k = min(m, n). */
export interface QR<T extends Real> {
  /** m x k (m x m when full), orthonormal columns. */
  readonly q: Matrix<T>;
  /** k x n (m x n when full), upper triangular; the diagonal may have either sign. */
  readonly r: Matrix<T>;
}

/**
 * QR decomposition by blocked Householder reflectors (Golub and Van Loan, section 5.2).
 *
 * @param options - `full`: a square Q; default false
 * @throws FletchError `NON_FINITE` with the position of an entry that is not finite
 */
export function qr<T extends Real>(a: Matrix<T>, { full = false }: { readonly full?: boolean } = {}): QR<T> {
  return withArena((arena) => {
    const { block, peak } = arena.load('qr', a);
    const { field } = block;
    const unscale = rescale(block, peak);
    const reflectors = factorQR(arena, block);
    const k = full ? a.rows : Math.min(a.rows, a.cols);
    const q = arena.block(field, a.rows, k);
    for (let i = 0; i < k; i++) field.fill(1, 1, q.at(i, i), 1);
    accumulate(arena, reflectors, q);
    const r = arena.block(field, k, a.cols);
    const upper = upperTriangle(arena, block);
    for (let i = 0; i < upper.rows; i++) field.copy(a.cols, upper.at(i, 0), 1, r.at(i, 0), 1);
    const result = arena.store(r, a.data);
    if (unscale !== 1) for (let i = 0; i < result.data.length; i++) result.data[i]! *= unscale;
    return { q: arena.store(q, a.data), r: result };
  });
}
