/**
 * Singular value decomposition of a block: reduction, divide and conquer, back-transformation.
 *
 * @module
 */
import type { Arena } from './arena.js';
import { bidiagonalize } from './bidiagonal.js';
import { bidiagonalSVD } from './bidiagonal-svd.js';
import type { Block } from './block.js';
import { factorQR, upperTriangle } from './qr-factor.js';
import { turnRows } from './reflectors.js';

/** From this ratio of rows to columns on, a QR decomposition first is faster. */
const TALL = 1.6;

/** `A = U diag(values) Vt` with U kept as its transpose. */
export interface Decomposed {
  /** Decreasing. */
  readonly values: Float64Array;
  readonly ut: Block;
  readonly vt: Block;
}

/** The decomposition of a block with at least as many rows as columns, which is destroyed. */
export function decompose(arena: Arena, a: Block, full: boolean): Decomposed {
  const { rows, cols } = a;
  const tall = rows >= TALL * cols && rows > 1;
  const qr = tall ? factorQR(arena, a) : [];
  const core = tall ? upperTriangle(arena, a) : a;
  const { diagonal, superdiagonal, left, right } = bidiagonalize(arena, core);
  const inner = bidiagonalSVD(arena, diagonal, superdiagonal);
  const order = Array.from(inner.values.keys()).sort((i, j) => inner.values[j]! - inner.values[i]!);
  const ut = orderedRows(arena, a, inner.left, order, full ? rows : cols, rows);
  turnRows(arena, left, ut.part(0, 0, ut.rows, core.rows));
  turnRows(arena, qr, ut);
  const vt = orderedRows(arena, a, inner.right, order, cols, cols);
  // Reflectors of the right act from column 1 on: their first entry is a zero.
  turnRows(arena, right, vt);
  return { values: Float64Array.from(order, (i) => inner.values[i]!), ut, vt };
}

/** Rows of `source` in this order and the field of `like`, continued by rows of the identity: rows x cols. */
export function orderedRows(
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
