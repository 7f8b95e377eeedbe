/**
 * One bit a dimension: on which side of the mean a vector lies, compared by the number of bits that differ.
 *
 * @module
 */
import { fwht, type Matrix, rng } from '@fletch/linalg';
import { along } from './klt.js';
import type { BinaryBasis } from './types.js';

/** Coordinates whose signs become bits, of a vector less the mean. */
export type Coordinates = (residual: Float64Array) => Float64Array;

/** Signs of the random rotation are drawn from this stream of the seed. */
const STREAM = 23;

/**
 * A random rotation, d of its coordinates: signs and Walsh-Hadamard transforms, twice (Ailon and Chazelle, STOC 2006). It is made
 * again from the seed and takes no room in an index.
 */
export function randomRotation(dimension: number, seed: number): Coordinates {
  const length = 2 ** Math.ceil(Math.log2(Math.max(2, dimension)));
  const random = rng(seed, STREAM);
  const signs = [0, 1].map(() => Float64Array.from({ length }, () => (random.bits() & 1 ? 1 : -1)));
  const buffer = new Float64Array(length);
  return (residual) => {
    buffer.fill(0);
    buffer.set(residual);
    for (const turn of signs) {
      for (let j = 0; j < length; j++) buffer[j]! *= turn[j]!;
      fwht(buffer);
    }
    return buffer.slice(0, dimension);
  };
}

/** The coordinates of a basis. */
export function coordinates(
  basis: BinaryBasis,
  dimension: number,
  seed: number,
  axes: Matrix<Float32Array>,
): Coordinates {
  if (basis === 'rotated') return randomRotation(dimension, seed);
  return basis === 'klt' ? (residual) => along(axes, residual) : (residual) => residual;
}

/** Words of 32 bits that hold a bit for each dimension. */
export const wordsOf = (dimension: number): number => (dimension + 31) >>> 5;

/** Writes the signs of coordinates into `words`, from word `at` on. */
export function writeSigns(coordinates: Float64Array, words: Uint32Array, at: number): void {
  for (let first = 0; first < coordinates.length; first += 32) {
    let word = 0;
    const end = Math.min(32, coordinates.length - first);
    for (let j = 0; j < end; j++) if (coordinates[first + j]! > 0) word |= 1 << j;
    words[at + (first >>> 5)] = word;
  }
}

/** Bits in which two codes differ. */
function differing(a: Uint32Array, from: number, b: Uint32Array): number {
  let sum = 0;
  for (let i = 0; i < b.length; i++) {
    let n = a[from + i]! ^ b[i]!;
    n -= (n >>> 1) & 0x55555555;
    n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
    sum += (((n + (n >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
  }
  return sum;
}

/**
 * Those of `rows` whose codes differ least from the query's, in the order of `rows`; equally different ones in that
 * order too.
 *
 * @param codes - `query.length` words a row
 */
export function nearestByBits(
  codes: Uint32Array,
  query: Uint32Array,
  rows: Uint32Array,
  keep: number,
): Uint32Array {
  if (keep >= rows.length) return rows;
  const distances = new Uint32Array(rows.length);
  const counts = new Uint32Array(query.length * 32 + 1);
  for (let i = 0; i < rows.length; i++) {
    const h = differing(codes, rows[i]! * query.length, query);
    distances[i] = h;
    counts[h]!++;
  }
  let limit = 0;
  let below = 0;
  while (below + counts[limit]! < keep) below += counts[limit++]!;
  let ties = keep - below;
  return rows.filter((_, i) => distances[i]! < limit || (distances[i] === limit && ties-- > 0));
}
