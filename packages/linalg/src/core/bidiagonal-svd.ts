/**
 * Singular value decomposition of a bidiagonal matrix by divide and conquer (Gu and Eisenstat, SIAM J. Matrix Anal.
 * Appl. 16(1), 1995). The recursion goes down to single rows: there is no other method below it.
 *
 * @module
 */
import type { Arena } from './arena.js';
import type { Block } from './block.js';
import { type MergeSpace, merge, mergeSpace } from './rank-one.js';

/** `B = U S V'`; the vectors are rows, in no particular order. */
export interface BidiagonalSVD {
  readonly values: Float64Array;
  readonly left: Block;
  readonly right: Block;
}

/** Decomposes the n x n upper bidiagonal matrix with this diagonal and superdiagonal. */
export function bidiagonalSVD(
  arena: Arena,
  diagonal: Float64Array,
  superdiagonal: Float64Array,
): BidiagonalSVD {
  const n = diagonal.length;
  const field = arena.field('float64');
  const solver = {
    arena,
    diagonal,
    superdiagonal,
    left: arena.block(field, n, n),
    right: arena.block(field, n, n),
    values: new Float64Array(n),
    z: new Float64Array(n),
  };
  const mark = arena.mark;
  decompose({ ...solver, space: mergeSpace(arena, n) }, 0, n, false);
  arena.release(mark);
  return solver;
}

interface Solver extends BidiagonalSVD {
  readonly arena: Arena;
  readonly diagonal: Float64Array;
  readonly superdiagonal: Float64Array;
  readonly z: Float64Array;
  readonly space: MergeSpace;
}

/**
 * Rows `first .. first + count - 1`, with one column more than rows when `wide`: then the row `first + count` of `right`
 * becomes the vector that the matrix maps to zero.
 */
function decompose(solver: Solver, first: number, count: number, wide: boolean): void {
  if (count === 0) {
    if (wide) solver.arena.doubles(solver.right.at(first, first), 1)[0] = 1;
  } else if (count === 1) single(solver, first, wide);
  else {
    const middle = first + (count >> 1);
    decompose(solver, first, middle - first, true);
    decompose(solver, middle + 1, first + count - middle - 1, wide);
    conquer(solver, first, count, middle, wide);
  }
}

/** One row: (a) or (a b). */
function single(
  { arena, diagonal, superdiagonal, left, right, values }: Solver,
  i: number,
  wide: boolean,
): void {
  const a = diagonal[i]!;
  const b = wide ? superdiagonal[i]! : 0;
  const big = Math.max(Math.abs(a), Math.abs(b));
  const length = big === 0 ? 0 : big * Math.sqrt((a / big) ** 2 + (b / big) ** 2);
  const c = length === 0 ? 1 : a / length;
  const s = length === 0 ? 0 : b / length;
  values[i] = length;
  arena.doubles(left.at(i, i), 1)[0] = 1;
  arena.doubles(right.at(i, i), 1)[0] = c;
  if (!wide) return;
  arena.doubles(right.at(i, i + 1), 1)[0] = s;
  arena.doubles(right.at(i + 1, i), 2).set([-s, c]);
}

/** Joins two solved halves by the row between them. */
function conquer(solver: Solver, first: number, count: number, middle: number, wide: boolean): void {
  const { arena, diagonal, superdiagonal, left, right, values, z, space } = solver;
  const alpha = diagonal[middle]!;
  const beta = superdiagonal[middle] ?? 0;
  const end = first + count + (wide ? 1 : 0);
  const at = (i: number, j: number) => arena.doubles(right.at(i, j), 1)[0]!;
  arena.doubles(left.at(middle, middle), 1)[0] = 1;
  for (let i = first; i <= middle; i++) z[i] = alpha * at(i, middle);
  for (let i = middle + 1; i < first + count; i++) z[i] = beta * at(i, middle + 1);
  values[middle] = 0;
  if (wide) {
    // Turn the two null vectors so that only one of them meets the middle row.
    const a = z[middle]!;
    const b = beta * at(first + count, middle + 1);
    const big = Math.max(Math.abs(a), Math.abs(b));
    if (big > 0) {
      const length = big * Math.sqrt((a / big) ** 2 + (b / big) ** 2);
      z[middle] = length;
      arena.shared.rotate64(
        end - first,
        right.at(middle, first),
        right.at(first + count, first),
        a / length,
        b / length,
      );
    }
  }
  merge(arena, space, {
    first,
    count,
    cut: middle + 1,
    end,
    values,
    z,
    vectors: [right, left],
    middle,
  });
}
