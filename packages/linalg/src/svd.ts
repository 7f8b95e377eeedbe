/**
 * Singular value decomposition.
 *
 * @module
 */
import { type Arena, withArena } from './core/arena.js';
import { bidiagonalize } from './core/bidiagonal.js';
import { bidiagonalSVD } from './core/bidiagonal-svd.js';
import type { Block } from './core/block.js';
import { factorQR } from './core/qr-factor.js';
import { turnRows } from './core/reflectors.js';
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

/** From this ratio of rows to columns on, a QR decomposition first is faster. */
const TALL = 1.6;

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

/** The decomposition of a block with at least as many rows as columns, which is destroyed. */
function decompose(arena: Arena, a: Block, full: boolean) {
  const { rows, cols } = a;
  const tall = rows >= TALL * cols && rows > 1;
  const qr = tall ? factorQR(arena, a) : [];
  const core = tall ? upperTriangle(arena, a) : a;
  const { diagonal, superdiagonal, left, right } = bidiagonalize(arena, core);
  const inner = bidiagonalSVD(arena, diagonal, superdiagonal);
  const order = Array.from(inner.values.keys()).sort((i, j) => inner.values[j]! - inner.values[i]!);
  const ut = vectors(arena, a, inner.left, order, full ? rows : cols, rows);
  turnRows(arena, left, ut.part(0, 0, ut.rows, core.rows));
  turnRows(arena, qr, ut);
  const vt = vectors(arena, a, inner.right, order, cols, cols);
  // Reflectors of the right act from column 1 on: their first entry is a zero.
  turnRows(arena, right, vt);
  return { values: Float64Array.from(order, (i) => inner.values[i]!), ut, vt };
}

/** The upper triangle of the first rows, in new memory. */
function upperTriangle(arena: Arena, a: Block): Block {
  const result = arena.block(a.field, a.cols, a.cols);
  for (let i = 0; i < a.cols; i++) a.field.copy(a.cols - i, a.at(i, i), 1, result.at(i, i), 1);
  return result;
}

/** Rows of `source` in this order and the field of `like`, continued by rows of the identity: rows x cols. */
function vectors(
  arena: Arena,
  like: Block,
  source: Block,
  order: readonly number[],
  rows: number,
  cols: number,
): Block {
  const { field } = like;
  const result = arena.block(field, rows, cols);
  order.forEach((from, to) => {
    if (field.bytes === 8) field.copy(source.cols, source.at(from, 0), 1, result.at(to, 0), 1);
    else arena.shared.narrow(source.cols, source.at(from, 0), result.at(to, 0));
  });
  for (let i = order.length; i < rows; i++) field.fill(1, 1, result.at(i, i), 1);
  return result;
}
