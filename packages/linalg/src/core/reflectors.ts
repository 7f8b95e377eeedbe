/**
 * Products of Householder reflectors in compact WY form: `H1 H2 ... Hb = I - V T V'` (Schreiber and Van Loan, SIAM J.
 * Sci. Stat. Comput. 10(1), 1989; Golub and Van Loan, Matrix Computations, 4th edition, section 5.1.7).
 *
 * @module
 */
import type { Arena } from './arena.js';
import { type Block, multiplyAdd } from './block.js';

/** A block of reflectors that acts on the rows (or columns) from `first` on. */
export interface Reflectors {
  readonly first: number;
  /** One vector a column, zeros and ones written out. */
  readonly v: Block;
  /** Upper triangular. */
  readonly t: Block;
}

/** The triangular factor of reflectors `v` (a vector a column) with the scalars `tau`. */
export function triangularFactor(arena: Arena, v: Block, tau: ArrayLike<number>): Block {
  const b = v.cols;
  const t = arena.block(v.field, b, b);
  const gram = arena.block(v.field, b, b);
  multiplyAdd(1, v.t, v, gram);
  const g = arena.numbers(v.field, gram.address, b * gram.rowStride);
  const out = arena.numbers(v.field, t.address, b * t.rowStride);
  for (let j = 0; j < b; j++) {
    const factor = tau[j]!;
    for (let i = 0; i < j; i++) {
      let sum = 0;
      for (let k = i; k < j; k++) sum += out[i * t.rowStride + k]! * g[k * gram.rowStride + j]!;
      out[i * t.rowStride + j] = -factor * sum;
    }
    out[j * t.rowStride + j] = factor;
  }
  return t;
}

/** `C <- (I - V T V') C`, or with T' when `transpose`. */
export function applyLeft(arena: Arena, { v, t }: Reflectors, transpose: boolean, c: Block): void {
  const mark = arena.mark;
  const w = arena.block(v.field, v.cols, c.cols);
  const tw = arena.block(v.field, v.cols, c.cols);
  multiplyAdd(1, v.t, c, w);
  multiplyAdd(1, transpose ? t.t : t, w, tw);
  multiplyAdd(-1, v, tw, c);
  arena.release(mark);
}

/** `C <- C (I - V T V')`, or with T' when `transpose`. */
export function applyRight(arena: Arena, { v, t }: Reflectors, transpose: boolean, c: Block): void {
  const mark = arena.mark;
  const w = arena.block(v.field, c.rows, v.cols);
  const wt = arena.block(v.field, c.rows, v.cols);
  multiplyAdd(1, c, v, w);
  multiplyAdd(1, w, transpose ? t.t : t, wt);
  multiplyAdd(-1, wt, v.t, c);
  arena.release(mark);
}

/** `C <- C Q'` for the product Q of all blocks, first block leftmost: rows of C are turned by Q. */
export function turnRows(arena: Arena, blocks: readonly Reflectors[], c: Block): void {
  for (const block of [...blocks].reverse()) applyRight(arena, block, true, c.part(0, block.first));
}

/**
 * `C <- Q C` where C starts as (part of) the identity: the columns left of a block's first row are still untouched and
 * are skipped.
 */
export function accumulate(arena: Arena, blocks: readonly Reflectors[], c: Block): void {
  for (const block of [...blocks].reverse()) applyLeft(arena, block, false, c.part(block.first, block.first));
}
