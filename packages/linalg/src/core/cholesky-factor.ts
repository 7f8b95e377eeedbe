/**
 * Blocked Cholesky factorization (Golub and Van Loan, section 4.2.6).
 *
 * @module
 */
import type { Arena } from './arena.js';
import { type Block, multiplyAdd } from './block.js';

/** Columns of a panel. */
const PANEL = 64;

/**
 * Overwrites the lower triangle of `a` (row-major) with L of `A = L L'`; the rest keeps no meaning.
 *
 * @returns -1, or the index of the first pivot that is not positive
 */
export function factorCholesky(arena: Arena, a: Block): number {
  const { field, rows: n } = a;
  for (let first = 0; first < n; first += PANEL) {
    const width = Math.min(PANEL, n - first);
    const end = first + width;
    const bad = field.cholesky(width, a.at(first, first), a.rowStride);
    if (bad >= 0) return first + bad;
    if (end === n) break;
    const mark = arena.mark;
    const below = a.part(end, first, n - end, width);
    const turned = arena.transposed(below);
    field.solveLower(
      width,
      n - end,
      a.at(first, first),
      a.rowStride,
      1,
      false,
      turned.address,
      turned.rowStride,
    );
    field.transpose(width, n - end, turned.address, turned.rowStride, below.address, below.rowStride);
    for (let at = end; at < n; at += PANEL) {
      const cols = Math.min(PANEL, n - at);
      const rows = turned.part(0, at - end);
      multiplyAdd(-1, rows.t, turned.part(0, at - end, width, cols), a.part(at, at, n - at, cols));
    }
    arena.release(mark);
  }
  return -1;
}
