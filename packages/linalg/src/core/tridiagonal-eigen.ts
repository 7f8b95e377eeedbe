/**
 * Eigenvalues and eigenvectors of a symmetric tridiagonal matrix by divide and conquer (Cuppen, Numer. Math. 36, 1981; Gu
 * and Eisenstat, SIAM J. Matrix Anal. Appl. 16(1), 1995), down to single entries.
 *
 * @module
 */
import type { Arena } from './arena.js';
import type { Block } from './block.js';
import { type MergeSpace, merge, mergeSpace } from './rank-one.js';

/** Eigenvalues and, as rows, eigenvectors, in no particular order. */
export interface TridiagonalEigen {
  readonly values: Float64Array;
  readonly vectors: Block;
}

interface Solver extends TridiagonalEigen {
  readonly arena: Arena;
  readonly offdiagonal: Float64Array;
  readonly z: Float64Array;
  readonly space: MergeSpace;
}

/** Decomposes the n x n tridiagonal matrix with this diagonal and the n - 1 entries beside it. */
export function tridiagonalEigen(
  arena: Arena,
  diagonal: Float64Array,
  offdiagonal: Float64Array,
): TridiagonalEigen {
  const n = diagonal.length;
  const vectors = arena.block(arena.field('float64'), n, n);
  const values = diagonal.slice();
  const mark = arena.mark;
  const solver = { arena, offdiagonal, values, vectors, z: new Float64Array(n), space: mergeSpace(arena, n) };
  decompose(solver, 0, n);
  arena.release(mark);
  return { values, vectors };
}

function decompose(solver: Solver, first: number, count: number): void {
  const { arena, offdiagonal, values, vectors, z, space } = solver;
  if (count === 1) arena.doubles(vectors.at(first, first), 1)[0] = 1;
  if (count <= 1) return;
  // T is two tridiagonal matrices and |e| v v', with v one at the two sides of the cut (its sign that of e).
  const cut = first + (count >> 1);
  const e = offdiagonal[cut - 1]!;
  values[cut - 1]! -= Math.abs(e);
  values[cut]! -= Math.abs(e);
  decompose(solver, first, cut - first);
  decompose(solver, cut, first + count - cut);
  const root = Math.sqrt(Math.abs(e));
  const at = (i: number, j: number) => arena.doubles(vectors.at(i, j), 1)[0]!;
  for (let i = first; i < cut; i++) z[i] = root * at(i, cut - 1);
  for (let i = cut; i < first + count; i++) z[i] = (e < 0 ? -root : root) * at(i, cut);
  const end = first + count;
  merge(arena, space, { first, count, cut, end, values, z, vectors: [vectors], middle: null });
}
