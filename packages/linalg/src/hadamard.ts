/**
 * The Walsh-Hadamard transform: products with the matrix of Sylvester, H₁ = [1], H₂ₙ = [Hₙ Hₙ; Hₙ −Hₙ], entries ±1, in
 * n log n additions (Fino and Algazi, IEEE Trans. Computers C-25(11), 1976).
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { requireInteger } from './checks.js';
import { withArena } from './core/arena.js';
import { Matrix } from './matrix.js';

/** Columns that are transformed together: a row of them is four cache lines. */
const TILE = 32;
/** Rows of a tile; tile and chosen rows stay in the second cache. */
const BLOCK = 8192;

/**
 * Multiplies a vector by the Hadamard matrix in place, without a factor: applied twice it gives n times the vector.
 *
 * @param x - length a power of 2
 * @throws FletchError `INVALID_ARGUMENT` for another length
 */
export function fwht(x: Float64Array): void {
  const n = x.length;
  if (n < 1 || (n & (n - 1)) !== 0)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `A Walsh-Hadamard transform needs a length that is a power of 2, not ${n}: pad with zeros.`,
      { details: { length: n } },
    );
  if (n === 1) return;
  withArena((arena) => {
    const address = arena.bytes(8 * n);
    const view = arena.doubles(address, n);
    for (let i = 0; i < n; i += 2) {
      view[i] = x[i]! + x[i + 1]!;
      view[i + 1] = x[i]! - x[i + 1]!;
    }
    arena.shared.hadamard64(n / 2, 2, address);
    x.set(view);
  });
}

/**
 * Chosen rows of H D X, X padded with zero rows to N = 2^k, H the N x N Hadamard matrix, D diagonal with entries ±1. X is read
 * once, in blocks; memory beyond X is that of the result and of one block.
 *
 * Row p of H D X is a signed sum over blocks of rows of row (p mod B) of the transformed block: only log B levels are
 * transformed, and the chosen rows alone are summed.
 *
 * @param x - n x k, n ≤ N
 * @param rows - from 0 to N − 1, any number of them
 * @param negative - bit i (of word i >> 5) set: row i of X counts negatively; at least N bits
 * @throws FletchError `INVALID_ARGUMENT` when N is no power of 2 or a row is not below N, `DIMENSION_MISMATCH` when X has more
 *   than N rows or there are fewer than N bits
 */
export function hadamardRows(
  x: Matrix,
  N: number,
  rows: Uint32Array,
  negative: Uint32Array,
): Matrix<Float64Array> {
  requireInteger('N', N, 1, 2 ** 31);
  if (2 ** Math.round(Math.log2(N)) !== N)
    throw new FletchError('INVALID_ARGUMENT', `N must be a power of 2, not ${N}.`);
  if (x.rows > N || negative.length * 32 < N)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `${x.rows} rows and ${negative.length * 32} signs do not fit a transform of length ${N}.`,
    );
  for (const row of rows)
    if (row >= N) throw new FletchError('INVALID_ARGUMENT', `Row ${row} is not below ${N}.`);
  const result = new Matrix(new Float64Array(rows.length * x.cols), rows.length, x.cols);
  // Blocks are large enough for the sums over blocks to cost less than the transform.
  const block = Math.min(N, Math.max(BLOCK, 2 ** Math.ceil(Math.log2(Math.max(1, rows.length / 4)))));
  withArena((arena) => {
    const picks = arena.bytes(4 * rows.length);
    arena.integers(picks, rows.length).set(rows);
    const tile = arena.bytes(8 * block * TILE);
    const sums = arena.bytes(8 * rows.length * TILE);
    for (let first = 0; first < x.cols; first += TILE) {
      const width = Math.min(TILE, x.cols - first);
      const even = width + (width & 1);
      const total = arena.doubles(sums, rows.length * even).fill(0);
      const view = arena.doubles(tile, block * even);
      for (let b = 0; b * block < x.rows; b++) {
        fillTile(view, even, x, b * block, first, width, negative);
        arena.shared.hadamard64(block, even, tile);
        arena.shared.hadamardPick64(rows.length, even, b, Math.log2(block), picks, tile, sums);
      }
      for (let i = 0; i < rows.length; i++)
        for (let j = 0; j < width; j++) result.data[i * x.cols + first + j] = total[i * even + j]!;
    }
  });
  return result;
}

/** Rows `from` on, columns `first` to `first + width`, with signs; zeros below the end of X and right of `width`. */
function fillTile(
  tile: Float64Array,
  stride: number,
  { data, rows, cols }: Matrix,
  from: number,
  first: number,
  width: number,
  negative: Uint32Array,
): void {
  const count = Math.min(rows - from, tile.length / stride);
  if (width < stride || count * stride < tile.length) tile.fill(0);
  for (let i = 0; i < count; i++) {
    const row = from + i;
    const sign = (negative[row >> 5]! >>> (row & 31)) & 1 ? -1 : 1;
    let source = row * cols + first;
    for (let target = i * stride, end = target + width; target < end; target++)
      tile[target] = sign * data[source++]!;
  }
}
