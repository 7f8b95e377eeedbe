import { describe, expect } from 'vitest';
import { UUID } from '../testing/setup.case.js';
import { type Fixture, freshName, ids, method, refused, useClient } from './client.case.js';

useClient();

describe('query', () => {
  method('query: by vector', async ({ client }) => {
    const { points } = await client.query('cities', {
      query: [1, 0.1, 0, 0],
      limit: 2,
      with_payload: true,
      with_vector: true,
    });
    expect(ids(points)).toEqual([1, 5]);
    expect(points[0]).toMatchObject({
      payload: { city: 'London' },
      version: expect.any(Number),
      score: expect.closeTo(1 / Math.hypot(1, 0.1), 5),
      vector: [1, 0, 0, 0],
    });
    expect((await client.query('cities', { query: [1, 0, 0, 0], limit: 1 })).points[0]).not.toHaveProperty(
      'vector',
    );
  });

  method('query: by point', async ({ client }) => {
    expect(ids((await client.query('cities', { query: 5, limit: 1 })).points)).toEqual([2]);
    expect(ids((await client.query('cities', { query: { nearest: UUID }, limit: 1 })).points)).toEqual([3]);
    await expect(client.query('cities', { query: 99 })).rejects.toMatchObject(
      refused(404, expect.stringMatching(/^Not found: .*99/)),
    );
  });

  method('query: by text', async ({ client }) => {
    for (const model of ['words', 'other'])
      expect(
        ids((await client.query('cities', { query: { text: 'a stone', model }, limit: 1 })).points),
      ).toEqual([3]);
    const own = { text: 'happy', model: undefined } as never;
    expect(ids((await client.query('cities', { query: { nearest: own }, limit: 1 })).points)).toEqual([2]);
    await expect(client.query('cities', { query: { text: 'x', model: 'unknown' } })).rejects.toMatchObject(
      refused(400, expect.stringContaining('`unknown` is not enabled')),
    );
  });

  method('query: by nothing', async ({ client }) => {
    expect(ids((await client.query('cities', { limit: 3 })).points)).toEqual([1, 2, 3]);
  });

  method('query: threshold, offset, parameters, selectors, filter', async ({ client }) => {
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
      timeout: 5,
      consistency: 1,
    });
    expect(next.points).toMatchObject([{ id: 5, payload: { size: 3 } }]);
    const filtered = await client.query('cities', {
      query: [1, 0, 0, 0],
      filter: { must_not: [{ has_id: [1] }], must: [{ key: 'size', range: { gt: 2 } }] },
    });
    expect(filtered.points[0]!.id).toBe(5);
    expect(filtered.points).toHaveLength(3);
  });

  method('query: recommend', async ({ client }) => {
    const best = { average_vector: 5, best_score: 2, sum_scores: 5 } as const;
    for (const strategy of ['average_vector', 'best_score', 'sum_scores'] as const) {
      const { points } = await client.query('cities', {
        query: { recommend: { positive: [1, [0, 1, 0, 0]], negative: [4], strategy } },
      });
      // Between both positive examples, or nearest to one of them. Examples that are points are left out.
      expect(points[0]!.id, strategy).toBe(best[strategy]);
      expect(new Set(ids(points))).toEqual(new Set([2, 3, 5, UUID]));
    }
    await expect(
      client.query('cities', { query: { recommend: { positive: [], negative: [] } } }),
    ).rejects.toMatchObject({ status: 400 });
  });

  method('query: discover and context', async ({ client }) => {
    const { points } = await client.query('cities', {
      query: { discover: { target: [1, 0, 0, 0], context: [{ positive: 2, negative: 4 }] } },
      limit: 6,
    });
    expect(points[0]!.id).toBe(5);
    expect(points[0]!.score).toBeGreaterThan(1);
    const context = await client.query('cities', {
      query: { context: [{ positive: 2, negative: 4 }] },
      limit: 6,
    });
    for (const { id, score } of context.points) {
      expect([2, 4]).not.toContain(id);
      expect(score).toBeLessThanOrEqual(0);
    }
  });

  method('query: in the order of a field, and at random', async ({ client }) => {
    await client.createPayloadIndex('cities', { field_name: 'size', field_schema: 'float' });
    const ordered = await client.query('cities', { query: { order_by: { key: 'size', direction: 'desc' } } });
    expect(ids(ordered.points)).toEqual([1, 3, 5, 2, 4]);
    const sampled = await client.query('cities', { query: { sample: 'random' }, limit: 4 });
    expect(new Set(ids(sampled.points)).size).toBe(4);
  });

  method('query: fusion of prefetches', async ({ client }) => {
    const prefetch = [
      { query: [1, 0.2, 0, 0], limit: 3 },
      { query: [0.8, 0.6, 0, 0], limit: 3 },
    ];
    const rrf = await client.query('cities', { prefetch, query: { fusion: 'rrf' } });
    // First is ranks 0 and 1 of both lists: 1/2 + 1/3.
    const [first, second] = rrf.points;
    expect(new Set([first!.id, second!.id])).toEqual(new Set([1, 5]));
    for (const { score } of [first!, second!]) expect(score).toBeCloseTo(1 / 2 + 1 / 3, 5);
    const weighted = await client.query('cities', { prefetch, query: { rrf: { k: 10 } }, limit: 1 });
    expect(weighted.points[0]!.score).toBeCloseTo(1 / 10 + 1 / 11, 5);
    const dbsf = await client.query('cities', { prefetch, query: { fusion: 'dbsf' }, limit: 2 });
    expect(new Set(ids(dbsf.points))).toEqual(new Set([1, 5]));
  });

  method('query: rescoring a prefetch', async ({ client }) => {
    const { points } = await client.query('cities', {
      prefetch: { query: [0, 0, 0, 1], limit: 6, filter: { must: [{ has_id: [1, 2] }] } },
      query: [0, 1, 0, 0],
      limit: 5,
    });
    expect(ids(points)).toEqual([2, 1]);
  });

  method('query: formula', async ({ client }) => {
    const { points } = await client.query('cities', {
      prefetch: { query: [1, 0, 0, 0], limit: 6 },
      query: {
        formula: {
          sum: ['$score', { mult: [0.5, { key: 'city', match: { value: 'London' } }] }, { neg: 'size' }],
        },
        defaults: { size: 100 },
      },
      limit: 6,
    });
    const score = Object.fromEntries(points.map((point) => [point.id, point.score]));
    expect(score[4]).toBeCloseTo(0 + 0.5 - 1, 5);
    expect(score[1]).toBeCloseTo(1 + 0.5 - 9, 5);
    expect(score[5]).toBeCloseTo(0.6 - 3, 5);
    expect(score[UUID]).toBeCloseTo(-100, 5);
    expect(ids(points)).toEqual([4, 5, 2, 3, 1, UUID]);
  });

  method('query: diverse (MMR)', async ({ client }) => {
    const name = freshName();
    await client.createCollection(name, { vectors: { size: 2, distance: 'Cosine' } });
    const at = (id: number, degrees: number) => ({
      id,
      vector: [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)],
    });
    await client.upsert(name, { points: [at(1, 0), at(2, 1), at(3, 2), at(4, 60)] });
    const query = (diversity: number) =>
      client.query(name, { query: { nearest: [1, 0], mmr: { diversity, candidates_limit: 4 } }, limit: 2 });
    expect(ids((await query(0)).points)).toEqual([1, 2]);
    expect(ids((await query(0.9)).points)).toEqual([1, 4]);
  });

  method('query: vectors of another collection', async ({ client }) => {
    const name = freshName();
    await client.createCollection(name, { vectors: { size: 4, distance: 'Cosine' } });
    await client.upsert(name, { points: [{ id: 100, vector: [0, 0, 0, 1] }] });
    const { points } = await client.query('cities', {
      query: 100,
      lookup_from: { collection: name },
      limit: 1,
    });
    expect(points).toMatchObject([{ id: 4, score: expect.closeTo(1, 5) }]);
  });
});

method('queryBatch', async ({ client }) => {
  const answers = await client.queryBatch('cities', {
    searches: [
      { query: [0, 0, 0, 1], limit: 1 },
      { query: 5, limit: 2, with_payload: ['city'] },
      { query: { text: 'sad', model: 'words' }, limit: 1 },
    ],
    timeout: 10,
  });
  expect(answers.map(({ points }) => ids(points)[0])).toEqual([4, 2, 1]);
  expect(answers[1]!.points).toMatchObject([{ payload: { city: 'Paris' } }, {}]);
});

describe('groups', () => {
  method('queryGroups', async ({ client }) => {
    const { groups } = await client.queryGroups('cities', {
      query: [1, 0.4, 0, 0],
      group_by: 'city',
      limit: 3,
      group_size: 2,
      with_payload: ['size'],
    });
    expect(groups.map(({ id, hits }) => [id, ids(hits)])).toEqual([
      ['London', [1, 4]],
      ['Rome', [5]],
      ['Paris', [2]],
    ]);
    expect(groups[0]!.hits[0]).toMatchObject({ payload: { size: 9 }, score: expect.any(Number) });
  });

  method('queryGroups: with the groups from another collection', async ({ client }) => {
    const name = freshName();
    await client.createCollection(name, { vectors: { size: 1, distance: 'Dot' } });
    await client.upsert(name, { points: [{ id: 7, vector: [1], payload: { title: 'seven' } }] });
    const parts = freshName();
    await client.createCollection(parts, { vectors: { size: 1, distance: 'Dot' } });
    await client.upsert(parts, {
      points: [
        { id: 1, vector: [1], payload: { of: 7 } },
        { id: 2, vector: [2], payload: { of: [7, 8] } },
      ],
    });
    const { groups } = await client.queryGroups(parts, {
      query: [1],
      group_by: 'of',
      with_lookup: { collection: name, with_payload: true },
    });
    expect(groups.find(({ id }) => id === 7)).toMatchObject({
      hits: [{ id: 2 }, { id: 1 }],
      lookup: { id: 7, payload: { title: 'seven' } },
    });
    expect(groups.find(({ id }) => id === 8)).toMatchObject({ hits: [{ id: 2 }] });
  });
});

method('facet', async ({ client }) => {
  await client.createPayloadIndex('cities', { field_name: 'city', field_schema: 'keyword' });
  const { hits } = await client.facet('cities', { key: 'city' });
  expect(hits[0]).toEqual({ value: 'London', count: 2 });
  expect(new Set(hits.map(({ value }) => value))).toEqual(new Set(['London', 'Paris', 'Berlin', 'Rome']));
  const filter = { must: [{ key: 'size', range: { lt: 5 } }] };
  const some = await client.facet('cities', { key: 'city', filter, limit: 2, exact: true });
  expect(some.hits).toHaveLength(2);
  for (const { count } of some.hits) expect(count).toBe(1);
});

describe('the matrix of distances', () => {
  const cosine = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const stored = async ({ client }: Fixture) => {
    const { points } = await client.scroll('cities', { with_vector: true, with_payload: false });
    return new Map(points.map(({ id, vector }) => [id, vector as number[]]));
  };

  method('searchMatrixPairs', async (fixture) => {
    const vectors = await stored(fixture);
    const { pairs } = await fixture.client.searchMatrixPairs('cities', { sample: 10, limit: 2 });
    expect(pairs).toHaveLength(12);
    for (const { a, b, score } of pairs) {
      expect(a).not.toBe(b);
      expect(score).toBeCloseTo(cosine(vectors.get(a)!, vectors.get(b)!), 5);
    }
    const best = pairs.filter(({ a }) => a === 1)[0];
    expect(best).toMatchObject({ a: 1, b: 5, score: expect.closeTo(0.6, 5) });
    const few = await fixture.client.searchMatrixPairs('cities', {
      sample: 10,
      limit: 10,
      filter: { must: [{ has_id: [1, 5] }] },
    });
    expect(few.pairs).toEqual([
      { a: 1, b: 5, score: expect.closeTo(0.6, 5) },
      { a: 5, b: 1, score: expect.closeTo(0.6, 5) },
    ]);
  });

  method('searchMatrixOffsets', async (fixture) => {
    const vectors = await stored(fixture);
    const matrix = await fixture.client.searchMatrixOffsets('cities', { sample: 10, limit: 3 });
    expect([...matrix.ids].sort()).toEqual([...vectors.keys()].sort());
    expect(matrix.scores).toHaveLength(18);
    expect([matrix.offsets_row.length, matrix.offsets_col.length]).toEqual([18, 18]);
    matrix.scores.forEach((score, i) => {
      const [a, b] = [matrix.ids[matrix.offsets_row[i]!]!, matrix.ids[matrix.offsets_col[i]!]!];
      expect(score).toBeCloseTo(cosine(vectors.get(a)!, vectors.get(b)!), 5);
    });
  });
});
