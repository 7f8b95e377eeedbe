import { Matrix, randomOrthogonal, rng } from '@fletch/linalg';
import { expect, test } from 'vitest';
import { createLeanVecIndex } from './create.js';
import { range, uniformVectors } from './testing.js';

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

/** Rows of codes, by a rotation, of which the second or only ones are those of whole vectors. */
async function codesOf(dimension: number, secondary: 'lvq8' | 'f32', bits: 4 | 8, vectors: Float32Array) {
  const { data } = randomOrthogonal(rng(dimension), dimension, dimension, 'float32');
  const matrix = new Matrix(data, dimension, dimension);
  const projection = { A: matrix, B: matrix };
  const index = await createLeanVecIndex({
    dimension,
    distance: 'Dot',
    secondary,
    bits,
    projection,
    threads: 1,
  });
  await index.add(range(vectors.length / dimension), vectors);
  return index;
}

const dimensions = [1, 2, 3, 4, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 100, 130];

test.each(dimensions)('a code of %i components is half a step from its vector at most', async (dimension) => {
  const vectors = uniformVectors(20, dimension, 3);
  const index = await codesOf(dimension, 'lvq8', 8, vectors);
  for (let row = 0; row < 20; row++) {
    const vector = vectors.subarray(row * dimension, (row + 1) * dimension);
    const step = (Math.max(...vector) - Math.min(...vector)) / 255;
    const decoded = index.vector(row);
    for (let i = 0; i < dimension; i++)
      expect(Math.abs(decoded[i]! - vector[i]!)).toBeLessThanOrEqual(step / 2 + 1e-6);
  }
  await index.close();
});

test.each(dimensions)(
  'scores of codes of %i components are those of what they stand for',
  async (dimension) => {
    const vectors = uniformVectors(9, dimension, 4);
    const query = uniformVectors(1, dimension, 5);
    const index = await codesOf(dimension, 'lvq8', 8, vectors);
    const scores = await index.compare(query, Uint32Array.from(range(9)));
    // The query is rounded to 2^-15 of its length.
    const bound = 1e-4 * dimension;
    scores.forEach((score, row) => {
      expect(Math.abs(score - dot(query, index.vector(row)))).toBeLessThan(bound);
    });
    await index.close();
  },
);

test.each([
  [8, 0.02],
  [4, 0.3],
] as const)('%i-bit codes rank as their precision allows', async (bits, tolerance) => {
  const dimension = 40;
  const vectors = uniformVectors(400, dimension, 6);
  const index = await codesOf(dimension, 'f32', bits, vectors);
  await index.settled();
  for (const seed of [7, 8, 9]) {
    const query = uniformVectors(1, dimension, seed);
    const best = Math.max(
      ...range(400).map((row) => dot(query, vectors.subarray(row * dimension, (row + 1) * dimension))),
    );
    const { scores } = index.search(query, 1, { ef: 400 });
    expect(best - scores[0]!).toBeLessThan(tolerance);
  }
  await index.close();
});
