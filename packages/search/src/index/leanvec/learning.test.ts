import { afterEach, describe, expect, test } from 'vitest';
import { createFlatIndex, createLeanVecIndex } from '../create.js';
import { Drift } from '../drift.js';
import { clusteredVectors, range, seededRandom, uniformVectors } from '../testing.js';
import type { Distance, IndexStats, VectorIndex } from '../types.js';
import type { LeanVecOptions } from './settings.js';

const dimension = 48;
const open: VectorIndex[] = [];
afterEach(async () => {
  for (const index of open.splice(0)) await index.close();
});

async function pair(options: Partial<LeanVecOptions> = {}) {
  const distance = options.distance ?? 'Cosine';
  const index = await createLeanVecIndex({
    dimension,
    distance,
    threads: 2,
    trainAt: 1500,
    m: 16,
    ...options,
  });
  const exact = await createFlatIndex({ dimension, distance, threads: 1 });
  open.push(index, exact);
  return { index, exact };
}

const lean = (stats: IndexStats) => stats.leanvec!;

/** Share of the true ten nearest that are found. */
function recall(index: VectorIndex, exact: VectorIndex, queries: Float32Array, ef = 64): number {
  let found = 0;
  let total = 0;
  for (let at = 0; at < queries.length; at += dimension) {
    const query = queries.subarray(at, at + dimension);
    const truth = exact.search(query, 10).rows;
    total += truth.length;
    for (const row of index.search(query, 10, { ef }).rows) if (truth.includes(row)) found++;
  }
  return found / total;
}

describe.each(['Cosine', 'Dot', 'Euclid', 'Manhattan'] as Distance[])('%s', (distance) => {
  test('rows become codes once there are enough, and are found as before', async () => {
    const { index, exact } = await pair({ distance });
    const vectors = clusteredVectors(3000, dimension, 1);
    for (const one of [index, exact]) await one.add(range(1000), vectors.subarray(0, 1000 * dimension));
    await index.settled();
    expect(lean(index.stats())).toMatchObject({ trained: false, training: false });
    for (const one of [index, exact]) await one.add(range(2000, 1000), vectors.subarray(1000 * dimension));
    await index.settled();
    expect(lean(index.stats())).toMatchObject({ trained: true, training: false });
    expect(index.stats()).toMatchObject({ size: 3000, linked: 3000 });
    expect(index.isLossy).toBe(distance !== 'Manhattan');
    const queries = clusteredVectors(40, dimension, 2);
    expect(recall(index, exact, queries)).toBeGreaterThan(distance === 'Manhattan' ? 0.85 : 0.95);
    const leaving = range(1500).map((i) => 2 * i);
    for (const one of [index, exact]) await one.remove(leaving);
    const fresh = clusteredVectors(1500, dimension, 3);
    for (const one of [index, exact]) await one.add(leaving, fresh);
    await index.settled();
    expect(recall(index, exact, queries)).toBeGreaterThan(distance === 'Manhattan' ? 0.85 : 0.95);
  });
});

test('changes during learning reach the codes, and searches go on', async () => {
  const { index, exact } = await pair();
  const vectors = clusteredVectors(4000, dimension, 4);
  for (const one of [index, exact]) await one.add(range(2000), vectors.subarray(0, 2000 * dimension));
  expect(lean(index.stats()).training).toBe(true);
  const changes = range(20).map(async (i) => {
    const rows = range(100, 2000 + 100 * i);
    const part = vectors.subarray(rows[0]! * dimension, (rows[99]! + 1) * dimension);
    for (const one of [index, exact]) {
      await one.add(rows, part);
      await one.remove([i, 2000 + 100 * i]);
    }
    const hits = await index.searchAsync(vectors.subarray(0, dimension), 5);
    expect(hits.rows).toHaveLength(5);
  });
  await Promise.all(changes);
  await index.settled();
  expect(lean(index.stats()).trained).toBe(true);
  expect(index.size).toBe(exact.size);
  for (const row of range(4000)) expect(index.has(row)).toBe(exact.has(row));
  expect(recall(index, exact, clusteredVectors(40, dimension, 5))).toBeGreaterThan(0.95);
});

test('rows of another kind are noticed, and learned in the background', async () => {
  // The first rows have no more than 16 dimensions of their own; those that follow have others.
  const among = (from: number, count: number, seed: number) => {
    const values = uniformVectors(count, dimension, seed);
    for (let i = 0; i < values.length; i++)
      if (i % dimension < from || i % dimension >= from + 16) values[i]! *= 0.05;
    return values;
  };
  const { index, exact } = await pair({ reduced: 16 });
  for (const one of [index, exact]) await one.add(range(2000), among(0, 2000, 1));
  await index.settled();
  const before = lean(index.stats());
  for (const one of [index, exact]) await one.add(range(2500, 2000), among(24, 2500, 2));
  await index.settled();
  const after = lean(index.stats());
  expect(before.lost).toBeLessThan(0.05);
  // Learned anew: of a half each, 16 components lose more than of one kind alone, and nothing has drifted since.
  expect(after.lost).toBeGreaterThan(2 * before.lost!);
  expect(after.drift).toBe(1);
  expect(recall(index, exact, among(24, 30, 3), 128)).toBeGreaterThan(0.8);
});

test('drift is what codes of a window of new rows lose, against the sample', () => {
  const drift = new Drift({ learned: 0.1, count: 0, lost: 0 });
  drift.note(new Array(1999).fill(0.3), 5000);
  expect(drift.ratio).toBe(1);
  drift.note([0.3], 5000);
  expect(drift.ratio).toBeCloseTo(3, 9);
});

test('vectors that are all alike, or zero in most columns, are learned too', async () => {
  const { index } = await pair({ distance: 'Euclid', reduced: 8 });
  const values = new Float32Array(2000 * dimension);
  const random = seededRandom(1);
  for (let row = 0; row < 2000; row++) values[row * dimension] = row < 1000 ? 1 : random();
  await index.add(range(2000), values);
  await index.settled();
  expect(lean(index.stats()).trained).toBe(true);
  const { scores } = index.search(values.subarray(0, dimension), 10);
  for (const score of scores) expect(score).toBeLessThan(0.02);
});

test.each<Partial<LeanVecOptions>>([{}, { method: 'ood-fw', distance: 'Dot' }, { bits: 4 }])(
  'a sample smaller than the reduced dimension is learned from: %o',
  async (options) => {
    const { index, exact } = await pair({ reduced: 24, trainAt: 5, ...options });
    const vectors = clusteredVectors(60, dimension, 1);
    await index.searchBatch(clusteredVectors(3, dimension, 2), 1);
    for (const one of [index, exact]) await one.add(range(6), vectors.subarray(0, 6 * dimension));
    await index.settled();
    expect(lean(index.stats())).toMatchObject({ trained: true, reduced: 24 });
    expect(lean(index.stats()).trouble).toBeUndefined();
    for (const one of [index, exact]) await one.add(range(54, 6), vectors.subarray(6 * dimension));
    await index.settled();
    expect(recall(index, exact, clusteredVectors(10, dimension, 3))).toBeGreaterThan(0.9);
  },
);

test.each(['Cosine', 'Dot', 'Euclid'] as const)('a collection of identical vectors, %s', async (distance) => {
  const { index } = await pair({ distance, reduced: 8 });
  const one = clusteredVectors(1, dimension, 1);
  const values = new Float32Array(2000 * dimension);
  for (let row = 0; row < 2000; row++) values.set(one, row * dimension);
  await index.add(range(2000), values);
  await index.settled();
  expect(lean(index.stats()).trained).toBe(true);
  const { rows, scores } = index.search(one, 10);
  expect(rows).toHaveLength(10);
  const score = { Cosine: 1, Dot: one.reduce((sum, x) => sum + x * x, 0), Euclid: 0 }[distance];
  for (const found of scores) expect(Math.abs(found - score)).toBeLessThan(0.01 * Math.max(1, score));
});

test.each(['id', 'ood-fw', 'ood-es'] as const)(
  'queries of another distribution are answered, %s',
  async (method) => {
    const { index, exact } = await pair({ distance: 'Dot', reduced: 32, method });
    // Queries are large where the data is not.
    const queries = uniformVectors(120, dimension, 2).map((x, at) => (at % dimension < 9 ? 20 * x : x));
    for (const one of [index, exact]) await one.add(range(1000), clusteredVectors(1000, dimension, 1));
    await index.searchBatch(queries.subarray(0, 100 * dimension), 5);
    for (const one of [index, exact]) await one.add(range(2000, 1000), clusteredVectors(2000, dimension, 3));
    await index.settled();
    expect(lean(index.stats()).trained).toBe(true);
    expect(recall(index, exact, queries.subarray(100 * dimension), 128)).toBeGreaterThan(0.85);
  },
);

test('a vector with NaN is refused once rows are codes, and changes nothing', async () => {
  const { index } = await pair();
  await index.add(range(1600), clusteredVectors(1600, dimension, 1));
  await index.settled();
  const bad = new Float32Array(dimension).fill(1).fill(Number.NaN, 3, 4);
  await expect(index.add([1600], bad)).rejects.toMatchObject({ code: 'NON_FINITE' });
  expect(index.has(1600)).toBe(false);
  expect(() => index.search(bad, 1)).toThrow('column 3');
});

test('a filter that matches nothing finds nothing; one of a few rows finds them all', async () => {
  const { Bitset } = await import('../bitset.js');
  const { index, exact } = await pair();
  const vectors = clusteredVectors(2000, dimension, 6);
  for (const one of [index, exact]) await one.add(range(2000), vectors);
  await index.settled();
  const query = clusteredVectors(1, dimension, 7);
  expect(index.search(query, 10, { filter: new Bitset() }).rows).toHaveLength(0);
  const filter = Bitset.of(range(8).map((i) => 100 * i));
  expect(new Set(index.search(query, 10, { filter }).rows)).toEqual(new Set(filter));
});

test('learns from the queries that were asked, when told to', async () => {
  const { index } = await pair({ method: 'ood-es', distance: 'Dot', reduced: 16 });
  const vectors = clusteredVectors(2000, dimension, 8);
  await index.add(range(1000), vectors.subarray(0, 1000 * dimension));
  const queries = clusteredVectors(64, dimension, 9);
  await index.searchBatch(queries, 5);
  await index.add(range(1000, 1000), vectors.subarray(1000 * dimension));
  await index.settled();
  expect(lean(index.stats())).toMatchObject({ trained: true, reduced: 16 });
});

test.each([
  [{ reduced: 0 }, 'reduced'],
  [{ reduced: dimension + 1 }, 'reduced'],
  [{ bits: 5 as 4 }, 'bits'],
  [{ secondary: 'pq' as 'f32' }, 'secondary'],
  [{ method: 'pca' as 'id' }, 'method'],
  [{ trainAt: 1 }, 'trainAt'],
  [{ driftLimit: 0.5 }, 'driftLimit'],
  [{ distance: 'Manhattan', secondary: 'lvq8' }, 'secondary'],
] satisfies [Partial<LeanVecOptions>, string][])('refuses %o', async (options, name) => {
  await expect(createLeanVecIndex({ dimension, distance: 'Cosine', ...options })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining(name),
  });
});

test('refuses a projection of another dimension', async () => {
  const data = new Float32Array(10 * 4);
  const projection = { A: { data, cols: 4 }, B: { data, cols: 4 } };
  await expect(createLeanVecIndex({ dimension, distance: 'Dot', projection })).rejects.toMatchObject({
    code: 'DIMENSION_MISMATCH',
  });
});
