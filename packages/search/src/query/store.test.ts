import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { open } from '../store/open.js';
import type { Collection, Store } from '../store/types.js';
import { ids, scored } from './memory.case.js';

// Queries over a real store: its indexes, columns, schema, and its other collections.
let folder: string;
let store: Store;
let songs: Collection;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fletch-query-'));
  store = await open(folder, { threads: 1 });
  songs = await store.createCollection('songs', {
    vectors: { sound: { size: 2, distance: 'Cosine' }, words: { size: 2, distance: 'Euclid' } },
  });
  const artists = await store.createCollection('artists', {
    vectors: { sound: { size: 2, distance: 'Dot' } },
  });
  await artists.upsert([
    { id: 1, vector: { sound: [0, 5] }, payload: { name: 'Ann' } },
    { id: 2, vector: { sound: [5, 0] }, payload: { name: 'Bob' } },
  ]);
  await songs.upsert(
    [
      { sound: [1, 0], words: [0, 0], artist: 1, year: 1999, out: '1999-05-01' },
      { sound: [1, 1], words: [3, 4], artist: [1, 2], year: 2005, out: '2005-05-01T12:00:00Z' },
      { sound: [0, 1], words: [6, 8], artist: 2, year: 1980, out: '1980-01-01' },
      { sound: [-1, 0], words: [0, 1], artist: 3, year: 2020, out: null },
    ].map(({ sound, words, ...payload }, i) => ({ id: i + 1, vector: { sound, words }, payload })),
  );
  await songs.createPayloadIndex('year', 'integer');
  await songs.createPayloadIndex('out', 'datetime');
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

it('compares with several examples under each distance', async () => {
  const bySound = { recommend: { positive: [1], negative: [4], strategy: 'sum_scores' as const } };
  // cos with (1, 0), less cos with (−1, 0).
  expect(scored(await songs.query({ query: bySound, using: 'sound' }))).toEqual([
    [2, Number(Math.SQRT2.toFixed(5))],
    [3, 0],
  ]);
  const byWords = { context: [{ positive: [6, 8], negative: [0, 0] }] };
  const [best, ...others] = await songs.query({ query: byWords, using: 'words' });
  expect([best!.id, best!.score]).toEqual([3, 0]);
  // (3, 4) lies between both: no nearer to the positive one than it should be by a hair.
  expect(others[0]!.id).toBe(2);
  expect(others[0]!.score).toBeCloseTo(0, 6);
  expect(others[0]!.score).toBeLessThan(0);
});

it('fuses, and rescores by a formula', async () => {
  const prefetch = [
    { query: [1, 0], using: 'sound', limit: 2 },
    { query: [0, 0], using: 'words', limit: 2 },
  ];
  expect(scored(await songs.query({ prefetch, query: { fusion: 'rrf' } }))).toEqual([
    [1, 1],
    [2, 0.33333],
    [4, 0.33333],
  ]);
  const formula = { sum: [{ mult: ['$score', 10] }, { div: { left: 'year', right: 1000 } }] };
  expect(scored(await songs.query({ prefetch, query: { formula } }), 3)).toEqual([
    [1, 11.999],
    [2, 9.076],
    [4, 2.02],
  ]);
});

it('orders by declared indexes', async () => {
  const { points } = await songs.scroll({ order_by: { key: 'year', direction: 'desc', start_from: 2010 } });
  expect(points.map(({ id, order_value }) => [id, order_value])).toEqual([
    [2, 2005],
    [1, 1999],
    [3, 1980],
  ]);
  const byDate = await songs.query({ query: { order_by: { key: 'out', start_from: '1990-01-01' } } });
  expect(ids(byDate)).toEqual([1, 2]);
  await songs.deletePayloadIndex('out');
  await expect(songs.query({ query: { order_by: 'out' } })).rejects.toThrow('No range index for `order_by`');
  await songs.createPayloadIndex('out', 'datetime');
});

it('looks things up in other collections', async () => {
  const lookup_from = { collection: 'artists' };
  expect(ids(await songs.query({ query: 1, using: 'sound', lookup_from, limit: 2 }))).toEqual([3, 2]);
  const { groups } = await songs.queryGroups({
    query: [0, 0],
    using: 'words',
    group_by: 'artist',
    with_lookup: { collection: 'artists', with_payload: ['name'] },
  });
  expect(groups.map(({ id, hits, lookup }) => [id, ids(hits), lookup?.payload])).toEqual([
    [1, [1, 2], { name: 'Ann' }],
    [3, [4], undefined],
    [2, [2, 3], { name: 'Bob' }],
  ]);
  await expect(
    songs.query({ query: 1, using: 'sound', lookup_from: { collection: 'none' } }),
  ).rejects.toThrow('Collection none not found');
});

it('answers batches and the matrix, and refuses all of it once closed', async () => {
  const [first, second] = await songs.queryBatch([{ limit: 1 }, { query: [1, 0], using: 'sound', limit: 1 }]);
  expect([ids(first!), ids(second!)]).toEqual([[1], [1]]);
  const { pairs } = await songs.searchMatrixPairs({ using: 'words', limit: 1 });
  expect(pairs).toEqual([
    { a: 1, b: 4, score: 1 },
    { a: 2, b: 4, score: expect.closeTo(Math.hypot(3, 3), 5) },
    { a: 3, b: 2, score: 5 },
    { a: 4, b: 1, score: 1 },
  ]);
  await expect(songs.searchMatrixOffsets({ using: 'wrong' })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
  });
  const gone = await store.createCollection('gone', { vectors: { size: 1, distance: 'Dot' } });
  await store.deleteCollection('gone');
  for (const read of [
    () => gone.query({}),
    () => gone.count(),
    () => gone.scroll(),
    () => gone.queryBatch([]),
  ])
    await expect(read()).rejects.toMatchObject({ code: 'CLOSED' });
});

it('returns vectors by name, unless there is but the unnamed one', async () => {
  const [hit] = await songs.query({ query: [1, 0], using: 'sound', limit: 1, with_vector: ['words'] });
  expect(hit!.vector).toEqual({ words: [0, 0] });
});
