/**
 * Least squares.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { requireSamePrecision, requireShapes, shape } from './checks.js';
import { type Arena, withArena } from './core/arena.js';
import { type Block, multiplyAdd } from './core/block.js';
import { decompose } from './core/decompose.js';
import { factorQR } from './core/qr-factor.js';
import { applyLeft } from './core/reflectors.js';
import { rescale } from './core/scaling.js';
import { solveUpper } from './core/triangular.js';
import type { Matrix, Real } from './matrix.js';

/** Options of {@link lstsq}. */
export interface LstsqOptions {
  /**
   * `svd` (default) takes any matrix and finds the solution of least norm; `qr` is faster and wants at least as many rows
   * as columns, and full rank.
   */
  readonly method?: 'svd' | 'qr';
  /** Singular values up to this share of the largest count as zero; default `max(m, n) * epsilon`. */
  readonly tolerance?: number;
}

/** Result of {@link lstsq}. */
export interface Lstsq<T extends Real> {
  /** n x p. */
  readonly x: Matrix<T>;
  /** Numerical rank of A. */
  readonly rank: number;
}

/**
 * The X that minimizes `|A X - B|`, and among those the one of least norm (Golub and Van Loan, sections 5.3 and 5.5).
 *
 * @param a - m x n
 * @param b - m x p
 * @throws FletchError `DIMENSION_MISMATCH` with both shapes, `NON_FINITE` with the position; with `qr`,
 *   `INVALID_ARGUMENT` with the index of a pivot that vanishes, or when there are more columns than rows
 */
export function lstsq<T extends Real>(a: Matrix<T>, b: Matrix<T>, options: LstsqOptions = {}): Lstsq<T> {
  requireShapes(a.rows === b.rows, 'lstsq', a, b, 'the numbers of rows differ');
  requireSamePrecision('lstsq', a.data, b.data);
  const { method = 'svd' } = options;
  return withArena((arena) => {
    const { block, peak } = arena.load('lstsq', a);
    const unscale = rescale(block, peak);
    const right = arena.load('lstsq', b).block;
    const tolerance = options.tolerance ?? Math.max(a.rows, a.cols) * block.field.eps;
    const { x, rank } =
      method === 'qr' ? byQR(arena, block, right, tolerance) : bySVD(arena, block, right, tolerance);
    const result = arena.store(x, b.data);
    if (unscale !== 1) for (let i = 0; i < result.data.length; i++) result.data[i]! /= unscale;
    return { x: result, rank };
  });
}

function byQR(arena: Arena, a: Block, b: Block, tolerance: number) {
  if (a.rows < a.cols)
    throw new FletchError('INVALID_ARGUMENT', `lstsq by qr needs rows >= columns, not ${shape(a)}: use svd.`);
  for (const block of factorQR(arena, a)) applyLeft(arena, block, true, b.part(block.first, 0));
  const pivots = Array.from({ length: a.cols }, (_, i) =>
    Math.abs(arena.numbers(a.field, a.at(i, i), 1)[0]!),
  );
  const limit = tolerance * Math.max(0, ...pivots);
  const bad = pivots.findIndex((pivot) => pivot <= limit);
  if (bad >= 0)
    throw new FletchError('INVALID_ARGUMENT', `lstsq by qr: pivot ${bad} vanishes, use svd.`, {
      details: { pivot: bad },
    });
  const x = b.part(0, 0, a.cols);
  solveUpper(a.part(0, 0, a.cols), x);
  return { x, rank: a.cols };
}

function bySVD(arena: Arena, a: Block, b: Block, tolerance: number) {
  const wide = a.rows < a.cols;
  const { values, ut, vt } = decompose(arena, wide ? arena.transposed(a) : a, false);
  const [u, v] = wide ? [vt, ut] : [ut, vt];
  const limit = tolerance * (values[0] ?? 0);
  const rank = values.filter((value) => value > limit).length;
  const turned = arena.block(a.field, rank, b.cols);
  multiplyAdd(1, u.part(0, 0, rank), b, turned);
  for (let i = 0; i < rank; i++) {
    const row = arena.numbers(a.field, turned.at(i, 0), b.cols);
    for (let j = 0; j < row.length; j++) row[j]! /= values[i]!;
  }
  const x = arena.block(a.field, a.cols, b.cols);
  multiplyAdd(1, v.part(0, 0, rank).t, turned, x);
  return { x, rank };
}
