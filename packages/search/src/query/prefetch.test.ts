import { describe, expect, it } from 'vitest';
import type { Prefetch, QueryRequest } from '../types/index.js';
import { ids, MemoryCollection, numbered, scored } from './memory.case.js';

const points = Array.from({ length: 8 }, (_, i) => ({
  id: i + 1,
  payload: { even: i % 2 === 1, n: i + 1 },
  vectors: { up: [i + 1], down: [8 - i], ...(i !== 5 && { some: [(i * 3) % 8] }) },
}));
const lookup = new MemoryCollection(
  [
    { id: 1, vectors: { up: [-1], two: [1, 2], other: [-5] } },
    { id: 100, vectors: { up: [-1] } },
  ],
  { name: 'lookup', spaces: { up: 'Dot', two: 'Dot', other: 'Dot' } },
);
const collection = new MemoryCollection(points, {
  spaces: { up: 'Dot', down: 'Dot', some: 'Dot' },
  others: { lookup },
});
const { reader } = collection;
const up = (limit: number, more: object = {}): Prefetch => ({ query: [1], using: 'up', limit, ...more });
const down = (limit: number, more: object = {}): Prefetch => ({ query: [1], using: 'down', limit, ...more });

describe('prefetches', () => {
  it('are what the query chooses from', async () => {
    const hits = await reader.query({ prefetch: up(3), query: [1], using: 'down' });
    expect(scored(hits)).toEqual([
      [6, 3],
      [7, 2],
      [8, 1],
    ]);
    // Several are put together.
    expect(ids(await reader.query({ prefetch: [up(2), down(2)], query: [1], using: 'up' }))).toEqual([
      8, 7, 2, 1,
    ]);
    expect(ids(await reader.query({ prefetch: [up(2), down(2)], query: [1], using: 'some' }))).toEqual(
      [2, 7, 8, 1].sort((a, b) => (((b - 1) * 3) % 8) - (((a - 1) * 3) % 8)),
    );
  });

  it('are nested at will', async () => {
    const inner = { prefetch: up(6), query: [1], using: 'down', limit: 3 };
    // Of 3 to 8 the three lowest are 3, 4 and 5.
    expect(ids(await reader.query({ prefetch: inner, query: [1], using: 'up' }))).toEqual([5, 4, 3]);
    const fused = { prefetch: [up(2), down(2)], query: { fusion: 'rrf' as const }, limit: 2 };
    expect(ids(await reader.query({ prefetch: fused, query: [1], using: 'up' }))).toEqual([8, 1]);
  });

  it('lie within the filters of all queries around them, with their own thresholds and limits', async () => {
    const even = { must: [{ key: 'even', match: { value: true } }] };
    const below = { must: [{ key: 'n', range: { lt: 7 } }] };
    const request = { query: [1], using: 'down', filter: even };
    expect(ids(await reader.query({ ...request, prefetch: up(2) }))).toEqual([6, 8]);
    expect(ids(await reader.query({ ...request, prefetch: up(2, { filter: below }) }))).toEqual([4, 6]);
    const nested = { prefetch: up(2), query: [1], using: 'up', filter: below, limit: 9 };
    expect(ids(await reader.query({ ...request, prefetch: nested }))).toEqual([4, 6]);
    expect(
      ids(await reader.query({ prefetch: up(9, { score_threshold: 6 }), query: [1], using: 'down' })),
    ).toEqual([7, 8]);
    expect(await reader.query({ prefetch: {}, query: [1], using: 'up', limit: 20 })).toHaveLength(8);
  });

  it('are not skipped by the offset', async () => {
    expect(
      ids(await reader.query({ prefetch: up(3), query: [1], using: 'down', offset: 1, limit: 1 })),
    ).toEqual([7]);
  });

  it('without a query are the first points by id', async () => {
    expect(ids(await reader.query({ prefetch: { limit: 2 }, query: [1], using: 'up' }))).toEqual([2, 1]);
    expect((await reader.query({ limit: 2 })).map(({ id, score }) => [id, score])).toEqual([
      [1, 1],
      [2, 1],
    ]);
  });

  it('leave out ids named anywhere in the request', async () => {
    const request: QueryRequest = {
      prefetch: [{ query: 8, using: 'up', limit: 2 }, down(2)],
      query: { fusion: 'rrf' },
    };
    expect(new Set(ids(await reader.query(request)))).toEqual(new Set([7, 6, 1, 2]));
    const outer = { prefetch: up(3), query: 8, using: 'up' };
    expect(ids(await reader.query(outer))).toEqual([7, 6, 5]);
  });

  it('may be recommended, discovered and sampled from', async () => {
    const query = { recommend: { positive: [[1]], negative: [[-1]], strategy: 'sum_scores' as const } };
    expect(scored(await reader.query({ prefetch: up(2), query, using: 'down' }))).toEqual([
      [7, 4],
      [8, 2],
    ]);
    const discover = { target: [1], context: [{ positive: [1], negative: [0] }] };
    expect(ids(await reader.query({ prefetch: up(2), query: { discover }, using: 'down' }))).toEqual([7, 8]);
    const drawn = new Set<string>();
    for (let i = 0; i < 60; i++) {
      const hits = await reader.query({ prefetch: up(2), query: { sample: 'random' }, offset: 1 });
      expect(hits).toHaveLength(1);
      drawn.add(String(hits[0]!.id));
    }
    expect(drawn).toEqual(new Set(['7', '8']));
  });

  it.each<[QueryRequest, string]>([
    [{ prefetch: up(1) }, 'A query is needed to merge the prefetches'],
    [
      { prefetch: { prefetch: [up(1)] }, query: [1], using: 'up' },
      'prefetch: A query is needed to merge the prefetches',
    ],
    [{ score_threshold: 1 }, 'A query is needed to use the score_threshold'],
    [
      { prefetch: up(1, { limit: 0 }), query: [1], using: 'up' },
      'prefetch.limit: expected an integer from 1 to 1000000, got 0',
    ],
    [
      { prefetch: [up(1), up(1, { params: { hnsw_ef: -1 } })], query: [1], using: 'up' },
      'prefetch[1].params.hnsw_ef',
    ],
    [{ prefetch: [7 as never], query: [1], using: 'up' }, 'prefetch[0]: expected an object, got 7'],
    [{ limit: 1_000_001 }, 'limit: expected an integer'],
    [{ offset: -1 }, 'offset: expected an integer from 0'],
    [{ offset: 999_991 }, 'offset: offset and limit together may be 1000000, got 1000001'],
    [{ query: {} as never }, 'query: expected a vector, a point id, or a query (nearest'],
    [{ query: 'abc', using: 'up' }, 'query: "abc" is not a point id'],
    [{ using: 5 as never }, "using: expected a vector's name, got 5"],
    [{ query: [1], using: 'up', params: { exact: 1 as never } }, 'params.exact: expected true or false'],
    [{ query: { sample: 'all' as never } }, 'query.sample: expected "random"'],
    [
      { query: { discover: { target: [1], context: [7] as never } }, using: 'up' },
      'query.discover.context[0]: expected a pair',
    ],
  ])('%j is refused', async (request, message) => {
    await expect(reader.query(request)).rejects.toThrow(message);
    expect(collection.held).toBe(0);
  });

  it('are nested 64 deep at most', async () => {
    const nested = (depth: number): Prefetch =>
      depth === 0 ? up(5) : { prefetch: nested(depth - 1), query: [1], using: 'up' };
    expect(ids(await reader.query(nested(64)))).toEqual([8, 7, 6, 5, 4]);
    await expect(reader.query(nested(65))).rejects.toThrow('exceeds max depth 64');
  });
});

describe('lookup_from', () => {
  it('takes the vectors of ids from another collection, whose points are not left out', async () => {
    const request = { query: 1, using: 'up', limit: 2 };
    expect(ids(await reader.query({ ...request, lookup_from: { collection: 'lookup' } }))).toEqual([1, 2]);
    const other = { collection: 'lookup', vector: 'other' };
    expect(scored(await reader.query({ ...request, lookup_from: other }))).toEqual([
      [1, -5],
      [2, -10],
    ]);
    const inner = { prefetch: { ...request, lookup_from: other }, query: { fusion: 'rrf' as const } };
    expect(ids(await reader.query(inner))).toEqual([1, 2]);
    // In the collection itself, only the vector differs.
    const own = { collection: 'test', vector: 'down' };
    expect(scored(await reader.query({ query: 8, using: 'up', lookup_from: own, limit: 1 }))).toEqual([
      [7, 7],
    ]);
    expect([collection.held, lookup.held]).toEqual([0, 0]);
  });

  it('takes averages of them', async () => {
    const query = { recommend: { positive: [1], negative: [100] } };
    const hits = await reader.query({ query, using: 'up', lookup_from: { collection: 'lookup' }, limit: 1 });
    expect(scored(hits)).toEqual([[1, -1]]);
  });

  it.each<[QueryRequest, string]>([
    [{ query: [1], using: 'up', lookup_from: { collection: 'gone' } }, 'Collection gone not found'],
    [
      { query: { fusion: 'rrf' }, prefetch: { ...up(1), lookup_from: { collection: 'gone' } } },
      'Collection gone not found',
    ],
    [{ query: 5, using: 'up', lookup_from: { collection: 'lookup' } }, 'No point with id 5 found'],
    [
      { query: 100, using: 'up', lookup_from: { collection: 'lookup', vector: 'two' } },
      'Point 100 has no vector named "two"',
    ],
    [{ query: 6, using: 'some' }, 'Point 6 has no vector named "some"'],
    [
      { query: 1, using: 'up', lookup_from: { collection: 7 as never } },
      'lookup_from.collection: expected a name',
    ],
  ])('%j fails', async (request, message) => {
    await expect(reader.query(request)).rejects.toThrow(message);
    expect([collection.held, lookup.held]).toEqual([0, 0]);
  });
});

describe('sample', () => {
  it('draws different points in different orders, ignoring the offset', async () => {
    const { reader } = new MemoryCollection(numbered(Array.from({ length: 6 }, () => [1])));
    const drawn = new Set<string>();
    for (let i = 0; i < 40; i++) {
      const hits = await reader.query({ query: { sample: 'random' }, limit: 3, offset: 5 });
      expect(new Set(ids(hits)).size).toBe(3);
      drawn.add(ids(hits).join());
    }
    expect(drawn.size).toBeGreaterThan(10);
    const filter = { must: [{ has_id: [2, 4] }] };
    expect(new Set(ids(await reader.query({ query: { sample: 'random' }, filter })))).toEqual(
      new Set([2, 4]),
    );
  });
});

describe('batches', () => {
  it('answer in order, on one state, and name the query that failed', async () => {
    const answers = await reader.queryBatch([{ query: [1], using: 'up', limit: 1 }, { limit: 2 }, {}]);
    expect(answers.map(ids)).toEqual([[8], [1, 2], [1, 2, 3, 4, 5, 6, 7, 8]]);
    await expect(reader.queryBatch([{}, { query: 77, using: 'up' }])).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'searches[1]: No point with id 77 found',
    });
    await expect(reader.queryBatch('x' as never)).rejects.toThrow('searches: expected a list');
    expect(collection.held).toBe(0);
  });

  it('end when they are told to', async () => {
    const aborted = AbortSignal.abort();
    const many = Array.from({ length: 20_000 }, () => ({ query: [1], using: 'up' }));
    await expect(reader.queryBatch(many, { signal: aborted })).rejects.toMatchObject({ name: 'AbortError' });
    expect(collection.held).toBe(0);
  });
});
