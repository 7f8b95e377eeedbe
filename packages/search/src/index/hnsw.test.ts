import { afterEach, expect, test } from 'vitest';
import { checkIndex } from './check-index.case.js';
import { createFlatIndex, createHnswIndex } from './create.js';
import { clusteredVectors, range } from './testing.js';
import type { VectorIndex } from './types.js';

const open: VectorIndex[] = [];
afterEach(async () => {
  for (const index of open.splice(0)) await index.close();
});

test('finds what a scan finds, on clustered vectors', async () => {
  const [count, dimension] = [4000, 24];
  const vectors = clusteredVectors(count, dimension, 2);
  const index = await createHnswIndex({ dimension, distance: 'Cosine' });
  const exact = await createFlatIndex({ dimension, distance: 'Cosine' });
  open.push(index, exact);
  await index.add(range(count), vectors);
  await exact.add(range(count), vectors);
  await index.settled();
  expect(index.stats().linked).toBe(count);
  const queries = clusteredVectors(50, dimension, 3);
  let found = 0;
  for (let i = 0; i < 50; i++) {
    const query = queries.subarray(i * dimension, (i + 1) * dimension);
    const truth = new Set(exact.search(query, 10).rows);
    for (const row of index.search(query, 10, { ef: 40 }).rows) if (truth.has(row)) found++;
  }
  expect(found / 500).toBeGreaterThan(0.95);
});

checkIndex('hnsw', (options) => createHnswIndex({ ...options, threads: 2 }));
