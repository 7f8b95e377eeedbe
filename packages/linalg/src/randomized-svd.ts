/**
 * The leading part of a singular value decomposition, by random projection.
 *
 * @module
 */
import { requireInteger } from './checks.js';
import { type Arena, withArena } from './core/arena.js';
import { type Block, multiplyAdd } from './core/block.js';
import { decompose } from './core/decompose.js';
import { orthonormalize } from './core/orthonormalize.js';
import { rescale } from './core/scaling.js';
import { type Matrix, type Real, sameKind } from './matrix.js';
import { type Rng, rng } from './random/rng.js';
import type { SVD } from './svd.js';

/** Options of {@link randomizedSVD}. */
export interface RandomizedSVDOptions {
  /** Columns of the projection beyond the rank; default 10. */
  readonly oversample?: number;
  /** Power iterations; each sharpens the separation of singular values. Default 2. */
  readonly iterations?: number;
  /** Source of the projection; default `rng(0)`, the same every time. */
  readonly random?: Rng;
}

/**
 * The `rank` largest singular values with their vectors, approximately: projection on a random subspace refined by
 * power iterations (Halko, Martinsson and Tropp, SIAM Review 53(2), 2011, algorithms 4.4 and 5.1).
 *
 * @param rank - from 1 to min(m, n)
 * @throws FletchError `INVALID_ARGUMENT` for another rank or options out of range, `NON_FINITE` with the position
 */
export function randomizedSVD<T extends Real>(
  a: Matrix<T>,
  rank: number,
  { oversample = 10, iterations = 2, random = rng(0) }: RandomizedSVDOptions = {},
): SVD<T> {
  const least = Math.min(a.rows, a.cols);
  requireInteger('rank', rank, 1, least);
  requireInteger('oversample', oversample, 0);
  requireInteger('iterations', iterations, 0);
  const width = Math.min(rank + oversample, least);
  return withArena((arena) => {
    const { block, peak } = arena.load('randomizedSVD', a);
    const unscale = rescale(block, peak);
    let y = times(arena, block, gaussian(arena, block, width, random));
    for (let i = 0; i < iterations; i++) {
      const z = times(arena, block.t, orthonormalize(arena, y, false));
      y = times(arena, block, orthonormalize(arena, z, false));
    }
    const q = orthonormalize(arena, y, true);
    // A is nearly Q Q' A: decompose its tall factor A' Q.
    const { values, ut, vt } = decompose(arena, times(arena, block.t, q), false);
    const u = times(arena, q, vt.part(0, 0, rank).t);
    const s = sameKind(a.data, rank);
    s.set(values.subarray(0, rank).map((value) => value * unscale));
    return { u: arena.store(u, a.data), s, vt: arena.store(ut.part(0, 0, rank), a.data) };
  });
}

function times(arena: Arena, a: Block, b: Block): Block {
  const result = arena.block(a.field, a.rows, b.cols);
  multiplyAdd(1, a, b, result);
  return result;
}

function gaussian(arena: Arena, a: Block, width: number, random: Rng): Block {
  const result = arena.block(a.field, a.cols, width);
  const numbers = random.fillNormal(new Float64Array(a.cols * width));
  const view = arena.numbers(a.field, result.address, a.cols * result.rowStride);
  for (let i = 0; i < a.cols; i++)
    view.set(numbers.subarray(i * width, (i + 1) * width), i * result.rowStride);
  return result;
}
