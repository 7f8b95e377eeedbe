import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { range, uniformVectors } from '../index/testing.js';
import { ENCODED_FROM } from '../space/encodings.js';
import type { PointId } from '../types/index.js';
import { verify } from './maintenance/index.js';
import { open } from './open.js';
import type { Collection, Store } from './types.js';

// Collections of so many points that MaxSim goes through encodings: what becomes of these.
const SIZE = 4;
const COUNT = ENCODED_FROM + 400;

let made: string;
let home: string;
let stores: Store[] = [];
const warnings: string[] = [];

beforeAll(async () => {
  made = await mkdtemp(join(tmpdir(), 'fletch-encoded-'));
  home = made;
  const store = await openStore();
  await fill(store);
  await store.close();
}, 120_000);
afterAll(() => rm(made, { recursive: true, force: true }));

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'fletch-encodings-'));
  stores = [];
  warnings.length = 0;
  await cp(join(made, 'store'), join(home, 'store'), { recursive: true });
});
afterEach(async () => {
  for (const store of stores) await store.close();
  await rm(home, { recursive: true, force: true });
});

async function openStore(name = 'store'): Promise<Store> {
  const store = await open(join(home, name), {
    threads: 1,
    onWarning: ({ message }) => warnings.push(message),
  });
  stores.push(store);
  return store;
}

const tokens = (seed: number, count = 2): number[][] =>
  range(count).map((i) => [...uniformVectors(1, SIZE, seed * 10 + i)]);

async function fill(store: Store): Promise<Collection> {
  const collection = await store.createCollection('c', {
    vectors: {
      size: SIZE,
      distance: 'Cosine',
      multivector_config: { comparator: 'max_sim', encodings: true },
    },
  });
  for (let at = 0; at < COUNT; at += 512)
    await collection.upsert(
      range(Math.min(512, COUNT - at), at).map((id) => ({
        id,
        vector: tokens(id, 1 + (id % 3)),
        payload: { even: id % 2 === 0 },
      })),
    );
  return collection;
}

/** Of ten queries the shares of the exact best five that are found, and that exact answers have no removed points. */
async function recall(collection: Collection, gone: readonly PointId[] = []): Promise<number> {
  let found = 0;
  for (let i = 0; i < 10; i++) {
    const request = { query: tokens(50_000 + i, 3), limit: 5 };
    const exact = await collection.query({ ...request, params: { exact: true } });
    const hits = await collection.query(request);
    expect(hits.length).toBe(5);
    for (const { id } of [...exact, ...hits]) expect(gone).not.toContain(id);
    const ids = exact.map(({ id }) => id);
    found += hits.filter(({ id }) => ids.includes(id)).length / 50;
  }
  return found;
}

/** The folder of the one collection of a store. */
async function folderOf(name = 'store'): Promise<string> {
  const [uuid] = await readdir(join(home, name, 'collections'));
  return join(home, name, 'collections', uuid!);
}

test('points added, replaced and removed are found or not, with and without a filter', async () => {
  const collection = (await openStore()).collection('c');
  expect(await recall(collection)).toBeGreaterThan(0.9);
  await collection.upsert([{ id: 7, vector: tokens(777_777) }]);
  const [best] = await collection.query({ query: tokens(777_777), limit: 1 });
  expect(best).toMatchObject({ id: 7, score: expect.closeTo(2, 5) });
  const gone = range(200, 100);
  await collection.delete({ points: gone });
  expect(await recall(collection, gone)).toBeGreaterThan(0.9);
  const filter = { must: [{ key: 'even', match: { value: true } }] };
  const request = { query: tokens(60_000, 3), limit: 20, filter };
  const hits = await collection.query(request);
  const exact = await collection.query({ ...request, params: { exact: true } });
  expect(hits.every(({ id }) => Number(id) % 2 === 0)).toBe(true);
  expect(hits.filter(({ id }) => exact.some((one) => one.id === id)).length).toBeGreaterThan(17);
});

// Threads that link stand back: on a busy machine it takes its time.
test('are saved with the tokens, and are the same map after opening again', {
  timeout: 120_000,
}, async () => {
  const store = await openStore();
  const collection = store.collection('c');
  await collection.settled();
  const request = { query: tokens(60_000, 3), limit: 20 };
  const before = await collection.query(request);
  await store.close();
  expect((await readdir(await folderOf())).filter((name) => name.startsWith('index-'))).toEqual([
    'index-0-encodings.snapshot',
    'index-0.snapshot',
  ]);
  const again = (await openStore()).collection('c');
  await again.settled();
  expect(again.info()).toMatchObject({ status: 'green', indexed_vectors_count: COUNT });
  expect(await again.query(request)).toEqual(before);
  await again.delete({ points: range(50) });
  expect(await recall(again, range(50))).toBeGreaterThan(0.9);
  expect(warnings).toEqual([]);
});

test('a filter that matches nothing, or a token with NaN', async () => {
  const collection = (await openStore()).collection('c');
  const request = { query: tokens(60_000, 3), limit: 20, filter: { must: [{ has_id: [COUNT] }] } };
  expect(await collection.query(request)).toEqual([]);
  const bad = [...tokens(1), [1, Number.NaN, 0, 1]];
  await expect(collection.upsert([{ id: COUNT, vector: bad }])).rejects.toMatchObject({ code: 'NON_FINITE' });
  expect(await collection.retrieve([COUNT])).toEqual([]);
});

test('points that are all alike, and queries that are not', async () => {
  const store = await openStore();
  const collection = await store.createCollection('alike', {
    vectors: {
      size: SIZE,
      distance: 'Dot',
      multivector_config: { comparator: 'max_sim', encodings: true },
    },
  });
  for (let at = 0; at < ENCODED_FROM; at += 512)
    await collection.upsert(range(512, at).map((id) => ({ id, vector: [[1, 2, 0, 0]] })));
  const hits = await collection.query({ query: [[0, 1, 5, -5]], limit: 3 });
  expect(hits.map(({ score }) => score)).toEqual([2, 2, 2]);
}, 120_000);

test('are caught up when the store was left as by a crash', async () => {
  const store = await openStore();
  const collection = store.collection('c');
  await collection.settled();
  const gone = range(100);
  await collection.delete({ points: gone });
  await collection.upsert([{ id: 7, vector: tokens(777_777) }]);
  const filter = (file: string) => basename(file) !== 'lock';
  await cp(join(home, 'store'), join(home, 'crashed'), { recursive: true, filter });
  const crashed = (await openStore('crashed')).collection('c');
  await crashed.settled();
  const [best] = await crashed.query({ query: tokens(777_777), limit: 1 });
  expect(best).toMatchObject({ id: 7, score: expect.closeTo(2, 5) });
  expect(
    await recall(
      crashed,
      gone.filter((id) => id !== 7),
    ),
  ).toBeGreaterThan(0.9);
  expect(warnings).toEqual([]);
}, 120_000);

test.each<[string, (path: string) => Promise<void>]>([
  ['missing', (path) => rm(path)],
  ['cut off', async (path) => writeFile(path, (await readFile(path)).subarray(0, 5000))],
  [
    'damaged',
    async (path) => {
      const bytes = await readFile(path);
      bytes[bytes.length >> 1]! ^= 0x55;
      await writeFile(path, bytes);
    },
  ],
])('encodings whose file is %s are made again', async (_, harm) => {
  await harm(join(await folderOf(), 'index-0-encodings.snapshot'));
  expect(await recall((await openStore()).collection('c'))).toBeGreaterThan(0.9);
});

test('encodings of another write than the tokens’ are made again', async () => {
  const file = join(await folderOf(), 'index-0-encodings.snapshot');
  const old = await readFile(file);
  const second = await openStore();
  await second.collection('c').delete({ points: range(300) });
  await second.collection('c').upsert(range(300, 90_000).map((id) => ({ id, vector: tokens(id) })));
  await second.close();
  await writeFile(file, old);
  const third = (await openStore()).collection('c');
  expect(await recall(third, range(300))).toBeGreaterThan(0.9);
  const [best] = await third.query({ query: tokens(90_100), limit: 1 });
  expect(best!.id).toBe(90_100);
});

test('what was written after the last snapshot is there after a crash', async () => {
  const second = await openStore();
  const collection = second.collection('c');
  await collection.delete({ points: range(100, 1000) });
  await collection.upsert(range(20, 80_000).map((id) => ({ id, vector: tokens(id) })));
  // The files as they are now, without the snapshot that closing saves.
  await cp(join(home, 'store'), join(home, 'crashed'), {
    recursive: true,
    filter: (path) => basename(path) !== 'lock' && basename(path) !== 'lock.mdb',
  });
  const crashed = (await openStore('crashed')).collection('c');
  expect(await crashed.count({ exact: true })).toBe(COUNT - 80);
  expect(await recall(crashed, range(100, 1000))).toBeGreaterThan(0.9);
  const [best] = await crashed.query({ query: tokens(80_005), limit: 1 });
  expect(best!.id).toBe(80_005);
});

test('are no trouble to verification, and go with their vector', async () => {
  const store = await openStore();
  const collection = store.collection('c');
  await collection.createVectorName('other', { dense: { size: 1, distance: 'Dot' } });
  await store.close();
  expect((await verify(join(home, 'store'))).problems).toEqual([]);
  const again = (await openStore()).collection('c');
  await again.deleteVectorName('');
  expect((await readdir(await folderOf())).filter((name) => /^index-0/.test(name))).toEqual([]);
});

test('are told again, and refused where MaxSim is no sum of dot products', async () => {
  const store = await openStore();
  const multivector_config = { comparator: 'max_sim', encodings: true } as const;
  expect(store.collection('c').info().config.params.vectors).toMatchObject({ multivector_config });
  for (const distance of ['Euclid', 'Manhattan'] as const)
    await expect(
      store.createCollection('d', { vectors: { size: 2, distance, multivector_config } }),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('Cosine or Dot') });
  await expect(
    store.createCollection('d', {
      vectors: {
        size: 2,
        distance: 'Dot',
        multivector_config: { ...multivector_config, encodings: 5 as never },
      },
    }),
  ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
});

test('a collection without them keeps its graph of tokens', async () => {
  const store = await openStore();
  const collection = await store.createCollection('plain', {
    vectors: { size: SIZE, distance: 'Cosine', multivector_config: { comparator: 'max_sim' } },
  });
  await collection.upsert(range(2100).map((id) => ({ id, vector: tokens(id) })));
  await store.close();
  const files = await readdir(join(home, 'store', 'collections'), { recursive: true });
  expect(files.filter((file) => file.includes('encodings'))).toHaveLength(1);
});
