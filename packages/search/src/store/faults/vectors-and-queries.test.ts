import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clusteredVectors, range } from '../../index/testing.js';
import type { PointStruct } from '../../types/index.js';
import { open } from '../open.js';
import type { Collection, Store } from '../types.js';

const distances = ['Cosine', 'Dot', 'Euclid', 'Manhattan'] as const;
const coded = (code: string, message = '') =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });
let path: string;
let store: Store;
let names = 0;

beforeAll(async () => {
  path = await mkdtemp(join(tmpdir(), 'fletch-numbers-'));
  store = await open(path, { threads: 1 });
});

afterAll(async () => {
  await store.close();
  await rm(path, { recursive: true, force: true });
});

const create = (distance: (typeof distances)[number], size = 2): Promise<Collection> =>
  store.createCollection(`c${names++}`, { vectors: { size, distance } });

describe.each(distances)('%s', (distance) => {
  const largest = 3.4028234663852886e38;
  const extreme: PointStruct[] = [
    { id: 1, vector: [1e38, 1e38] },
    { id: 2, vector: [-largest, largest] },
    { id: 3, vector: [1e-40, -0] },
    { id: 4, vector: [2 ** -149, 2 ** -149] },
    { id: 5, vector: [1, 1] },
  ];

  test('gives finite scores for vectors near the ends of the number range, in order, also after reopening', async () => {
    const { name } = await create(distance);
    await store.collection(name).upsert(extreme);
    for (let round = 0; round < 2; round++) {
      for (const query of [
        [largest, -largest],
        [1e38, 1],
        [1e-40, 0],
        [2 ** -149, -0],
      ]) {
        const hits = await store.collection(name).query({ query, limit: 10 });
        const scores = hits.map(({ score }) => score);
        expect(hits.map(({ id }) => id).sort(), `${query}`).toEqual([1, 2, 3, 4, 5]);
        expect(scores.filter((score) => !Number.isFinite(score))).toEqual([]);
        // The squares of such distances are beyond 32 bits: they tie, and are told exactly.
        if (distance === 'Euclid') continue;
        const best = distance === 'Cosine' || distance === 'Dot' ? -1 : 1;
        expect(scores).toEqual([...scores].sort((a, b) => best * (a - b)));
      }
      if (round > 0) break;
      await store.close();
      store = await open(path, { threads: 1 });
    }
  });

  test('keeps what was written, bit for bit, but for the length under Cosine', async () => {
    const collection = await create(distance);
    await collection.upsert(extreme);
    for (const { id, vector } of collection.retrieve([1, 2, 3, 4, 5], { with_vector: true })) {
      const given = extreme.find((point) => point.id === id)!.vector as number[];
      if (distance !== 'Cosine') expect(vector).toEqual(given.map(Math.fround));
      else expect(Math.hypot(...(vector as number[]))).toBeCloseTo(1, 6);
    }
  });

  test('of nothing, of one point and of points all alike is defined, in order of ids', async () => {
    const collection = await create(distance);
    expect(await collection.query({ query: [1, 2], limit: 5 })).toEqual([]);
    await collection.upsert([{ id: 30, vector: [1, 1] }]);
    expect((await collection.query({ query: [1, 2], limit: 5 })).map(({ id }) => id)).toEqual([30]);
    const ids = range(50).filter((id) => id !== 30);
    await collection.upsert(ids.map((id) => ({ id, vector: [1, 1] })));
    const hits = await collection.query({ query: [1, 2], limit: 100 });
    expect(hits).toHaveLength(50);
    expect(new Set(hits.map(({ score }) => score)).size).toBe(1);
    expect(await collection.query({ query: [1, 2], limit: 100 })).toEqual(hits);
    // Fewer hits are the first of more.
    expect(await collection.query({ query: [1, 2], limit: 7 })).toEqual(hits.slice(0, 7));
  });
});

describe('bounds', () => {
  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1_000_001, 2 ** 53, '5'])(
    'no limit and no ef is %j',
    async (value) => {
      const collection = await create('Dot');
      await collection.upsert([{ id: 1, vector: [1, 2] }]);
      const limited = collection.query({ query: [1, 2], limit: value as number });
      await expect(limited).rejects.toThrow(coded('INVALID_ARGUMENT', 'limit'));
      const walked = collection.query({ query: [1, 2], params: { hnsw_ef: value as number } });
      await expect(walked).rejects.toThrow(coded('INVALID_ARGUMENT', 'params.hnsw_ef'));
    },
  );

  test('more hits than there are points are all of them; an ef below the limit is raised to it', async () => {
    const collection = await create('Euclid');
    const count = 3000;
    const vectors = clusteredVectors(count, 2, 1);
    await collection.upsert(
      range(count).map((id) => ({ id, vector: [vectors[2 * id]!, vectors[2 * id + 1]!] })),
    );
    await collection.settled();
    expect(await collection.query({ query: [1, 2], limit: 1_000_000 })).toHaveLength(count);
    for (const hnsw_ef of [1, 10, 1_000_000])
      expect(await collection.query({ query: [1, 2], limit: 500, params: { hnsw_ef } })).toHaveLength(500);
  });

  test('a point has from one token to as many as fit', async () => {
    const { name } = await store.createCollection(`c${names++}`, {
      vectors: { size: 2, distance: 'Dot', multivector_config: { comparator: 'max_sim' } },
    });
    const collection = store.collection(name);
    const tokens = (count: number) => Array.from({ length: count }, (_, i) => [i % 7, 1]);
    await expect(collection.upsert([{ id: 1, vector: tokens(0) }])).rejects.toThrow(
      coded('INVALID_ARGUMENT', 'at least one vector'),
    );
    await expect(collection.upsert([{ id: 1, vector: tokens(2 ** 20) }])).rejects.toThrow(
      coded('INVALID_ARGUMENT', 'too many for one point'),
    );
    await expect(collection.query({ query: [] as never })).rejects.toThrow(coded('INVALID_ARGUMENT'));
    await collection.upsert([
      { id: 1, vector: tokens(1) },
      { id: 2, vector: tokens(100_000) },
    ]);
    const hits = await collection.query({ query: [[1, 0]] });
    expect(hits.map(({ id, score }) => [id, score])).toEqual([
      [2, 6],
      [1, 0],
    ]);
    // So many tokens take a while to link, which nobody waits for.
    await store.deleteCollection(name);
  });
});

describe('filters', () => {
  test('however many points pass, so many are found, and the right ones', async () => {
    const [count, dimension, limit] = [5000, 8, 10];
    const collection = await create('Euclid', dimension);
    const vectors = clusteredVectors(count, dimension, 1);
    const vector = (row: number) => Array.from(vectors.subarray(row * dimension, (row + 1) * dimension));
    await collection.upsert(range(count).map((id) => ({ id, vector: vector(id), payload: { at: id } })));
    await collection.settled();
    for (const passing of [0, 1, limit - 1, count * 0.001, count * 0.5, count]) {
      const filter = { must: [{ key: 'at', range: { lt: passing } }] };
      let found = 0;
      for (const query of [3, 77, 4321].map(vector)) {
        const hits = await collection.query({ query, limit, filter });
        const exact = await collection.query({ query, limit, filter, params: { exact: true } });
        expect(hits).toHaveLength(Math.min(limit, passing));
        expect(hits.filter(({ id }) => Number(id) >= passing)).toEqual([]);
        const right = new Set(exact.map(({ id }) => id));
        found += hits.filter(({ id }) => right.has(id)).length;
      }
      if (passing > 0) expect(found / (3 * Math.min(limit, passing))).toBeGreaterThanOrEqual(0.95);
    }
  });

  test('on fields that nobody has match nothing; too deep ones are refused; long lists take bounded time', async () => {
    const collection = await create('Dot');
    await collection.upsert(
      range(100).map((id) => ({ id, vector: [1, id + 1], payload: { a: id, b: `${id}` } })),
    );
    const count = (filter: object) => collection.count({ filter });
    expect(await count({ must: [{ key: 'nobody', match: { value: 1 } }] })).toBe(0);
    expect(await count({ must_not: [{ key: 'nobody', match: { value: 1 } }] })).toBe(100);
    expect(await count({ must: [{ key: 'a', match: { value: '7' } }] })).toBe(0);
    const [a, b] = [
      { key: 'a', range: { lt: 50 } },
      { key: 'b', match: { any: ['1', '2', '77'] } },
    ];
    expect([await count({ must: [a, b] }), await count({ must: [b, a] })]).toEqual([2, 2]);
    let deep: object = a;
    for (let level = 0; level < 10_000; level++) deep = { must: [deep] };
    await expect(count(deep)).rejects.toThrow(coded('INVALID_FILTER'));
    const began = performance.now();
    expect(await count({ must: [{ key: 'a', match: { any: range(100_000, 50) } }] })).toBe(50);
    expect(performance.now() - began).toBeLessThan(2000);
  });
});
