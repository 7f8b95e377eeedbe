import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSpecs } from '../space/spec.js';
import type { Filter, PayloadFieldSchema, PayloadIndexParams, PointStruct } from '../types/index.js';
import { Environment } from './environment.js';
import { readIndexSchema } from './index-params.js';
import { open } from './open.js';
import type { Collection, Store } from './types.js';

let path: string;
let store: Store;
let names = 0;

beforeAll(async () => {
  path = await mkdtemp(join(tmpdir(), 'fletch-indexes-'));
  store = await open(path, { threads: 1 });
});
afterAll(async () => {
  await store.close();
  await rm(path, { recursive: true, force: true });
});

const uuid = '00000000-0000-4000-8000-00000000000a';
const values = [
  'a',
  'a',
  1,
  1.5,
  true,
  null,
  ['b', 2],
  uuid,
  '2024-05-17',
  { lon: 1, lat: 2 },
  { lon: 181, lat: 2 },
  [{ lon: 1, lat: 2 }, false],
];

async function create(all: readonly unknown[] = values): Promise<Collection> {
  const collection = await store.createCollection(`c${names++}`, { vectors: { size: 2, distance: 'Dot' } });
  await collection.upsert(all.map((v, id) => ({ id, vector: [1, 2], payload: { v } }) as PointStruct));
  return collection;
}

async function reopened(name: string): Promise<Collection> {
  await store.close();
  store = await open(path, { threads: 1 });
  return store.collection(name);
}

async function found(collection: Collection, filter: Filter): Promise<(number | string)[]> {
  return (await collection.scroll({ filter, limit: 100 })).points.map(({ id }) => id);
}

describe('payload indexes', () => {
  test('are kept and counted by type', async () => {
    const collection = await create();
    for (const [type, points] of [
      ['keyword', 5],
      ['integer', 2],
      ['float', 3],
      ['bool', 2],
      ['uuid', 1],
      ['datetime', 1],
      ['geo', 2],
      ['text', 5],
    ] as const) {
      await collection.createPayloadIndex('v', type);
      expect(collection.info().payload_schema).toEqual({ v: { data_type: type, points } });
    }
    await collection.createPayloadIndex('v', 'uuid');
    const again = await reopened(collection.name);
    await again.upsert([{ id: 100, vector: [1, 2], payload: { v: uuid } }]);
    expect(again.info().payload_schema).toEqual({ v: { data_type: 'uuid', points: 2 } });
    await again.deletePayloadIndex('v');
    expect(again.info().payload_schema).toEqual({});
    await again.deletePayloadIndex('v');
  });

  test.each<PayloadIndexParams>([
    { type: 'keyword', is_tenant: true, prefix: true, on_disk: false, memory: 'cold', enable_hnsw: false },
    { type: 'integer', lookup: true, range: false, is_principal: true, on_disk: true },
    { type: 'float', is_principal: true },
    { type: 'bool', on_disk: true },
    { type: 'geo', memory: 'pinned' },
    { type: 'datetime', is_principal: false, enable_hnsw: true },
    { type: 'uuid', is_tenant: false },
    {
      type: 'text',
      tokenizer: 'multilingual',
      min_token_len: 2,
      max_token_len: 20,
      lowercase: false,
      ascii_folding: true,
      phrase_matching: true,
      stopwords: { languages: ['en', 'german'], custom: ['x'] },
      stemmer: { type: 'snowball', language: 'german' },
    },
  ])('tell their parameters: %j', async (params) => {
    const collection = await create();
    await collection.createPayloadIndex('v', { ...params, ...{ unknown: 7 } });
    expect(collection.info().payload_schema.v).toMatchObject({ data_type: params.type, params });
    expect((await reopened(collection.name)).info().payload_schema.v!.params).toEqual(params);
  });

  test('one path is one index, however it is written', async () => {
    const collection = await create();
    await collection.createPayloadIndex('"v"', 'keyword');
    expect(collection.info().payload_schema).toMatchObject({ v: { data_type: 'keyword' } });
    await collection.deletePayloadIndex('v');
    expect(collection.info().payload_schema).toEqual({});
  });

  test('of stores that know types only still open', async () => {
    const collection = await create(['Red fox']);
    const { name } = collection;
    await collection.createPayloadIndex('v', 'keyword');
    const { readdir, readFile } = await import('node:fs/promises');
    await store.close();
    for (const folder of await readdir(join(path, 'collections'))) {
      const manifest = JSON.parse(
        await readFile(join(path, 'collections', folder, 'collection.json'), 'utf8'),
      );
      if (manifest.name !== name) continue;
      const environment = new Environment(
        join(path, 'collections', folder),
        readSpecs(manifest.vectors).values(),
      );
      await environment.commit(() => environment.setFact('schema', { v: 'text', w: 'float' }));
      await environment.close();
    }
    store = await open(path, { threads: 1 });
    const again = store.collection(name);
    expect(again.info().payload_schema).toEqual({
      v: { data_type: 'text', points: 1 },
      w: { data_type: 'float', points: 0 },
    });
    expect(await found(again, { must: { key: 'v', match: { text: 'FOX' } } })).toEqual([0]);
  });

  test('of text change how text is matched, at once and while points change', async () => {
    const collection = await create(['Quick fox', 'quick', 'slow', ['fox', 'quick dog']]);
    const match = (test: object) => found(collection, { must: { key: 'v', match: test } });
    expect(await match({ text: 'quick' })).toEqual([1, 3]);
    expect(await match({ text: 'uic' })).toEqual([0, 1, 3]);
    await collection.createPayloadIndex('v', { type: 'text', phrase_matching: true });
    expect(await match({ text: 'quick' })).toEqual([0, 1, 3]);
    expect(await match({ text: 'uic' })).toEqual([]);
    expect(await match({ text: 'dog fox' })).toEqual([3]);
    expect(await match({ phrase: 'quick fox' })).toEqual([0]);
    expect(await match({ phrase: 'fox quick' })).toEqual([]);
    await collection.setPayload({ v: 'a fox quick' }, { points: [1] });
    await collection.upsert([{ id: 9, vector: [1, 2], payload: { v: 'fox, QUICK!' } }]);
    await collection.delete({ filter: { must: { key: 'v', match: { text_any: 'slow dog' } } } });
    expect(await match({ phrase: 'fox quick' })).toEqual([1, 9]);
    expect(await match({ text_any: 'slow quick' })).toEqual([0, 1, 9]);
    await collection.createPayloadIndex('v', { type: 'text', stopwords: { custom: ['quick'] } });
    expect(await match({ text: 'quick' })).toEqual([]);
    expect(await match({ phrase: 'fox quick' })).toEqual([]);
    await collection.deletePayloadIndex('v');
    expect(await match({ text: 'quick' })).toEqual([1]);
  });

  test('are built before the promise resolves, also while points come in', async () => {
    const collection = await create([]);
    const batch = (from: number) =>
      Array.from({ length: 500 }, (_, i) => ({
        id: from + i,
        vector: [1, 2],
        payload: { v: (from + i) % 10 },
      }));
    for (let from = 0; from < 5000; from += 500) await collection.upsert(batch(from));
    const [, , made] = await Promise.all([
      collection.upsert(batch(5000)),
      collection.upsert(batch(4500)),
      collection.createPayloadIndex('v', 'integer'),
      collection.upsert(batch(5500)),
    ]);
    expect(made.status).toBe('completed');
    await collection.delete({ filter: { must: { key: 'v', match: { value: 3 } } } });
    expect(collection.info().payload_schema.v!.points).toBe(5400);
    expect(await collection.count({ filter: { must: { key: 'v', range: { lte: 4 } } } })).toBe(2400);
  });

  test.each<[unknown, string, boolean]>([
    ['colour', 'field_schema: expected one of keyword', false],
    [7, 'field_schema: expected the type', false],
    [{}, 'field_schema.type: expected one of keyword', false],
    [{ type: 'integer', lookup: 'yes' }, 'field_schema.lookup: expected true or false, got "yes"', false],
    [
      { type: 'integer', lookup: false, range: false },
      "'lookup' and 'range' capabilities can't be both",
      true,
    ],
    [{ type: 'text', min_token_len: -1 }, 'field_schema.min_token_len: expected an unsigned integer', false],
    [{ type: 'text', stopwords: 'klingon' }, 'field_schema.stopwords: there are stop words of', false],
    [{ type: 'text', stopwords: { languages: ['english', 'kazakh'] } }, 'field_schema.stopwords', false],
    [{ type: 'text', stopwords: { custom: [1] } }, 'field_schema.stopwords: custom', false],
    [{ type: 'text', stopwords: 7 }, 'field_schema.stopwords', false],
    [{ type: 'text', stemmer: { type: 'snowball', language: 'x' } }, 'field_schema.stemmer: language', false],
    [{ type: 'text', stemmer: { type: 'porter' } }, 'field_schema.stemmer: expected', false],
    [{ type: 'keyword', memory: 'hot' }, 'field_schema.memory: expected one of cold, cached, pinned', false],
  ])('refuse %j', (schema, message, ofValue) => {
    expect(() => readIndexSchema(schema)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining(message),
        details: expect.objectContaining({ ofValue }),
      }),
    );
  });

  test('leave out what is null and what they do not know', () => {
    expect(readIndexSchema({ type: 'integer', lookup: null, range: true, tokenizer: 'word' })).toEqual({
      type: 'integer',
      range: true,
    });
  });
});

describe('facets', () => {
  test.each<[PayloadFieldSchema, { value: unknown; count: number }[]]>([
    [
      'keyword',
      [
        { value: 'a', count: 2 },
        { value: uuid, count: 1 },
        { value: '2024-05-17', count: 1 },
        { value: 'b', count: 1 },
      ],
    ],
    [
      'integer',
      [
        { value: 1, count: 1 },
        { value: 2, count: 1 },
      ],
    ],
    [
      { type: 'bool' },
      [
        { value: false, count: 1 },
        { value: true, count: 1 },
      ],
    ],
    ['uuid', [{ value: uuid, count: 1 }]],
  ])('of an index of type %j count its values, most first, then by value', async (schema, hits) => {
    const collection = await create();
    await collection.createPayloadIndex('v', schema);
    expect(await collection.facet({ key: 'v' })).toEqual(hits);
  });

  test('count the points that a filter lets through', async () => {
    const collection = await create(['b', 'a', 'c', 'c', ['a', 'c'], ['c', 'c']]);
    await collection.createPayloadIndex('v', 'keyword');
    expect(await collection.facet({ key: 'v', limit: 2 })).toEqual([
      { value: 'c', count: 4 },
      { value: 'a', count: 2 },
    ]);
    const filter: Filter = { must: { has_id: [0, 2, 4, 5] } };
    expect(await collection.facet({ key: 'v', filter, exact: true })).toEqual([
      { value: 'c', count: 3 },
      { value: 'a', count: 1 },
      { value: 'b', count: 1 },
    ]);
  });

  test('of equal counts are in the order of UTF-8, not of UTF-16', async () => {
    const values = ['😀', 'Ａ', 'b', 'ba', '', '日本'];
    const collection = await create(values);
    await collection.createPayloadIndex('v', 'keyword');
    const hits = await collection.facet({ key: 'v' });
    expect(hits.map(({ value }) => value)).toEqual(['', 'b', 'ba', '日本', 'Ａ', '😀']);
  });

  test('of UUIDs know one value in all its forms', async () => {
    const collection = await create([
      uuid,
      uuid.toUpperCase(),
      `urn:uuid:${uuid}`,
      [uuid, uuid.toUpperCase()],
    ]);
    await collection.createPayloadIndex('v', 'uuid');
    expect(await collection.facet({ key: 'v' })).toEqual([{ value: uuid, count: 4 }]);
  });

  test.each<PayloadFieldSchema>(['float', 'geo', 'datetime', 'text', { type: 'integer', lookup: false }])(
    'need another index than %j',
    async (schema) => {
      const collection = await create();
      await collection.createPayloadIndex('v', schema);
      await expect(collection.facet({ key: 'v' })).rejects.toThrow(
        expect.objectContaining({
          code: 'INVALID_ARGUMENT',
          message: expect.stringContaining('No appropriate index for faceting: `v`'),
        }),
      );
    },
  );
});

test('points are told by their vectors', async () => {
  const collection = await store.createCollection(`c${names++}`, {
    vectors: { text: { size: 2, distance: 'Dot' }, image: { size: 3, distance: 'Dot' } },
  });
  await collection.upsert([
    { id: 1, vector: { text: [1, 2] } },
    { id: 2, vector: { text: [1, 2], image: [1, 2, 3] } },
    { id: 3, vector: {} },
  ]);
  expect(await found(collection, { must: { has_vector: 'image' } })).toEqual([2]);
  expect(await found(collection, { must_not: { has_vector: 'text' } })).toEqual([3]);
  expect(await found(collection, { must: { has_vector: '' } })).toEqual([]);
  await collection.upsert([{ id: 2, vector: { text: [1, 2] } }]);
  expect(await found(collection, { must: { has_vector: 'image' } })).toEqual([]);
});
