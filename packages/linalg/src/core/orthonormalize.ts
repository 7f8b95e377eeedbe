/**
 * Orthonormal bases of tall matrices, by matrix products where that is accurate.
 *
 * @module
 */
import type { Arena } from './arena.js';
import { type Block, multiplyAdd } from './block.js';
import { factorCholesky } from './cholesky-factor.js';
import { factorQR } from './qr-factor.js';
import { accumulate } from './reflectors.js';
import { solveLower } from './triangular.js';

/**
 * An orthonormal basis of the columns of `y` (m x l, m >= l), in new memory; `y` may be destroyed. First by the Cholesky
 * factor of `Y' Y` (twice when `exact`: Yamamoto, Nakatsukasa, Yanagisawa and Fukaya, ETNA 44, 2015), which is nothing
 * but matrix products; by Householder reflectors when the columns are too close to dependent for that.
 */
export function orthonormalize(arena: Arena, y: Block, exact: boolean): Block {
  const once = byCholesky(arena, y);
  if (once === null) return byReflectors(arena, y);
  if (!exact) return once;
  return byCholesky(arena, once) ?? byReflectors(arena, y);
}

/** Null when the squared condition of the columns comes near the precision. */
function byCholesky(arena: Arena, y: Block): Block | null {
  const { field, rows, cols } = y;
  const gram = arena.block(field, cols, cols);
  multiplyAdd(1, y.t, y, gram);
  if (factorCholesky(arena, gram) >= 0) return null;
  const pivots = Array.from({ length: cols }, (_, i) => arena.numbers(field, gram.at(i, i), 1)[0]!);
  const smallest = Math.min(...pivots);
  // The loss of orthogonality of the first pass stays far below one, so that a second pass removes it.
  if (!(smallest * smallest > 1000 * cols * field.eps * Math.max(...pivots) ** 2)) return null;
  const inverse = arena.block(field, cols, cols);
  for (let i = 0; i < cols; i++) field.fill(1, 1, inverse.at(i, i), 1);
  solveLower(gram, inverse);
  const result = arena.block(field, rows, cols);
  multiplyAdd(1, y, inverse.t, result);
  return result;
}

function byReflectors(arena: Arena, y: Block): Block {
  const reflectors = factorQR(arena, y);
  const q = arena.block(y.field, y.rows, y.cols);
  for (let i = 0; i < y.cols; i++) y.field.fill(1, 1, q.at(i, i), 1);
  accumulate(arena, reflectors, q);
  return q;
}
