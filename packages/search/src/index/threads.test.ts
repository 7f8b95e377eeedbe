import { afterEach, expect, test } from 'vitest';
import { Bitset } from './bitset.js';
import { oracleScore } from './check-index.case.js';
import { createFlatIndex } from './create.js';
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

/** Whether a promise settles before the event loop gets to its next turn. */
async function settlesAtOnce(promise: Promise<unknown>): Promise<boolean> {
  const late = Symbol();
  const next = new Promise((resolve) => setImmediate(() => resolve(late)));
  return (await Promise.race([promise, next])) !== late;
}

test('adding a row does not wait for the rows that are being linked', async () => {
  const dimension = 64;
  const { index } = await create({ dimension });
  await index.add(range(8000), clusteredVectors(8000, dimension, 1));
  await new Promise((resolve) => setTimeout(resolve, 20));
  for (let i = 0; i < 20; i++) {
    expect(index.stats().linked).toBeLessThan(8000);
    const adding = index.add([8000 + i], uniformVectors(1, dimension, i));
    expect(await settlesAtOnce(adding)).toBe(true);
    expect(index.has(8000 + i)).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
  }
});

test('removed rows are not found from the moment of the call on, and come back only when they are out', async () => {
  const dimension = 16;
  const vectors = clusteredVectors(3000, dimension, 1);
  const harness = await create({ dimension });
  const { index } = harness;
  await index.add(range(3000), vectors);
  const random = seededRandom(2);
  while (index.stats().linked < 3000) {
    const row = Math.floor(random() * 3000);
    if (!index.has(row)) break;
    const own = vectors.slice(row * dimension, (row + 1) * dimension);
    const removing = index.remove([row]);
    expect(index.has(row)).toBe(false);
    expect(Array.from(index.search(own, 20).rows)).not.toContain(row);
    const adding = index.add([row], own);
    await Promise.all([removing, adding]);
    expect(index.search(own, 1).rows[0]).toBe(row);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await index.settled();
  expect(verifyGraph(harness.rows)).toMatchObject({ faults: [], unreachable: 0, nodes: 3000 });
});

test('a search in a thread finds what a search here finds', async () => {
  const [count, dimension] = [12_000, 100];
  const { index } = await create({ dimension });
  await index.add(range(count), clusteredVectors(count, dimension, 1));
  await index.settled();
  const queries = clusteredVectors(16, dimension, 2);
  const some = Bitset.of(range(count).filter((row) => row % 3 === 0));
  const kinds = [{}, { exact: true }, { filter: some }, { ef: 4000 }, { filter: some, exact: true }];
  for (const options of kinds) {
    const all = range(16).map((i) => queries.subarray(i * dimension, (i + 1) * dimension));
    const found = await Promise.all(all.map((query) => index.searchAsync(query, 10, options)));
    expect(found).toEqual(all.map((query) => index.search(query, 10, options)));
  }
});

test('long searches leave the event loop alone', async () => {
  const [count, dimension] = [20_000, 512];
  const index = await createFlatIndex({ dimension, distance: 'Dot' });
  const vectors = uniformVectors(count, dimension, 1);
  await index.add(range(count), vectors);
  const query = vectors.slice(0, dimension);
  const rows = Uint32Array.from(range(count));
  for (const work of [
    () => index.searchAsync(query, 10, { exact: true }),
    () => index.compare(query, rows),
  ]) {
    await work();
    let atOnce = 0;
    // A busy machine may let the thread finish before this one goes on.
    for (let i = 0; i < 20; i++) if (await settlesAtOnce(work())) atOnce++;
    expect(atOnce).toBeLessThan(10);
  }
  expect(await settlesAtOnce(index.compare(query, rows.subarray(0, 10)))).toBe(true);
  await index.close();
});

test.each([3, 5000])('%i rows are compared in the order in which they are named', async (count) => {
  const dimension = 601;
  for (const distance of ['Cosine', 'Euclid', 'Manhattan'] as const) {
    const { index } = await create({ dimension, distance });
    const vectors = uniformVectors(count, dimension, 1);
    await index.add(range(count), vectors);
    const query = uniformVectors(1, dimension, 2);
    const random = seededRandom(3);
    const list = Uint32Array.from({ length: count }, () => Math.floor(random() * count));
    const scores = await index.compare(query, list);
    expect(scores).toHaveLength(count);
    for (let i = 0; i < count; i += Math.ceil(count / 50)) {
      const row = vectors.subarray(list[i]! * dimension, (list[i]! + 1) * dimension);
      expect(scores[i]).toBeCloseTo(oracleScore(distance, query, row), 3);
    }
    const hits = index.search(query, 10, { exact: true });
    expect(await index.compare(query, hits.rows)).toEqual(hits.scores);
    expect(await index.compare(query, new Uint32Array(0))).toHaveLength(0);
    await expect(index.compare(query, Uint32Array.of(0, count))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  }
});

test('searches in threads stay right while rows come, move and go', async () => {
  const dimension = 32;
  const harness = await create({ dimension });
  const { index } = harness;
  const vectors = uniformVectors(4000, dimension, 1);
  const kept = range(2000);
  await index.add(kept, vectors.subarray(0, 2000 * dimension));
  const filter = Bitset.of(kept);
  let writing = true;
  const writer = async () => {
    const random = seededRandom(7);
    for (let round = 0; round < 120; round++) {
      const rows = range(20).map(() => 2000 + Math.floor(random() * 2000));
      const some = [...new Set(rows)];
      const values = uniformVectors(some.length, dimension, round);
      if (round % 3 === 2) await index.remove(some);
      else await index.add(some, values);
      // Now and then further out, so that the index's memory reaches further.
      if (round % 10 === 0) await index.add([4000 + round * 400], values.subarray(0, dimension));
    }
    writing = false;
  };
  const reader = async (seed: number) => {
    const random = seededRandom(seed);
    for (let n = 0; writing || n < 20; n++) {
      const row = Math.floor(random() * 2000);
      const query = vectors.slice(row * dimension, (row + 1) * dimension);
      const options = [{ filter }, { filter, exact: true }, { filter, ef: 400 }][n % 3]!;
      const [one] = await index.searchBatch(query, 10, options);
      expect(one!.rows[0]).toBe(row);
      expect(one!.rows.every((found) => filter.has(found))).toBe(true);
      expect(new Set(one!.rows).size).toBe(10);
      const scores = await index.compare(query, one!.rows);
      expect(scores).toEqual(one!.scores);
    }
  };
  await Promise.all([writer(), reader(1), reader(2), reader(3)]);
  await index.settled();
  expect(verifyGraph(harness.rows)).toMatchObject({ faults: [], unreachable: 0 });
}, 60_000);

test('while somebody searches, rows are added no faster than they are linked', async () => {
  const dimension = 1024;
  const { index } = await create({ dimension, m: 4 });
  const most = (8 * 2 ** 20) / (dimension * 4);
  let waiting = 0;
  for (let from = 0; from < 2.5 * most; from += 256) {
    await index.add(range(256, from), uniformVectors(256, dimension, from));
    index.search(new Float32Array(dimension).fill(1), 1);
    waiting = Math.max(waiting, index.size - index.stats().linked);
  }
  expect(waiting).toBeGreaterThan(most / 2);
  expect(waiting).toBeLessThanOrEqual(most + 256);
}, 60_000);
