import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { clusteredVectors, range, seededRandom } from '../../index/testing.js';
import { verify } from '../maintenance/verify.js';
import { open } from '../open.js';
import type { Collection, Store } from '../types.js';

/** `npm run soak` asks for more. */
const ROUNDS = process.env.FLETCH_FAULTS === 'all' ? 1000 : 200;
const dimension = 16;
let path: string;
let store: Store;

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'fletch-deletes-'));
  store = await open(path, { threads: 1 });
});

afterEach(async () => {
  await store.close();
  await rm(path, { recursive: true, force: true });
});

const create = (name: string) =>
  store.createCollection(name, { vectors: { size: dimension, distance: 'Euclid' } });
const cut = (vectors: Float32Array, i: number) =>
  Array.from(vectors.subarray(i * dimension, (i + 1) * dimension));

async function fill(collection: Collection, vectors: Float32Array, ids: readonly number[]): Promise<void> {
  for (let from = 0; from < ids.length; from += 1000)
    await collection.upsert(ids.slice(from, from + 1000).map((id) => ({ id, vector: cut(vectors, id) })));
  await collection.settled();
}

/** Share of the ten nearest points that a walk with a small ef finds. */
async function recall(collection: Collection, queries: Float32Array): Promise<number> {
  let found = 0;
  const count = queries.length / dimension;
  for (let i = 0; i < count; i++) {
    const request = { query: cut(queries, i), limit: 10 };
    const exact = await collection.query({ ...request, params: { exact: true } });
    const hits = await collection.query({ ...request, params: { hnsw_ef: 16 } });
    const right = new Set(exact.map(({ id }) => id));
    found += hits.filter(({ id }) => right.has(id)).length;
  }
  return found / (10 * count);
}

async function fileSize(): Promise<number> {
  const [entry] = await readdir(join(path, 'collections'));
  return (await stat(join(path, 'collections', entry!, 'data.mdb'))).size;
}

test('once nine of ten points are deleted, the rest are found as well as in a fresh collection', async () => {
  const count = 10_000;
  const vectors = clusteredVectors(count, dimension, 1);
  const queries = clusteredVectors(100, dimension, 2);
  const thinned = await create('thinned');
  await fill(thinned, vectors, range(count));
  const kept = range(count).filter((id) => id % 10 === 0);
  await thinned.delete({ points: range(count).filter((id) => id % 10 !== 0) });
  await thinned.settled();
  const fresh = await create('fresh');
  await fill(fresh, vectors, kept);
  const baseline = await recall(fresh, queries);
  expect(await thinned.count()).toBe(kept.length);
  expect(await recall(thinned, queries)).toBeGreaterThanOrEqual(baseline - 0.01);
  await store.close();
  store = await open(path, { threads: 1 });
  expect(await recall(store.collection('thinned'), queries)).toBeGreaterThanOrEqual(baseline - 0.01);
}, 60_000);

test('once all points are deleted nothing is found, and new ones are', async () => {
  const collection = await create('emptied');
  await fill(collection, clusteredVectors(2000, dimension, 1), range(2000));
  await collection.delete({ filter: {} });
  const query = Array(dimension).fill(0);
  expect(await collection.count()).toBe(0);
  expect(await collection.query({ query, limit: 10 })).toEqual([]);
  expect((await collection.scroll()).points).toEqual([]);
  await collection.upsert([{ id: 5, vector: query }]);
  expect((await collection.query({ query, limit: 10 })).map(({ id }) => id)).toEqual([5]);
});

test(`${ROUNDS} rounds of deleting and inserting leave every point reachable, recall as it was, the file bounded`, async () => {
  const [count, batch] = [2000, 100];
  const collection = await create('turning');
  const first = clusteredVectors(count, dimension, 1);
  const later = clusteredVectors(count, dimension, 7);
  const queries = clusteredVectors(50, dimension, 2);
  await fill(collection, first, range(count));
  const baseline = await recall(collection, queries);
  const random = seededRandom(3);
  let early = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const from = Math.floor(random() * (count - batch));
    const ids = range(batch, from);
    await collection.delete({ points: ids });
    expect(await collection.count()).toBe(count - batch);
    const source = round % 2 === 0 ? later : first;
    await collection.upsert(ids.map((id) => ({ id, vector: cut(source, id) })));
    if (round === ROUNDS / 10) early = await fileSize();
  }
  await collection.settled();
  const all = await collection.query({ query: Array(dimension).fill(0), limit: count });
  expect(new Set(all.map(({ id }) => id)).size).toBe(count);
  expect(await recall(collection, queries)).toBeGreaterThanOrEqual(baseline - 0.03);
  expect(await fileSize()).toBeLessThan(3 * early);
  await store.close();
  expect((await verify(path)).problems).toEqual([]);
  store = await open(path, { threads: 1 });
  expect(await store.collection('turning').count()).toBe(count);
}, 300_000);
