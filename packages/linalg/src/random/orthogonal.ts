/**
 * Random rotations.
 *
 * @module
 */
import { requireInteger } from '../checks.js';
import { type Arena, withArena } from '../core/arena.js';
import { factorQR } from '../core/qr-factor.js';
import { accumulate } from '../core/reflectors.js';
import { Matrix, type Precision } from '../matrix.js';
import type { Rng } from './rng.js';

/**
 * An n x k matrix with orthonormal columns, uniform in the sense of Haar: Q of a normal matrix, with the signs that make
 * R's diagonal positive (Mezzadri, Notices of the AMS 54(5), 2007). Computed in float64, then rounded.
 *
 * @param precision - of the result; default `float64`
 * @throws FletchError `INVALID_ARGUMENT` unless 0 <= k <= n
 */
export function randomOrthogonal(random: Rng, n: number, k?: number): Matrix<Float64Array>;
export function randomOrthogonal(
  random: Rng,
  n: number,
  k: number,
  precision: 'float32',
): Matrix<Float32Array>;
export function randomOrthogonal(random: Rng, n: number, k: number, precision: Precision): Matrix;
export function randomOrthogonal(random: Rng, n: number, k = n, precision: Precision = 'float64'): Matrix {
  requireInteger('n', n, 0);
  requireInteger('k', k, 0, n);
  const gaussian = new Matrix(random.fillNormal(new Float64Array(n * k)), n, k);
  const like = precision === 'float32' ? new Float32Array(0) : new Float64Array(0);
  return withArena((arena: Arena) => {
    const { block: a } = arena.load('randomOrthogonal', gaussian);
    const reflectors = factorQR(arena, a);
    const q = arena.block(a.field, n, k);
    for (let i = 0; i < k; i++) a.field.fill(1, 1, q.at(i, i), 1);
    accumulate(arena, reflectors, q);
    for (let i = 0; i < k; i++)
      if (arena.doubles(a.at(i, i), 1)[0]! < 0) a.field.scale(n, -1, q.at(0, i), q.rowStride);
    return arena.store(q, like);
  });
}
