/**
 * Comparing two vectors directly, without an index.
 *
 * @module
 */
import type { Distance } from '../index/types.js';
import type { MultiValue, SparseValue, VectorValue } from '../space/types.js';

/** Compares `length` components; the larger the nearer. */
type Pairwise = (a: Float32Array, from: number, b: Float32Array, start: number, length: number) => number;

const dot: Pairwise = (a, from, b, start, length) => {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += a[from + i]! * b[start + i]!;
  return sum;
};

const pairwise: { readonly [D in Distance]: Pairwise } = {
  Cosine: dot,
  Dot: dot,
  Euclid(a, from, b, start, length) {
    let sum = 0;
    for (let i = 0; i < length; i++) sum += (a[from + i]! - b[start + i]!) ** 2;
    return -sum;
  },
  Manhattan(a, from, b, start, length) {
    let sum = 0;
    for (let i = 0; i < length; i++) sum += Math.abs(a[from + i]! - b[start + i]!);
    return -sum;
  },
};

/**
 * How near `stored` is to `query`: the product of vectors (of unit length under cosine), or the negative of their
 * distance (of its square for Euclid). Token vectors: for each of the query's the best of the stored ones', summed.
 */
export function similarity(distance: Distance, query: VectorValue, stored: VectorValue): number {
  if ('tokens' in query) return maxSim(distance, query, stored as MultiValue);
  if ('indices' in query) return sparseDot(query, stored as SparseValue);
  return Math.fround(pairwise[distance](query, 0, stored as Float32Array, 0, query.length));
}

/** About how many multiplications {@link similarity} takes. */
export function workOf(query: VectorValue, stored: VectorValue): number {
  if ('tokens' in query) return query.tokens * (stored as MultiValue).values.length;
  return 'indices' in query ? query.indices.length : query.length;
}

function maxSim(distance: Distance, query: MultiValue, stored: MultiValue): number {
  const dimension = query.values.length / query.tokens;
  let sum = 0;
  for (let i = 0; i < query.tokens; i++) {
    let best = -Infinity;
    for (let j = 0; j < stored.tokens; j++)
      best = Math.max(
        best,
        pairwise[distance](query.values, i * dimension, stored.values, j * dimension, dimension),
      );
    sum += best;
  }
  return Math.fround(sum);
}

function sparseDot(a: SparseValue, b: SparseValue): number {
  let sum = 0;
  for (let i = 0, j = 0; i < a.indices.length && j < b.indices.length; ) {
    const step = a.indices[i]! - b.indices[j]!;
    if (step === 0) sum += a.values[i]! * b.values[j]!;
    if (step <= 0) i++;
    if (step >= 0) j++;
  }
  return Math.fround(sum);
}
