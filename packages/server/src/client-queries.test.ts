import type { Store } from '@fletch/search';
import { QdrantClient } from '@qdrant/js-client-rest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, serve } from './serve.js';
import { openTestStore, POINTS, testEncoders, UUID } from './testing/setup.case.js';

// Every kind of query through the official client, unmodified, over a socket.
let store: Store;
let server: RunningServer;
let client: QdrantClient;

beforeAll(async () => {
  store = await openTestStore();
  server = await serve({ store, port: 0, encoders: testEncoders() });
  client = new QdrantClient({ url: server.url, checkCompatibility: false });
  await client.createCollection('cities', {
    vectors: { size: 4, distance: 'Cosine' },
    metadata: { fletch: { encoder: 'words' } },
  });
  await client.upsert('cities', { points: POINTS });
  await client.createPayloadIndex('cities', { field_name: 'size', field_schema: 'float' });
});
afterAll(async () => {
  await server.close();
  await store.close();
});

type Request = Parameters<QdrantClient['query']>[1];
const ids = (points: { id: number | string }[]) => points.map(({ id }) => id);
const query = async (request: Request) => (await client.query('cities', request)).points;
const found = async (request: Request) => ids(await query(request));
const scores = async (request: Request) => (await query(request)).map(({ score }) => score);

describe('the query of the official client', () => {
  it('finds the nearest, by a vector, an id or a text, also diversely', async () => {
    expect(await found({ query: [1, 0.1, 0, 0], limit: 2 })).toEqual([1, 5]);
    expect(await found({ query: { nearest: 5 }, limit: 1 })).toEqual([2]);
    expect(await found({ query: { text: 'a stone', model: 'words' }, limit: 1 })).toEqual([3]);
    const mmr = { diversity: 0.9, candidates_limit: 6 };
    expect(await found({ query: { nearest: [0.5, 0.9, 0, 0], mmr }, limit: 2 })).toEqual([5, 3]);
  });

  it('recommends by every strategy', async () => {
    const examples = { positive: [1, [0, 1, 0, 0]], negative: [{ text: 'water', model: 'words' }] };
    expect(await found({ query: { recommend: examples }, limit: 2 })).toEqual([5, 2]);
    const best = { query: { recommend: { ...examples, strategy: 'best_score' as const } } };
    // (0.6, 0.8) is at most 0.8 near to a positive example: 0.5 · (0.8 / 1.8 + 1).
    expect((await scores(best))[1]).toBeCloseTo(0.5 * (0.8 / 1.8 + 1), 5);
    expect((await found(best))[0]).toBe(2);
    const sum = { recommend: { negative: [4], strategy: 'sum_scores' as const } };
    expect(await scores({ query: sum })).toEqual([0, 0, 0, 0, 0]);
  });

  it('discovers, with a target or by context alone', async () => {
    const context = [{ positive: 1, negative: { text: 'stone', model: 'words' } }];
    const discovered = await query({ query: { discover: { target: [0, 1, 0, 0], context } }, limit: 1 });
    expect(discovered[0]).toMatchObject({ id: 5, score: expect.closeTo(1 + 0.5 * (0.8 / 1.8 + 1), 5) });
    expect((await query({ query: { context } }))[0]).toMatchObject({ id: 5, score: 0 });
  });

  it('orders by a field, and samples', async () => {
    const points = await query({ query: { order_by: { key: 'size', direction: 'desc', start_from: 4 } } });
    expect(points.map(({ id, order_value }) => [id, order_value])).toEqual([
      [3, 4],
      [5, 3],
      [2, 2.5],
      [4, 1],
    ]);
    expect(await found({ query: { order_by: 'size' }, limit: 1 })).toEqual([4]);
    expect(new Set(await found({ query: { sample: 'random' } }))).toEqual(new Set(ids(POINTS)));
  });

  it('fuses prefetches', async () => {
    const prefetch = [
      { query: [1, 0, 0, 0], limit: 2 },
      { query: [0, 1, 0, 0], limit: 2 },
    ];
    // 1, 5 and 2, 5.
    const points = await query({ prefetch, query: { fusion: 'rrf' } });
    expect(points.map(({ id, score }) => [id, Number(score.toFixed(4))])).toEqual([
      [5, 0.6667],
      [1, 0.5],
      [2, 0.5],
    ]);
    expect((await scores({ prefetch, query: { rrf: { k: 60, weights: [2, 1] } } }))[0]).toBeCloseTo(
      1 / (2 / 2 + 59) + 1 / (2 + 59),
      5,
    );
    expect((await found({ prefetch, query: { fusion: 'dbsf' } })).sort()).toEqual([1, 2, 5]);
  });

  it('scores prefetched points by a formula', async () => {
    const formula = {
      sum: [
        '$score',
        { mult: [0.5, { key: 'city', match: { value: 'London' } }] },
        { neg: { abs: { div: { left: 'size', right: 100 } } } },
        { gauss_decay: { x: 'size', target: 3, scale: 2 } },
      ],
    };
    const points = await query({
      prefetch: { query: [1, 0, 0, 0], limit: 10 },
      query: { formula, defaults: { size: 0 } },
    });
    const decay = (size: number) => 0.5 ** (((size - 3) / 2) ** 2);
    const expected = [
      [1, 1 + 0.5 - 0.09 + decay(9)],
      [2, 0 - 0.025 + decay(2.5)],
      [3, 0 - 0.04 + decay(4)],
      [4, 0 + 0.5 - 0.01 + decay(1)],
      [5, 0.6 - 0.03 + decay(3)],
      [UUID, decay(0)],
    ] as const;
    expect(points).toHaveLength(6);
    for (const [id, score] of expected)
      expect(points.find((point) => point.id === id)!.score).toBeCloseTo(score, 5);
  });

  it('takes relevance feedback', async () => {
    const relevance_feedback = {
      target: [1, 0, 0, 0],
      feedback: [
        { example: [0, 0, 1, 0], score: 1 },
        { example: 1, score: 0.5 },
      ],
      strategy: { naive: { a: 1, b: 1, c: 2 } },
    };
    // Similarity to the target, plus 0.5 · 2 · (that to the third axis less that to point 1).
    const points = await query({ query: { relevance_feedback }, limit: 2 });
    expect(points).toMatchObject([
      { id: 3, score: 1 },
      { id: UUID, score: expect.closeTo(0.8, 5) },
    ]);
  });

  it('nests prefetches, each with a filter, a threshold and texts of its own', async () => {
    const request: Request = {
      prefetch: [
        {
          prefetch: [{ query: { text: 'happy', model: 'words' }, limit: 4, score_threshold: 0.5 }],
          query: { text: 'stone', model: 'other' },
          limit: 2,
        },
      ],
      query: [0, 1, 0, 0],
      params: { hnsw_ef: 50, exact: true },
      with_payload: ['city'],
      with_vector: true,
    };
    // Near to the second axis are 2, 5 and the UUID; of those most like the third axis the UUID, then 2.
    const points = await query(request);
    expect(ids(points)).toEqual([2, UUID]);
    expect(points[0]).toMatchObject({ payload: { city: 'Paris' }, vector: [0, 1, 0, 0] });
    const filter = { must_not: [{ has_id: [2] }] };
    expect(await found({ ...request, filter })).toEqual([5, UUID]);
  });

  it('looks vectors up in another collection', async () => {
    await client.createCollection('axes', { vectors: { size: 4, distance: 'Dot' } });
    await client.upsert('axes', { points: [{ id: 5, vector: [0, 0, 0, 2] }] });
    expect(await found({ query: 5, lookup_from: { collection: 'axes' }, limit: 1 })).toEqual([4]);
    await expect(
      client.query('cities', { query: 5, lookup_from: { collection: 'nowhere' } }),
    ).rejects.toMatchObject({
      status: 404,
      data: { status: { error: 'Not found: Collection nowhere not found' } },
    });
  });

  it('groups, with points that the groups are named after', async () => {
    await client.createCollection('sizes', { vectors: { size: 1, distance: 'Dot' } });
    await client.upsert('sizes', { points: [{ id: 9, vector: [1], payload: { name: 'huge' } }] });
    const { groups } = await client.queryGroups('cities', {
      query: [1, 0, 0, 0],
      group_by: 'city',
      group_size: 2,
      limit: 2,
      with_payload: true,
    });
    expect(groups.map(({ id, hits }) => [id, ids(hits)])).toEqual([
      ['London', [1, 4]],
      ['Rome', [5]],
    ]);
    const looked = await client.queryGroups('cities', {
      query: { text: 'sad', model: 'words' },
      group_by: 'size',
      limit: 1,
      with_lookup: { collection: 'sizes', with_payload: true },
    });
    expect(looked.groups).toMatchObject([{ id: 9, lookup: { id: 9, payload: { name: 'huge' } } }]);
  });

  it('answers batches of all kinds', async () => {
    const answers = await client.queryBatch('cities', {
      searches: [
        { query: { text: 'sad', model: 'words' }, limit: 1 },
        { query: { recommend: { positive: [2] } }, limit: 1 },
        { query: { order_by: 'size' }, limit: 1 },
        { limit: 1 },
      ],
    });
    expect(answers.map(({ points }) => ids(points))).toEqual([[1], [5], [4], [1]]);
  });

  it('compares a sample with itself', async () => {
    const { pairs } = await client.searchMatrixPairs('cities', { sample: 6, limit: 1 });
    expect(pairs).toHaveLength(6);
    expect(pairs).toContainEqual({ a: 2, b: 5, score: expect.closeTo(0.8, 5) });
    const filter = { must: [{ key: 'city', match: { value: 'London' } }] };
    expect(await client.searchMatrixOffsets('cities', { filter, limit: 5 })).toEqual({
      offsets_row: [0, 1],
      offsets_col: [1, 0],
      scores: [0, 0],
      ids: [1, 4],
    });
  });

  it('scrolls in the order of a field, and counts', async () => {
    const order_by = { key: 'size', direction: 'asc' as const, start_from: 2 };
    const { points, next_page_offset } = await client.scroll('cities', { order_by, limit: 2 });
    expect(points.map(({ id, order_value }) => [id, order_value])).toEqual([
      [2, 2.5],
      [5, 3],
    ]);
    expect(next_page_offset).toBeNull();
    await expect(client.scroll('cities', { order_by: 'city' })).rejects.toMatchObject({
      status: 400,
      data: { status: { error: expect.stringContaining('No range index for `order_by` key: `city`') } },
    });
    expect(await client.count('cities', { filter: { must: [{ key: 'size', range: { gte: 3 } }] } })).toEqual({
      count: 3,
    });
  });
});
