import type { Store } from '@fletch/search';
import { QdrantClient } from '@qdrant/js-client-rest';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type RunningServer, serve } from './serve.js';
import { openTestStore, POINTS, testEncoders, UUID } from './testing/setup.case.js';

// The official client, unmodified, over a socket.
let store: Store;
let server: RunningServer;
let client: QdrantClient;

beforeAll(async () => {
  store = await openTestStore();
  server = await serve({ store, port: 0, encoders: testEncoders() });
  const warn = vi.spyOn(console, 'warn');
  client = new QdrantClient({ url: server.url });
  await client.versionInfo();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(warn).not.toHaveBeenCalled();
  await client.createCollection('cities', {
    vectors: { size: 4, distance: 'Cosine' },
    metadata: { fletch: { encoder: 'words' } },
  });
  await client.upsert('cities', { points: POINTS });
});
afterAll(async () => {
  await server.close();
  await store.close();
});

const ids = (points: { id: number | string }[]) => points.map(({ id }) => id);

describe('the official client', () => {
  it('reads the version', async () => {
    expect(await client.versionInfo()).toMatchObject({ version: expect.stringMatching(/^1\.19\./) });
  });

  it('creates, finds, changes and deletes collections', async () => {
    expect(await client.createCollection('spare', { vectors: { size: 2, distance: 'Dot' } })).toBe(true);
    expect(await client.collectionExists('spare')).toEqual({ exists: true });
    expect((await client.getCollections()).collections).toContainEqual({ name: 'spare' });
    const info = await client.getCollection('spare');
    expect(info.config.params.vectors).toMatchObject({ size: 2, distance: 'Dot' });
    expect(info.points_count).toBe(0);
    expect(await client.updateCollection('spare', { metadata: { owner: 'me' } })).toBe(true);
    expect((await client.getCollection('spare')).config.metadata).toEqual({ owner: 'me' });
    expect(await client.deleteCollection('spare')).toBe(true);
    expect(await client.collectionExists('spare')).toEqual({ exists: false });
    expect(await client.recreateCollection('spare', { vectors: { size: 3, distance: 'Dot' } })).toBe(true);
    await client.deleteCollection('spare');
  });

  it('upserts rows and columns, retrieves and deletes', async () => {
    await client.createCollection('rows', { vectors: { size: 2, distance: 'Dot' } });
    const receipt = await client.upsert('rows', {
      wait: true,
      ordering: 'strong',
      points: [{ id: 1, vector: [1, 2], payload: { a: 1 } }],
    });
    expect(receipt).toMatchObject({ status: 'completed', operation_id: expect.any(Number) });
    await client.upsert('rows', {
      batch: {
        ids: [2, UUID],
        vectors: [
          [3, 4],
          [5, 6],
        ],
        payloads: [{ a: 2 }, null],
      },
    });
    const found = await client.retrieve('rows', { ids: [1, 2, UUID, 99], with_vector: true });
    expect(found).toHaveLength(3);
    expect(found.find(({ id }) => id === 2)).toMatchObject({ payload: { a: 2 }, vector: [3, 4] });
    expect((await client.api().getPoint({ collection_name: 'rows', id: 1 })).data.result).toMatchObject({
      id: 1,
      payload: { a: 1 },
      vector: [1, 2],
    });
    await client.delete('rows', { points: [1] });
    await client.delete('rows', { filter: { must: [{ key: 'a', match: { value: 2 } }] } });
    expect(await client.count('rows')).toEqual({ count: 1 });
    await client.deleteCollection('rows');
  });

  it('upserts, updates, selects and removes vectors of every kind', async () => {
    await client.createCollection('kinds', {
      vectors: {
        image: { size: 2, distance: 'Dot' },
        tokens: { size: 2, distance: 'Dot', multivector_config: { comparator: 'max_sim' } },
      },
      sparse_vectors: { words: { modifier: 'idf' } },
    });
    const words = { indices: [3, 70_000], values: [1, 2] };
    const tokens = [
      [1, 0],
      [0, 1],
    ];
    await client.upsert('kinds', {
      points: [
        { id: 1, vector: { image: [1, 2], tokens, words }, payload: { n: 1 } },
        { id: 2, vector: { image: [3, 4] } },
        { id: 3, vector: {} },
      ],
    });
    await client.upsert('kinds', {
      batch: {
        ids: [4, 5],
        vectors: { words: [words, { indices: [3], values: [9] }], tokens: [tokens, [[5, 5]]] },
      },
    });
    const vectorsOf = async (id: number, with_vector: boolean | string[] = true) =>
      (await client.retrieve('kinds', { ids: [id], with_vector }))[0]?.vector;
    expect(await vectorsOf(1)).toEqual({ image: [1, 2], tokens, words });
    expect(await vectorsOf(1, ['words', 'image'])).toEqual({ image: [1, 2], words });
    expect(await vectorsOf(3)).toEqual({});
    const { points } = await client.scroll('kinds', { offset: 4, with_vector: ['tokens'] });
    expect(points.map(({ vector }) => vector)).toEqual([{ tokens }, { tokens: [[5, 5]] }]);
    expect(
      ids((await client.query('kinds', { query: { indices: [3], values: [1] }, using: 'words' })).points),
    ).toEqual([5, 1, 4]);
    expect(ids((await client.query('kinds', { query: [[1, 1]], using: 'tokens', limit: 1 })).points)).toEqual(
      [5],
    );

    await client.updateVectors('kinds', { points: [{ id: 2, vector: { words } }] });
    expect(await vectorsOf(2)).toEqual({ image: [3, 4], words });
    await expect(client.updateVectors('kinds', { points: [{ id: 99, vector: { words } }] })).rejects.toThrow(
      'Not Found',
    );
    await client.deleteVectors('kinds', { points: [2], vector: ['image'] });
    expect(await vectorsOf(2)).toEqual({ words });

    const answers = await client.batchUpdate('kinds', {
      operations: [
        { upsert: { points: [{ id: 6, vector: { image: [6, 6] } }], update_mode: 'insert_only' } },
        { update_vectors: { points: [{ id: 6, vector: { words } }] } },
        { delete_vectors: { points: [1], vector: ['tokens'] } },
        { set_payload: { payload: { seen: true }, points: [6] } },
        { delete: { points: [5] } },
      ],
    });
    expect(answers.map(({ status }) => status)).toEqual(Array(5).fill('completed'));
    expect(await vectorsOf(6)).toEqual({ image: [6, 6], words });
    expect(await vectorsOf(1)).toEqual({ image: [1, 2], words });

    await client.createVectorName('kinds', 'extra', { dense: { size: 1, distance: 'Euclid' } });
    await client.updateVectors('kinds', { points: [{ id: 3, vector: { extra: [7] } }] });
    expect(await vectorsOf(3)).toEqual({ extra: [7] });
    await client.deleteVectorName('kinds', 'extra');
    expect(await vectorsOf(3)).toEqual({});
    const { params } = (await client.getCollection('kinds')).config;
    expect(Object.keys(params.vectors as object)).toEqual(['image', 'tokens']);
    await client.deleteCollection('kinds');
  });

  it('queries by vector, by stored point and by text', async () => {
    const byVector = await client.query('cities', {
      query: [1, 0.1, 0, 0],
      limit: 2,
      with_payload: true,
      with_vector: true,
    });
    expect(ids(byVector.points)).toEqual([1, 5]);
    expect(byVector.points[0]).toMatchObject({ payload: { city: 'London' }, version: expect.any(Number) });
    expect(byVector.points[0]!.score).toBeCloseTo(1 / Math.hypot(1, 0.1), 5);
    expect(byVector.points[0]!.vector).toHaveLength(4);

    expect(ids((await client.query('cities', { query: 5, limit: 1 })).points)).toEqual([2]);
    expect(ids((await client.query('cities', { query: { nearest: UUID }, limit: 1 })).points)).toEqual([3]);
    for (const model of ['words', 'other'])
      expect(
        ids((await client.query('cities', { query: { text: 'a stone', model }, limit: 1 })).points),
      ).toEqual([3]);
    const own = { text: 'happy', model: undefined } as never;
    expect(ids((await client.query('cities', { query: { nearest: own }, limit: 1 })).points)).toEqual([2]);
    expect(ids((await client.query('cities', { limit: 3 })).points)).toEqual([1, 2, 3]);
  });

  it('takes a threshold, an offset, search parameters and parts of payloads', async () => {
    const { points } = await client.query('cities', {
      query: [1, 0, 0, 0],
      score_threshold: 0.5,
      params: { hnsw_ef: 64, exact: true },
      with_payload: { include: ['city'] },
    });
    expect(points.map(({ payload }) => payload)).toEqual([{ city: 'London' }, { city: 'Rome' }]);
    const next = await client.query('cities', {
      query: [1, 0, 0, 0],
      limit: 1,
      offset: 1,
      with_payload: ['size'],
    });
    expect(next.points).toMatchObject([{ id: 5, payload: { size: 3 } }]);
  });

  it('answers batches', async () => {
    const answers = await client.queryBatch('cities', {
      searches: [
        { query: [0, 0, 0, 1], limit: 1 },
        { query: 5, limit: 2 },
        { query: { text: 'sad', model: 'words' }, limit: 1 },
      ],
    });
    expect(answers.map(({ points }) => ids(points)[0])).toEqual([4, 2, 1]);
    expect(answers[1]!.points).toHaveLength(2);
  });

  it('pages through all points', async () => {
    const seen: (number | string)[] = [];
    let offset: number | string | null | undefined;
    do {
      const page = await client.scroll('cities', { limit: 2, ...(offset != null && { offset }) });
      seen.push(...ids(page.points));
      offset = page.next_page_offset as typeof offset;
    } while (offset != null);
    expect(seen).toEqual(ids(POINTS));
  });

  it('filters by every supported condition', async () => {
    const count = async (filter: object) => (await client.count('cities', { filter })).count;
    expect(await count({ must: [{ key: 'city', match: { value: 'London' } }] })).toBe(2);
    expect(await count({ must: { key: 'open', match: { value: true } } })).toBe(1);
    expect(await count({ must: [{ key: 'tags', match: { any: ['big', 'none'] } }] })).toBe(1);
    expect(await count({ must: [{ key: 'city', match: { except: ['London', 'Paris'] } }] })).toBe(2);
    expect(await count({ must: [{ key: 'city', match: { text: 'Lond' } }] })).toBe(2);
    expect(await count({ must: [{ key: 'size', range: { gt: 1, lte: 4 } }] })).toBe(3);
    expect(await count({ must: [{ has_id: [1, UUID, 77] }] })).toBe(2);
    expect(await count({ must: [{ is_empty: { key: 'tags' } }] })).toBe(4);
    expect(await count({ must: [{ is_null: { key: 'note' } }] })).toBe(1);
    expect(await count({ must_not: [{ key: 'city', match: { value: 'London' } }] })).toBe(4);
    expect(await count({ should: [{ key: 'city', match: { value: 'Rome' } }, { has_id: [1] }] })).toBe(2);
    const nested = {
      must: [
        { must_not: [{ should: [{ has_id: [1] }, { has_id: [2] }] }] },
        { key: 'size', range: { gte: 0 } },
      ],
    };
    expect(await count(nested)).toBe(3);
    const { points } = await client.query('cities', {
      query: [1, 0, 0, 0],
      filter: { must_not: [{ has_id: [1] }], must: [{ key: 'size', range: { gt: 2 } }] },
    });
    expect(points[0]!.id).toBe(5);
    expect(points).toHaveLength(3);
  });

  it('sets, overwrites, deletes and clears payloads', async () => {
    await client.createCollection('papers', { vectors: { size: 1, distance: 'Dot' } });
    await client.upsert('papers', {
      points: [1, 2].map((id) => ({ id, vector: [1], payload: { a: 1, b: 2 } })),
    });
    const payloadOf = async (id: number) => (await client.retrieve('papers', { ids: [id] }))[0]?.payload;
    await client.setPayload('papers', { payload: { b: 3, c: 4 }, points: [1] });
    expect(await payloadOf(1)).toEqual({ a: 1, b: 3, c: 4 });
    await client.overwritePayload('papers', { payload: { d: 5 }, filter: { must: [{ has_id: [2] }] } });
    expect(await payloadOf(2)).toEqual({ d: 5 });
    await client.deletePayload('papers', { keys: ['a', 'c'], points: [1] });
    expect(await payloadOf(1)).toEqual({ b: 3 });
    await client.clearPayload('papers', { points: [1, 2] });
    expect(await payloadOf(1)).toEqual({});
    await client.deleteCollection('papers');
  });

  it('indexes payload fields and counts their values', async () => {
    await client.createPayloadIndex('cities', { field_name: 'city', field_schema: 'keyword', wait: true });
    await client.createPayloadIndex('cities', { field_name: 'size', field_schema: { type: 'float' } });
    const { payload_schema } = await client.getCollection('cities');
    expect(payload_schema).toMatchObject({ city: { data_type: 'keyword' }, size: { data_type: 'float' } });
    const { hits } = await client.facet('cities', { key: 'city' });
    expect(hits[0]).toEqual({ value: 'London', count: 2 });
    expect(hits).toHaveLength(4);
    const filter = { must: [{ key: 'size', range: { lt: 5 } }] };
    expect((await client.facet('cities', { key: 'city', filter, limit: 10 })).hits).toHaveLength(4);
    await client.deletePayloadIndex('cities', 'size');
    expect((await client.getCollection('cities')).payload_schema).not.toHaveProperty('size');
  });

  it('gets errors in the shape it knows', async () => {
    const missing = client.getCollection('nowhere');
    await expect(missing).rejects.toMatchObject({
      status: 404,
      data: { status: { error: "Not found: Collection `nowhere` doesn't exist!" }, time: expect.any(Number) },
    });
    await expect(client.upsert('cities', { points: [{ id: 9, vector: [1, 2, 3] }] })).rejects.toMatchObject({
      status: 400,
      data: {
        status: {
          error: expect.stringContaining('Wrong input: Vector dimension error: expected dim: 4, got 3'),
        },
      },
    });
    await expect(client.query('cities', { query: { text: 'x', model: 'unknown' } })).rejects.toMatchObject({
      status: 400,
      data: { status: { error: expect.stringContaining('`unknown` is not enabled') } },
    });
    expect(await client.count('cities')).toEqual({ count: 6 });
  });
});
