import type { Store } from '@fletch/search';
import { QdrantClient, type Schemas } from '@qdrant/js-client-rest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, serve } from './serve.js';
import { openTestStore, testEncoders } from './testing/setup.case.js';

// The official client, unmodified, over a socket.
let store: Store;
let server: RunningServer;
let client: QdrantClient;

const uuids = [1, 2, 3, 4].map((i) => `00000000-0000-4000-8000-00000000000${i}`);
const payloads = [
  {
    word: 'red',
    n: 1,
    x: 0.5,
    yes: true,
    at: '2024-01-01T00:00:00Z',
    place: { lon: 13.4, lat: 52.5 },
    text: 'The quick brown fox',
    ref: uuids[0],
    list: [
      { a: 1, b: 'x' },
      { a: 2, b: 'y' },
    ],
  },
  {
    word: 'reddish',
    n: 2,
    x: 1.5,
    yes: false,
    at: '2024-06-01 12:00:00',
    place: { lon: 178.4, lat: -18.1 },
    text: 'a brown, quick cat',
    ref: uuids[1],
    list: [{ a: 1, b: 'y' }],
  },
  {
    word: ['blue', 'red'],
    n: [3, 4],
    at: '2025-01-01',
    place: [{ lon: -171.8, lat: -13.8 }],
    text: null,
    ref: uuids[0],
  },
  { word: 'blue', n: 2 },
];

beforeAll(async () => {
  store = await openTestStore();
  server = await serve({ store, port: 0, encoders: testEncoders() });
  client = new QdrantClient({ url: server.url, checkCompatibility: false });
  await client.createCollection('things', { vectors: { size: 2, distance: 'Dot' } });
  await client.upsert('things', {
    points: payloads.map((payload, i) => ({ id: i, vector: [1, i], payload })),
  });
});
afterAll(async () => {
  await server.close();
  await store.close();
});

async function found(condition: Schemas['Condition']): Promise<(number | string)[]> {
  const filter = { must: [condition] };
  const { points } = await client.scroll('things', { filter, limit: 10 });
  const ids = points.map(({ id }) => id);
  expect(await client.count('things', { filter, exact: true })).toEqual({ count: ids.length });
  const hits = await client.query('things', { query: [1, 1], filter, limit: 10 });
  expect(hits.points.map(({ id }) => id).sort()).toEqual(ids);
  return ids;
}

describe('filters of the official client', () => {
  const ring = (...points: [number, number][]) => ({ points: points.map(([lon, lat]) => ({ lon, lat })) });
  const box = { top_left: { lon: 170, lat: 0 }, bottom_right: { lon: -170, lat: -30 } };
  it.each<[Schemas['Condition'], number[]]>([
    [{ key: 'word', match: { value: 'red' } }, [0, 2]],
    [{ key: 'word', match: { any: ['reddish', 'blue'] } }, [1, 2, 3]],
    [{ key: 'word', match: { except: ['red', 'blue'] } }, [1]],
    [{ key: 'word', match: { prefix: 'red' } }, [0, 1, 2]],
    [{ key: 'word', match: { text: 'dish' } }, [1]],
    [{ key: 'word', match: { text_any: 'dish lue' } }, [1, 2, 3]],
    [{ key: 'word', match: { phrase: 'edd' } }, [1]],
    [{ key: 'n', range: { gt: 1, lte: 3 } }, [1, 2, 3]],
    [{ key: 'at', range: { gte: '2024-06-01T12:00:00Z' } }, [1, 2]],
    [{ key: 'place', geo_radius: { center: { lon: 13.4, lat: 52.4 }, radius: 20_000 } }, [0]],
    [{ key: 'place', geo_bounding_box: box }, [1, 2]],
    [{ key: 'place', geo_polygon: { exterior: ring([10, 50], [20, 50], [15, 60], [10, 50]) } }, [0]],
    [{ key: 'word', values_count: { gte: 2 } }, [2]],
    [{ key: 'text', is_empty: true }, [2, 3]],
    [{ key: 'text', is_null: true }, [2]],
    [{ is_empty: { key: 'list' } }, [2, 3]],
    [{ is_null: { key: 'text' } }, [2]],
    [{ has_id: [1, 3, 77] }, [1, 3]],
    [{ has_vector: '' }, [0, 1, 2, 3]],
    [
      {
        nested: {
          key: 'list',
          filter: {
            must: [
              { key: 'a', match: { value: 1 } },
              { key: 'b', match: { value: 'y' } },
            ],
          },
        },
      },
      [1],
    ],
    [
      {
        min_should: {
          conditions: [
            { key: 'n', range: { gt: 1 } },
            { key: 'word', match: { value: 'blue' } },
          ],
          min_count: 2,
        },
      },
      [2, 3],
    ],
    [{ must_not: [{ key: 'yes', match: { value: true } }] }, [1, 2, 3]],
  ])('%j', async (condition, ids) => {
    expect(await found(condition)).toEqual(ids);
  });

  it('slices share out the points', async () => {
    const slices = await Promise.all([0, 1, 2].map((index) => found({ slice: { index, total: 3 } })));
    expect(slices.flat().sort()).toEqual([0, 1, 2, 3]);
  });
});

describe('payload indexes of the official client', () => {
  const fields: [string, Schemas['PayloadFieldSchema'], number][] = [
    ['word', 'keyword', 4],
    ['n', { type: 'integer', lookup: true, range: true, is_principal: false }, 4],
    ['x', { type: 'float', on_disk: false }, 2],
    ['yes', 'bool', 2],
    ['at', { type: 'datetime', is_principal: true }, 3],
    ['place', { type: 'geo' }, 3],
    ['text', { type: 'text', tokenizer: 'word', lowercase: true, phrase_matching: true }, 2],
    ['ref', { type: 'uuid', is_tenant: true }, 3],
  ];
  it.each(fields)('%s is indexed as %j', async (field_name, field_schema, points) => {
    const made = await client.createPayloadIndex('things', { field_name, field_schema, wait: true });
    expect(made.status).toBe('completed');
    const { payload_schema } = await client.getCollection('things');
    const type = typeof field_schema === 'string' ? field_schema : field_schema?.type;
    expect(payload_schema[field_name]).toEqual({
      data_type: type,
      points,
      ...(typeof field_schema !== 'string' && { params: field_schema }),
    });
  });

  it('a text index matches tokens and phrases', async () => {
    expect(await found({ key: 'text', match: { text: 'QUICK brown' } })).toEqual([0, 1]);
    expect(await found({ key: 'text', match: { text: 'qui' } })).toEqual([]);
    expect(await found({ key: 'text', match: { text_any: 'cat fox' } })).toEqual([0, 1]);
    expect(await found({ key: 'text', match: { phrase: 'quick brown' } })).toEqual([0]);
  });

  it('facets count values of every type that has them', async () => {
    const facet = async (key: string, more: object = {}) =>
      (await client.facet('things', { key, ...more })).hits;
    expect(await facet('word')).toEqual([
      { value: 'blue', count: 2 },
      { value: 'red', count: 2 },
      { value: 'reddish', count: 1 },
    ]);
    expect(await facet('n', { limit: 2, exact: true })).toEqual([
      { value: 2, count: 2 },
      { value: 1, count: 1 },
    ]);
    expect(await facet('yes')).toEqual([
      { value: false, count: 1 },
      { value: true, count: 1 },
    ]);
    expect(await facet('ref', { filter: { must: [{ key: 'n', range: { gt: 1 } }] } })).toEqual([
      { value: uuids[0], count: 1 },
      { value: uuids[1], count: 1 },
    ]);
    await expect(facet('x')).rejects.toMatchObject({
      status: 400,
      data: { status: { error: expect.stringContaining('No appropriate index for faceting: `x`') } },
    });
  });

  it('are dropped', async () => {
    for (const [field] of fields)
      expect(await client.deletePayloadIndex('things', field, { wait: true })).toMatchObject({
        status: 'completed',
      });
    expect((await client.getCollection('things')).payload_schema).toEqual({});
    expect(await found({ key: 'text', match: { text: 'qui' } })).toEqual([0, 1]);
  });
});
