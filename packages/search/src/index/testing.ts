/**
 * Seeded vectors for tests and benchmarks.
 *
 * @module
 */

/** Uniform numbers in [0, 1), the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Standard normal numbers from uniform ones. */
export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** `count × dimension` uniform values in [-1, 1). */
export function uniformVectors(count: number, dimension: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: count * dimension }, () => 2 * random() - 1);
}

/** Points scattered around `clusters` centres; the same `centreSeed` gives the same centres. */
export function clusteredVectors(
  count: number,
  dimension: number,
  seed: number,
  { clusters = 50, spread = 0.6, centreSeed = 1 } = {},
): Float32Array {
  const centreRandom = seededRandom(centreSeed);
  const centres = Float32Array.from({ length: clusters * dimension }, () => normal(centreRandom));
  const random = seededRandom(seed);
  const vectors = new Float32Array(count * dimension);
  for (let i = 0; i < count; i++) {
    const centre = Math.floor(random() * clusters) * dimension;
    for (let j = 0; j < dimension; j++)
      vectors[i * dimension + j] = centres[centre + j]! + spread * normal(random);
  }
  return vectors;
}

/** The numbers from `start` on. */
export function range(count: number, start = 0): number[] {
  return Array.from({ length: count }, (_, i) => start + i);
}
