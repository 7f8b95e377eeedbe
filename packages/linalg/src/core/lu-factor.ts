/**
 * Blocked LU factorization with partial pivoting (Golub and Van Loan, section 3.4.9).
 *
 * @module
 */
import type { Arena } from './arena.js';
import { type Block, multiplyAdd } from './block.js';

/** Columns of a panel. */
const PANEL = 32;
/** Smallest pivot by whose reciprocal a column is multiplied instead of divided. */
const SAFE = { 4: 2 ** -100, 8: 2 ** -900 } as const;

/** What {@link factorLU} found besides the factors. */
export interface Pivots {
  /** Row of the original that stands in each row. */
  readonly permutation: Uint32Array;
  /** Sign of the permutation. */
  readonly sign: 1 | -1;
  /** Index of the first pivot that is zero, or -1. */
  readonly singular: number;
}

/** Overwrites `a` (m x n, row-major) with L (unit diagonal, not stored) below and U from the diagonal on. */
export function factorLU(arena: Arena, a: Block): Pivots {
  const { field, rows, cols, rowStride } = a;
  const count = Math.min(rows, cols);
  const permutation = Uint32Array.from({ length: rows }, (_, i) => i);
  let sign: 1 | -1 = 1;
  let singular = -1;
  for (let first = 0; first < count; first += PANEL) {
    const end = first + Math.min(PANEL, count - first);
    for (let j = first; j < end; j++) {
      const pivot = j + field.largest(rows - j, a.at(j, j), rowStride);
      if (pivot !== j) {
        field.swap(cols, a.at(j, 0), 1, a.at(pivot, 0), 1);
        [permutation[j], permutation[pivot]] = [permutation[pivot]!, permutation[j]!];
        sign = sign === 1 ? -1 : 1;
      }
      const value = arena.numbers(field, a.at(j, j), 1)[0]!;
      if (value === 0) {
        if (singular < 0) singular = j;
        continue;
      }
      divideColumn(arena, a, j, value);
      field.ger(
        rows - j - 1,
        end - j - 1,
        -1,
        a.at(j + 1, j),
        rowStride,
        a.at(j, j + 1),
        a.at(j + 1, j + 1),
        rowStride,
      );
    }
    if (end === cols) continue;
    const width = end - first;
    const right = a.part(first, end, width);
    field.solveLower(width, right.cols, a.at(first, first), rowStride, 1, true, right.address, rowStride);
    if (end < rows) multiplyAdd(-1, a.part(end, first, rows - end, width), right, a.part(end, end));
  }
  return { permutation, sign, singular };
}

function divideColumn(arena: Arena, a: Block, j: number, by: number): void {
  const { field, rows, rowStride } = a;
  const left = rows - j - 1;
  if (left === 0) return;
  if (Math.abs(by) >= SAFE[field.bytes]) {
    field.scale(left, 1 / by, a.at(j + 1, j), rowStride);
    return;
  }
  const column = arena.numbers(field, a.at(j + 1, j), (left - 1) * rowStride + 1);
  for (let i = 0; i < column.length; i += rowStride) column[i]! /= by;
}
