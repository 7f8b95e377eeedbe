/**
 * The subsampled randomized Hadamard transform S = P H D / √m: random signs, the Walsh-Hadamard transform, a sample of rows
 * (Ailon and Chazelle, 2006; Song, Ye, Yin and Zhang, ICML 2023, for its ℓ∞ guarantee).
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { hadamardRows, type Matrix, type Rng, rng } from '@fletch/linalg';
import { requireRows, type SketchOperator } from './types.js';

/** The least power of 2 that is not below n. */
export const paddedLength = (n: number): number => 2 ** Math.ceil(Math.log2(n));

/** n random signs as bits. */
export function randomSigns(random: Rng, n: number): Uint32Array {
  return Uint32Array.from({ length: Math.ceil(n / 32) }, () => random.bits());
}

/** m rows of N, with or without replacement. */
export function randomRows(random: Rng, N: number, m: number, replace: boolean): Uint32Array {
  if (replace) return Uint32Array.from({ length: m }, () => random.integer(N));
  if (m > N)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `${m} rows cannot be drawn from ${N} without replacement: take fewer, or replace.`,
      { details: { rows: m, of: N } },
    );
  return random.sample(N, m);
}

/** All entries times a factor, in place. */
export function scaled(x: Matrix<Float64Array>, factor: number): Matrix<Float64Array> {
  for (let i = 0; i < x.data.length; i++) x.data[i]! *= factor;
  return x;
}

export function srht(m: number, n: number, seed: number, replace: boolean): SketchOperator {
  const N = paddedLength(n);
  const random = rng(seed);
  const negative = randomSigns(random.split(), N);
  const rows = randomRows(random.split(), N, m, replace);
  return {
    kind: 'srht',
    rows: m,
    columns: n,
    apply(X) {
      requireRows(X, n, 'srht');
      return scaled(hadamardRows(X, N, rows, negative), 1 / Math.sqrt(m));
    },
  };
}
