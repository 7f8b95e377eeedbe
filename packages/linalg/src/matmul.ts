/**
 * Products and transposes.
 *
 * @module
 */
import { requireSamePrecision, requireShapes } from './checks.js';
import { withArena } from './core/arena.js';
import { multiplyAdd } from './core/block.js';
import type { Matrix, Real } from './matrix.js';

/** Options of {@link matmul}. */
export interface MatmulOptions {
  /** Use the transpose of `a`; default false. */
  readonly transposeA?: boolean;
  /** Use the transpose of `b`; default false. */
  readonly transposeB?: boolean;
}

/**
 * The product `A B`: packed blocks and register tiles (Goto and van de Geijn, ACM TOMS 34(3), 2008).
 *
 * @param a - m x k (k x m when transposed)
 * @param b - k x n (n x k when transposed)
 * @returns m x n
 * @throws FletchError `DIMENSION_MISMATCH` with both shapes, `INVALID_ARGUMENT` for two precisions, `NON_FINITE` with
 *   the position of an entry that is not finite
 */
export function matmul<T extends Real>(a: Matrix<T>, b: Matrix<T>, options: MatmulOptions = {}): Matrix<T> {
  const { transposeA = false, transposeB = false } = options;
  const inner = transposeA ? a.rows : a.cols;
  const rule = `the inner sizes are ${inner} and ${transposeB ? b.cols : b.rows}`;
  requireShapes(inner === (transposeB ? b.cols : b.rows), 'matmul', a, b, rule);
  requireSamePrecision('matmul', a.data, b.data);
  return withArena((arena) => {
    const left = arena.load('matmul', a).block;
    const right = arena.load('matmul', b).block;
    const x = transposeA ? left.t : left;
    const y = transposeB ? right.t : right;
    const product = arena.block(x.field, x.rows, y.cols);
    multiplyAdd(1, x, y, product);
    return arena.store(product, a.data);
  });
}

/**
 * The transpose, copied.
 *
 * @throws FletchError `NON_FINITE` with the position of an entry that is not finite
 */
export function transpose<T extends Real>(a: Matrix<T>): Matrix<T> {
  return withArena((arena) => arena.store(arena.load('transpose', a).block.t, a.data));
}
