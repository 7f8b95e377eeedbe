/**
 * Blocked triangular systems (Golub and Van Loan, section 3.1.4).
 *
 * @module
 */
import { type Block, multiplyAdd } from './block.js';

/** Rows of a diagonal block. */
const BLOCK = 64;

/** Solves `L X = B` in place for lower triangular L of any strides; B is row-major. */
export function solveLower(l: Block, b: Block, unit = false): void {
  const n = l.rows;
  for (let i = 0; i < n; i += BLOCK) {
    const size = Math.min(BLOCK, n - i);
    const rows = b.part(i, 0, size);
    const { field, rowStride, colStride } = l;
    field.solveLower(size, b.cols, l.at(i, i), rowStride, colStride, unit, rows.address, b.rowStride);
    const end = i + size;
    if (end < n) multiplyAdd(-1, l.part(end, i, n - end, size), rows, b.part(end, 0));
  }
}

/** Solves `U X = B` in place for upper triangular U of any strides; B is row-major. */
export function solveUpper(u: Block, b: Block, unit = false): void {
  for (let end = u.rows; end > 0; end -= BLOCK) {
    const i = Math.max(0, end - BLOCK);
    const rows = b.part(i, 0, end - i);
    const { field, rowStride, colStride } = u;
    field.solveUpper(end - i, b.cols, u.at(i, i), rowStride, colStride, unit, rows.address, b.rowStride);
    if (i > 0) multiplyAdd(-1, u.part(0, i, i, end - i), rows, b.part(0, 0, i));
  }
}
