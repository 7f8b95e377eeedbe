import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Condition, Filter, StrictModeConfig } from '../../types/index.js';
import { open } from '../open.js';
import type { Collection, Store } from '../types.js';
import { countConditions, largestCondition, unindexedField, unindexedVariable } from './filters.js';
import { RateLimiter } from './rate.js';

let home: string;
let store: Store;
let made = 0;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'fletch-strict-'));
  store = await open(home, { threads: 1 });
});
afterAll(async () => {
  await store.close();
  await rm(home, { recursive: true, force: true });
});

/** A collection of three points with an index on `city` and these limits. */
async function limited(limits: StrictModeConfig): Promise<Collection> {
  const collection = await store.createCollection(`c${made++}`, { vectors: { size: 2, distance: 'Dot' } });
  await collection.upsert([1, 2, 3].map((id) => ({ id, vector: [id, 1], payload: { city: 'x', age: id } })));
  await collection.createPayloadIndex('city', 'keyword');
  await collection.update({ strict_mode_config: { enabled: true, ...limits } });
  return collection;
}

const city: Condition = { key: 'city', match: { value: 'x' } };
const age: Condition = { key: 'age', match: { value: 1 } };
const filter = (...must: Condition[]): Filter => ({ must });
const selector = (...must: Condition[]) => ({ filter: { must } });
const query = [1, 1];
const needsIndex =
  'Index required but not found for "age" of one of the following types: [integer]. Help: Create an index for this key or use a different filter.';

type Call = (collection: Collection) => unknown;

describe('strict mode', () => {
  test.each<[string, StrictModeConfig, Call, Call, string]>([
    [
      'limit of a query',
      { max_query_limit: 4 },
      (c) => c.query({ query, limit: 4 }),
      (c) => c.query({ query, limit: 5 }),
      'Limit exceeded 5 > 4 for "limit". Help: Reduce the "limit" parameter to or below 4.',
    ],
    [
      'default limit of a query',
      { max_query_limit: 9 },
      (c) => c.query({ query, limit: 9 }),
      (c) => c.query({ query }),
      'Limit exceeded 10 > 9 for "limit"',
    ],
    [
      'limit of a page',
      { max_query_limit: 2 },
      (c) => c.scroll(),
      (c) => c.scroll({ limit: 3 }),
      'Limit exceeded 3 > 2 for "limit"',
    ],
    [
      'limit of a facet',
      { max_query_limit: 2 },
      (c) => c.facet({ key: 'city', limit: 2 }),
      (c) => c.facet({ key: 'city', limit: 3 }),
      'Limit exceeded 3 > 2 for "limit"',
    ],
    [
      'hnsw_ef',
      { search_max_hnsw_ef: 32 },
      (c) => c.query({ query, params: { hnsw_ef: 32 } }),
      (c) => c.query({ query, params: { hnsw_ef: 33 } }),
      'Limit exceeded 33 > 32 for "hnsw_ef"',
    ],
    [
      'oversampling',
      { search_max_oversampling: 1.5 },
      (c) => c.query({ query, params: { quantization: { oversampling: 1.5 } } }),
      (c) => c.query({ query, params: { quantization: { oversampling: 2 } } }),
      'Limit exceeded 2 > 1.5 for "oversampling"',
    ],
    [
      'exact search',
      { search_allow_exact: false },
      (c) => c.query({ query, params: { exact: false } }),
      (c) => c.query({ query, params: { exact: true } }),
      'Exact search disabled!. Help: Set exact=false.',
    ],
    [
      'exact count',
      { search_allow_exact: false },
      (c) => c.count({ exact: false }),
      (c) => c.count({ exact: true }),
      'Exact search disabled!',
    ],
    [
      'filters of reads without an index',
      { unindexed_filtering_retrieve: false },
      (c) => c.query({ query, filter: filter(city) }),
      (c) => c.query({ query, filter: filter(city, age) }),
      needsIndex,
    ],
    [
      'filters of counts without an index',
      { unindexed_filtering_retrieve: false },
      (c) => c.count({ filter: filter({ must_not: [city] }) }),
      (c) => c.count({ filter: filter({ must_not: [age] }) }),
      needsIndex,
    ],
    [
      'filters of prefetches without an index',
      { unindexed_filtering_retrieve: false },
      (c) => c.scroll({ filter: filter(city) }),
      (c) => c.query({ query, prefetch: [{ query, filter: filter(age) }] }),
      needsIndex,
    ],
    [
      'filters of deletions without an index',
      { unindexed_filtering_update: false },
      (c) => c.setPayload({ a: 1 }, selector(city)),
      (c) => c.delete(selector(age)),
      needsIndex,
    ],
    [
      'filters of payload changes without an index',
      { unindexed_filtering_update: false },
      (c) => c.deletePayload(['a'], selector(city)),
      (c) => c.deletePayload(['a'], selector(age)),
      needsIndex,
    ],
    [
      'number of conditions',
      { filter_max_conditions: 2 },
      (c) => c.query({ query, filter: filter(city, age) }),
      (c) => c.query({ query, filter: filter(city, { should: [age, age] }) }),
      'Filter condition limit reached (3 > 2). Help: Reduce the amount of conditions of your filter.',
    ],
    [
      'size of a condition',
      { condition_max_size: 2 },
      (c) => c.scroll({ filter: filter({ key: 'city', match: { any: ['a', 'b'] } }) }),
      (c) => c.scroll({ filter: filter({ has_id: [1, 2, 3] }) }),
      'Condition size limit reached (3 > 2). Help: Reduce the size of your condition.',
    ],
    [
      'points of an upsert',
      { upsert_max_batchsize: 1 },
      (c) => c.upsert([{ id: 9, vector: [1, 1] }]),
      (c) => c.upsert([8, 9].map((id) => ({ id, vector: [1, 1] }))),
      'Limit exceeded 2 > 1 for "upsert limit"',
    ],
    [
      'number of points',
      { max_points_count: 4 },
      (c) => c.upsert([{ id: 9, vector: [1, 1] }]),
      async (c) => {
        await c.upsert([{ id: 9, vector: [1, 1] }]);
        await c.upsert([{ id: 10, vector: [1, 1] }]);
      },
      'Max points count limit of 4 reached!',
    ],
    [
      'bytes of vectors',
      { max_collection_vector_size_bytes: 32 },
      (c) => c.upsert([{ id: 9, vector: [1, 1] }]),
      async (c) => {
        await c.upsert([{ id: 9, vector: [1, 1] }]);
        await c.upsert([{ id: 10, vector: [1, 1] }]);
      },
      'Max vector storage size limit of 0.000030517578125MB reached!',
    ],
    [
      'bytes of payloads',
      { max_collection_payload_size_bytes: 120 },
      (c) => c.setPayload({ b: 1 }, { points: [1] }),
      async (c) => {
        await c.setPayload({ b: 'x'.repeat(120) }, { points: [1] });
        await c.setPayload({ b: 1 }, { points: [1] });
      },
      'Max payload storage size limit of',
    ],
    [
      'number of payload indexes',
      { max_payload_index_count: 2 },
      (c) => c.createPayloadIndex('age', 'integer'),
      async (c) => {
        await c.createPayloadIndex('age', 'integer');
        await c.createPayloadIndex('more', 'integer');
      },
      'Collection already has the maximum number of payload indices (2). Help: Please delete an existing index before creating a new one.',
    ],
    [
      'sparse vectors',
      { sparse_config: { words: { max_length: 1 } } },
      (c) => c.upsert([{ id: 9, vector: [1, 1] }]),
      (c) => c.upsert([{ id: 9, vector: { words: { indices: [1, 2], values: [1, 1] } } }]),
      "Sparse vector 'words' has a limit of 1 indices, but 2 were provided!",
    ],
    [
      'multi-vectors',
      { multivector_config: { '': { max_vectors: 2 } } },
      (c) => c.upsert([{ id: 9, vector: [1, 1] }]),
      (c) => c.upsert([{ id: 9, vector: [query, query, query] as never }]),
      "Multivector '' has a limit of 2 vectors, but 3 were provided!",
    ],
    [
      'seconds of a request',
      { max_timeout: 5 },
      (c) => c.checkTimeout(5),
      (c) => c.checkTimeout(6),
      'Limit exceeded 6 > 5 for "timeout"',
    ],
  ])('limits the %s', async (_what, limits, allowed, forbidden, message) => {
    await allowed(await limited(limits));
    const collection = await limited(limits);
    await expect((async () => forbidden(collection))()).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining(message),
    });
    await collection.update({ strict_mode_config: { enabled: false } });
    await expect((async () => forbidden(collection))().catch((error) => error.code)).resolves.not.toBe(
      'LIMIT_EXCEEDED',
    );
  });

  test('does not let a vector without a graph be searched where exact searches are not allowed', async () => {
    const collection = await limited({ search_allow_exact: false });
    await collection.query({ query });
    await collection.update({ hnsw_config: { m: 0 } });
    await expect(collection.query({ query })).rejects.toThrow(
      'Request is forbidden because global vector indexing is disabled (hnsw_config.m = 0). Help: Use tenant-specific filter',
    );
    await collection.query({});
  });

  test('lets nothing grow once the process takes so much of the memory', async () => {
    const collection = await limited({ max_resident_memory_percent: 50 });
    await collection.upsert([{ id: 9, vector: [1, 1] }]);
    const rss = vi.spyOn(process.memoryUsage, 'rss').mockReturnValue(totalmem());
    try {
      const refused =
        /^Resident memory usage is at 100% of total memory, exceeding the configured limit of 50%/;
      await expect(collection.upsert([{ id: 9, vector: [1, 1] }])).rejects.toThrow(refused);
      await expect(collection.setPayload({ a: 1 }, { points: [1] })).rejects.toThrow(refused);
      await collection.delete({ points: [1] });
    } finally {
      rss.mockRestore();
    }
  });

  test('lets so many reads and writes through in a minute', async () => {
    const reads = await limited({ read_rate_limit: 4 });
    await reads.query({ query });
    await reads.scroll({ filter: filter(city) });
    expect(reads.retrieve([1])).toHaveLength(1);
    expect(() => reads.retrieve([1])).toThrow(
      /^Read rate limit exceeded: Operation requires 1 tokens but only 0\.\d were available\. Retry after 1[45]s$/,
    );
    const failed = await reads.query({ query }).catch((error) => error);
    expect(failed).toMatchObject({ code: 'RATE_LIMITED', details: { retryAfter: expect.any(Number) } });
    await reads.upsert([{ id: 5, vector: [1, 1] }]);

    const writes = await limited({ write_rate_limit: 4 });
    await expect(writes.delete(selector({ has_id: [1, 2, 3, 4, 5] }))).resolves.toBeTruthy();
    await writes.upsert([{ id: 5, vector: [1, 1] }]);
    await expect(writes.upsert([])).rejects.toThrow('Write rate limit exceeded: Operation requires 1 tokens');
    await writes.query({ query });
    await writes.update({ strict_mode_config: { write_rate_limit: 1000 } });
    await writes.upsert([{ id: 6, vector: [1, 1] }]);
  });
});

describe('the bucket', () => {
  test('fills up evenly, up to a minute, and never takes what cannot fit', () => {
    let now = 0;
    const limiter = new RateLimiter('Read', 60, () => now);
    for (let i = 0; i < 60; i++) limiter.take(1);
    expect(() => limiter.take(1)).toThrow('Retry after 1s');
    now = 1500;
    limiter.take(1);
    expect(() => limiter.take(2)).toThrow('requires 2 tokens but only 0.5 were available. Retry after 2s');
    now = 1e9;
    expect(() => limiter.take(61)).toThrow(
      'Read rate limit exceeded, request larger than rate limiter capacity, please try to split your request',
    );
    limiter.take(60);
    expect(() => limiter.take(1)).toThrow('only 0.0 were available');
  });
});

describe('a filter', () => {
  const nested: Filter = {
    must: [
      city,
      { nested: { key: 'items', filter: { must: [age], should: [{ key: 'n', range: { gt: 1 } }] } } },
    ],
    min_should: {
      conditions: [{ has_id: [1, 2] }, { should: { key: 'z', match: { except: [1, 2, 3] } } }],
      min_count: 1,
    },
    must_not: { is_null: { key: 'q' } },
  };

  test('is counted with all filters in it', () => {
    expect(countConditions(nested)).toBe(6);
    expect(largestCondition(nested)).toBe(3);
    expect(countConditions(undefined)).toBe(0);
    expect(countConditions({ must: null })).toBe(0);
  });

  test.each<[Condition, Record<string, unknown>, string | undefined]>([
    [age, {}, 'age: integer'],
    [age, { age: 'keyword' }, 'age: integer'],
    [age, { age: 'integer' }, undefined],
    [age, { age: { type: 'integer', lookup: false } }, 'age: integer'],
    [{ key: 'age', range: { gt: 1 } }, { age: { type: 'integer', range: false } }, 'age: float, integer'],
    [{ key: 'age', range: { gt: 1 } }, { age: 'float' }, undefined],
    [{ key: 'at', range: { gt: '2024-01-01' } }, { at: 'float' }, 'at: datetime'],
    [{ key: 'id', match: { value: '550e8400-e29b-41d4-a716-446655440000' } }, {}, 'id: keyword, uuid'],
    [
      { key: 'id', match: { any: ['550e8400-e29b-41d4-a716-446655440000', 'x'] } },
      { id: 'uuid' },
      'id: keyword',
    ],
    [{ key: 'on', match: { value: true } }, {}, 'on: bool'],
    [{ key: 't', match: { text: 'a' } }, { t: 'keyword' }, 't: text'],
    [{ key: 't', match: { phrase: 'a b' } }, { t: 'text' }, 't: text'],
    [{ key: 't', match: { phrase: 'a b' } }, { t: { type: 'text', phrase_matching: true } }, undefined],
    [{ key: 'k', match: { prefix: 'a' } } as Condition, { k: 'keyword' }, 'k: keyword'],
    [{ key: 'k', match: { prefix: 'a' } } as Condition, { k: { type: 'keyword', prefix: true } }, undefined],
    [{ key: 'k', match: { any: [] } }, {}, undefined],
    [{ key: 'g', geo_radius: { center: { lon: 0, lat: 0 }, radius: 1 } }, { g: 'geo' }, undefined],
    [
      { key: 'c', values_count: { gt: 1 } },
      {},
      'c: bool, datetime, float, geo, integer, keyword, text, uuid',
    ],
    [{ is_empty: { key: 'c' } }, { c: 'text' }, undefined],
    [{ nested: { key: 'a.b', filter: { must: age } } }, { 'a.b[].age': 'integer' }, undefined],
    [{ nested: { key: 'a[]', filter: { must: age } } }, { 'a.age': 'integer' }, 'a[].age: integer'],
    [{ has_id: [1] }, {}, undefined],
    [{ has_vector: 'x' }, {}, undefined],
    [{ slice: { index: 0, total: 2 } }, {}, undefined],
    [{ key: '__proto__', match: { value: 1 } }, {}, '__proto__: integer'],
  ])('%j with the indexes %j needs %s', (condition, indexes, expected) => {
    const found = unindexedField({ must: [condition] }, indexes);
    expect(found && `${found.key}: ${found.types.join(', ')}`).toBe(expected);
  });

  test('as deep as anything ends', () => {
    let deep: Filter = filter(age);
    for (let i = 0; i < 100_000; i++) deep = { must: deep };
    expect(countConditions(deep)).toBe(0);
    expect(unindexedField(deep, {})).toBeUndefined();
  });
});

test('a formula needs indexes for its fields', () => {
  const formula = {
    sum: ['$score', { mult: [2, 'price'] }, { geo_distance: { origin: { lon: 0, lat: 0 }, to: 'at' } }],
  };
  expect(unindexedVariable(formula, {})).toEqual({ key: 'price', types: ['float', 'integer'] });
  expect(unindexedVariable(formula, { price: 'float' })).toEqual({ key: 'at', types: ['geo'] });
  expect(unindexedVariable(formula, { price: 'integer', at: 'geo' })).toBeUndefined();
  const decay = { exp_decay: { x: { datetime_key: 'made' }, target: { datetime: '2024-01-01' } } };
  expect(unindexedVariable(decay, {})).toEqual({ key: 'made', types: ['datetime'] });
  expect(unindexedVariable({ mult: [2, city] }, {})).toEqual({ key: 'city', types: ['keyword'] });
});
