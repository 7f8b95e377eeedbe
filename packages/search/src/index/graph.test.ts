import { afterEach, expect, test } from 'vitest';
import { createHarness, type Harness } from './harness.case.js';
import { clusteredVectors, range, seededRandom, uniformVectors } from './testing.js';
import { verifyGraph } from './verify.js';

const open: Harness[] = [];
afterEach(async () => {
  for (const harness of open.splice(0)) await harness.close();
});

async function create(options: Parameters<typeof createHarness>[0]): Promise<Harness> {
  const harness = await createHarness(options);
  open.push(harness);
  return harness;
}

function expectSound(harness: Harness): void {
  const report = verifyGraph(harness.rows);
  expect(report.faults).toEqual([]);
  expect(report.unreachable).toBe(0);
  expect(report.nodes).toBe(harness.index.size);
}

test.each(['clustered', 'uniform'])('the graph over %s vectors is sound and finds its way', async (kind) => {
  const [count, dimension] = [6000, 16];
  const make = kind === 'clustered' ? clusteredVectors : uniformVectors;
  const harness = await create({ dimension });
  await harness.add(range(count), make(count, dimension, 1));
  await harness.index.settled();
  expectSound(harness);
  expect(verifyGraph(harness.rows).symmetric).toBeGreaterThan(0.5);
  expect(harness.recall(make(60, dimension, 2), { ef: 64 })).toBeGreaterThan(0.95);
});

test('searches are right while rows are being linked', async () => {
  const [count, dimension] = [6000, 16];
  const harness = await create({ dimension });
  const queries = clusteredVectors(10, dimension, 2);
  await harness.add(range(count), clusteredVectors(count, dimension, 1));
  const seen: number[] = [];
  do {
    const { linked } = harness.index.stats();
    seen.push(linked);
    expect(harness.recall(queries, { ef: 40 })).toBeGreaterThan(0.9);
    await new Promise((resolve) => setTimeout(resolve, 5));
  } while (harness.index.stats().linked < count);
  expect(seen[0]).toBeLessThan(count);
  await harness.index.settled();
  expectSound(harness);
});

test('deleting and inserting half of the points again costs no recall', async () => {
  const [count, dimension] = [6000, 24];
  const vectors = clusteredVectors(count, dimension, 1);
  const queries = clusteredVectors(100, dimension, 2);
  const fresh = await create({ dimension });
  await fresh.add(range(count), vectors);
  await fresh.index.settled();
  const baseline = fresh.recall(queries, { ef: 32 });
  const random = seededRandom(3);
  const half = range(count).filter(() => random() < 0.5);
  const halfVectors = Float32Array.from(
    half.flatMap((row) => Array.from(vectors.subarray(row * dimension, (row + 1) * dimension))),
  );
  // In parts, so that the graph is repaired rather than built anew.
  for (let from = 0; from < half.length; from += 500) await fresh.remove(half.slice(from, from + 500));
  await fresh.index.settled();
  expectSound(fresh);
  expect(fresh.recall(queries, { ef: 32 })).toBeGreaterThan(baseline - 0.01);
  await fresh.add(half, halfVectors);
  await fresh.index.settled();
  expectSound(fresh);
  expect(fresh.recall(queries, { ef: 32 })).toBeGreaterThan(baseline - 0.01);
});

test('deleting nine of ten points at once leaves a sound graph', async () => {
  const [count, dimension] = [4000, 16];
  const harness = await create({ dimension });
  await harness.add(range(count), clusteredVectors(count, dimension, 1));
  await harness.index.settled();
  await harness.remove(range(count).filter((row) => row % 10 !== 0));
  await harness.index.settled();
  expectSound(harness);
  expect(harness.recall(clusteredVectors(50, dimension, 2), { ef: 12 })).toBeGreaterThan(0.95);
});

test('a thousand rounds of deleting and inserting leave everything reachable', async () => {
  const [count, dimension] = [400, 8];
  const harness = await create({ dimension, m: 6 });
  await harness.add(range(count), clusteredVectors(count, dimension, 1));
  await harness.index.settled();
  const random = seededRandom(4);
  const fresh = uniformVectors(1000, dimension, 5);
  const linkBytes = harness.index.stats().linkBytes;
  for (let round = 0; round < 1000; round++) {
    const row = Math.floor(random() * count);
    await harness.remove([row]);
    await harness.add([row], fresh.subarray(round * dimension, (round + 1) * dimension));
    if (round % 50 === 0) await harness.index.settled();
  }
  await harness.index.settled();
  expectSound(harness);
  expect(harness.index.stats().linkBytes).toBe(linkBytes);
  expect(harness.recall(uniformVectors(50, dimension, 6), { ef: 32 })).toBeGreaterThan(0.95);
}, 60_000);

test('the entry is replaced when it is removed', async () => {
  const harness = await create({ dimension: 4 });
  await harness.add(range(1000), uniformVectors(1000, 4, 1));
  await harness.index.settled();
  for (let i = 0; i < 20; i++) {
    await harness.remove([harness.rows.entry[0]]);
    expectSound(harness);
  }
  expect(harness.recall(uniformVectors(20, 4, 2), { ef: 16 })).toBeGreaterThan(0.95);
});

test('points that are all alike stay reachable and come in order of rows', async () => {
  const harness = await create({ dimension: 3 });
  await harness.add(range(1500), new Float32Array(4500).fill(1));
  await harness.index.settled();
  expectSound(harness);
  const { rows } = harness.index.search(Float32Array.of(1, 1, 1), 5, { exact: true });
  expect(Array.from(rows)).toEqual([0, 1, 2, 3, 4]);
});

test('a vector that is replaced is found at its old place until it is at the new one', async () => {
  const [count, dimension] = [2000, 8];
  const vectors = clusteredVectors(count, dimension, 1);
  const harness = await create({ dimension });
  await harness.add(range(count), vectors);
  await harness.index.settled();
  const old = vectors.slice(0, dimension);
  const moved = old.map((x) => x + 100);
  const adding = harness.index.add([0], moved);
  while ((harness.index.stats().linked as number) > 0) {
    const [atOld] = harness.index.search(old, 1, { ef: 8 }).scores;
    const [atNew] = harness.index.search(moved, 1, { ef: 8 }).scores;
    expect(atOld === 0 || atNew === 0).toBe(true);
    if (atNew === 0) break;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await adding;
  await harness.index.settled();
  expectSound(harness);
});
