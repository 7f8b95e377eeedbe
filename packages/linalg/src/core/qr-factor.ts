/**
 * Blocked Householder QR (Golub and Van Loan, section 5.2.3).
 *
 * @module
 */
import type { Arena } from './arena.js';
import { Block } from './block.js';
import { applyLeft, type Reflectors, triangularFactor } from './reflectors.js';

/** Columns of a panel. */
const PANEL = 32;

/**
 * Overwrites the upper triangle of `a` (m x n, row-major) with R and returns the reflectors whose product is Q. What
 * stands below the diagonal afterwards has no meaning.
 */
export function factorQR(arena: Arena, a: Block): Reflectors[] {
  const { field, rows, cols } = a;
  const count = Math.min(rows, cols);
  const blocks: Reflectors[] = [];
  const scalar = arena.bytes(8);
  const w = arena.bytes(PANEL * field.bytes);
  for (let first = 0; first < count; first += PANEL) {
    const width = Math.min(PANEL, count - first);
    const height = rows - first;
    // The panel is factored in memory of its own, contiguous, and becomes V.
    const v = new Block(field, arena.bytes(height * width * field.bytes), height, width, width);
    const panel = a.part(first, first, height, width);
    for (let i = 0; i < height; i++) field.copy(width, panel.at(i, 0), 1, v.at(i, 0), 1);
    const tau = new Float64Array(width);
    for (let j = 0; j < width; j++) {
      field.copy(1, v.at(j, j), 1, scalar, 1);
      tau[j] = field.reflector(height - j, v.at(j, j), width, scalar);
      field.copy(1, scalar, 1, panel.at(j, j), 1);
      const right = width - j - 1;
      if (right > 0 && tau[j] !== 0) {
        field.fill(right, 0, w, 1);
        field.gemvT(height - j, right, 1, v.at(j, j + 1), width, v.at(j, j), width, w);
        field.ger(height - j, right, -tau[j]!, v.at(j, j), width, w, v.at(j, j + 1), width);
      }
      // The part of R above the diagonal moves out, zeros take its place.
      field.copy(j, v.at(0, j), width, panel.at(0, j), a.rowStride);
      field.fill(j, 0, v.at(0, j), width);
    }
    const block = { first, v, t: triangularFactor(arena, v, tau) };
    blocks.push(block);
    const rest = a.part(first, first + width);
    if (rest.cols > 0) applyLeft(arena, block, true, rest);
  }
  return blocks;
}

/** The upper triangle (or trapezium) of the first min(m, n) rows, in new memory. */
export function upperTriangle(arena: Arena, a: Block): Block {
  const rows = Math.min(a.rows, a.cols);
  const result = arena.block(a.field, rows, a.cols);
  for (let i = 0; i < rows; i++) a.field.copy(a.cols - i, a.at(i, i), 1, result.at(i, i), 1);
  return result;
}
