import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { QueryRequest } from '../types/index.js';
import { ids, MemoryCollection, numbered, scored } from './memory.case.js';

// Three vectors per point, so that three prefetches rank points as we like: the larger the better.
const ranks = [
  [9, 1, 0],
  [8, 9, 2],
  [1, 8, 9],
  [7, 2, 8],
];
const collection = new MemoryCollection(
  ranks.map(([a, b, c], i) => ({ id: i + 1, vectors: { a: [a!], b: [b!], c: [c!] } })),
  { spaces: { a: 'Dot', b: 'Dot', c: 'Euclid' } },
);
const { reader } = collection;
const prefetch = (using: string, limit: number) => ({ query: [1], using, limit });
// a: 1, 2, 4, 3 with scores 9, 8, 7, 1. b: 2, 3, 4, 1 with scores 9, 8, 2, 1.

describe('reciprocal rank fusion', () => {
  it('sums 1 / (place + 1), places counted from 1', async () => {
    const hits = await reader.query({
      prefetch: [prefetch('a', 2), prefetch('b', 3)],
      query: { fusion: 'rrf' },
    });
    expect(scored(hits)).toEqual(
      scored([
        { id: 2, score: 1 / 3 + 1 / 2 },
        { id: 1, score: 1 / 2 },
        { id: 3, score: 1 / 3 },
        { id: 4, score: 1 / 4 },
      ]),
    );
  });

  it('takes k and a weight for each prefetch', async () => {
    const lists = [prefetch('a', 2), prefetch('b', 3)];
    const hits = await reader.query({ prefetch: lists, query: { rrf: { k: 60, weights: [3, 0.5] } } });
    expect(scored(hits, 6)).toEqual(
      scored(
        [
          { id: 2, score: 1 / (2 / 3 + 59) + 1 / (2 + 59) },
          { id: 1, score: 1 / (1 / 3 + 59) },
          { id: 3, score: 1 / (4 + 59) },
          { id: 4, score: 1 / (6 + 59) },
        ],
        6,
      ),
    );
    const none = await reader.query({ prefetch: lists, query: { rrf: { weights: [1, 0] } } });
    expect(scored(none)).toEqual(
      scored([
        { id: 1, score: 1 / 2 },
        { id: 2, score: 1 / 3 },
        { id: 3, score: 0 },
        { id: 4, score: 0 },
      ]),
    );
  });

  it('cuts by threshold (an equal score passes), offset and limit', async () => {
    const request: QueryRequest = {
      prefetch: [prefetch('a', 2), prefetch('b', 3)],
      query: { fusion: 'rrf' },
    };
    expect(ids(await reader.query({ ...request, score_threshold: 0.5 }))).toEqual([2, 1]);
    expect(ids(await reader.query({ ...request, offset: 1, limit: 2 }))).toEqual([1, 3]);
  });

  it('ranks as a plain sum does', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 3, maxLength: 3 }), {
          minLength: 1,
          maxLength: 12,
        }),
        fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 3, maxLength: 3 }),
        fc.integer({ min: 1, max: 70 }),
        fc.array(fc.double({ min: 0.1, max: 9, noNaN: true }), { minLength: 3, maxLength: 3 }),
        async (points, limits, k, weights) => {
          const { reader } = new MemoryCollection(
            points.map((values, i) => ({
              id: i + 1,
              vectors: { a: [values[0]!], b: [values[1]!], c: [values[2]!] },
            })),
            { spaces: { a: 'Dot', b: 'Dot', c: 'Dot' } },
          );
          const lists = ['a', 'b', 'c'].map((using, i) => ({ query: [1], using, limit: limits[i]! }));
          const hits = await reader.query({
            prefetch: lists,
            query: { rrf: { k, weights } },
            limit: 100,
          });
          const expected = new Map<number, number>();
          for (const i of [0, 1, 2])
            [...points.keys()]
              .sort((x, y) => points[y]![i]! - points[x]![i]! || x - y)
              .slice(0, limits[i]!)
              .forEach((row, place) => {
                const share = 1 / ((place + 1) / weights[i]! + k - 1);
                expected.set(row + 1, (expected.get(row + 1) ?? 0) + share);
              });
          expect(hits).toHaveLength(expected.size);
          for (const { id, score } of hits) expect(score).toBeCloseTo(expected.get(Number(id))!, 5);
          for (let i = 1; i < hits.length; i++)
            expect(hits[i]!.score).toBeLessThanOrEqual(hits[i - 1]!.score);
        },
      ),
      { seed: 9, numRuns: 60 },
    );
  });
});

describe('distribution-based score fusion', () => {
  it('places each list between its mean less and plus three deviations', async () => {
    const hits = await reader.query({
      prefetch: [prefetch('a', 3), prefetch('b', 2)],
      query: { fusion: 'dbsf' },
    });
    // a: 9, 8, 7: mean 8, deviation 1, so 5 to 11. b: 9, 8: mean 8.5, variance 0.5.
    const reach = 3 * Math.sqrt(0.5);
    const b = (score: number) => (score - 8.5 + reach) / (2 * reach);
    expect(scored(hits)).toEqual(
      scored([
        { id: 2, score: 0.5 + b(9) },
        { id: 1, score: 4 / 6 },
        { id: 3, score: b(8) },
        { id: 4, score: 2 / 6 },
      ]),
    );
  });

  it('gives 0.5 to a list of one, and of equals', async () => {
    const one = await reader.query({ prefetch: prefetch('a', 1), query: { fusion: 'dbsf' } });
    expect(scored(one)).toEqual([[1, 0.5]]);
    const unscored = await reader.query({ prefetch: [{ limit: 3 }], query: { fusion: 'dbsf' } });
    expect(scored(unscored)).toEqual([
      [1, 0.5],
      [2, 0.5],
      [3, 0.5],
    ]);
  });
});

describe('fusion that makes no sense', () => {
  it.each<[object, string]>([
    [{ query: { fusion: 'rrf' } }, 'cannot apply Fusion without prefetches'],
    [{ query: { rrf: {} } }, 'cannot apply Fusion without prefetches'],
    [{ query: { fusion: 'sum' }, prefetch: [prefetch('a', 1)] }, 'query.fusion: expected "rrf" or "dbsf"'],
    [{ query: { rrf: { k: 0 } }, prefetch: [prefetch('a', 1)] }, 'query.rrf.k: expected an integer from 1'],
    [
      { query: { rrf: { weights: [1, 2] } }, prefetch: [prefetch('a', 1)] },
      'RRF weights length (2) does not match number of prefetches (1)',
    ],
    [{ query: { rrf: { weights: ['x'] } }, prefetch: [prefetch('a', 1)] }, 'query.rrf.weights[0]'],
    [
      { query: { fusion: 'rrf' }, using: 'a', prefetch: [prefetch('a', 1)] },
      "Fusion queries cannot be combined with the 'using' field.",
    ],
  ])('%j is refused', async (request, message) => {
    await expect(reader.query(request)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(message),
    });
    expect(collection.held).toBe(0);
  });
});

describe('maximal marginal relevance', () => {
  // Qdrant's own example: near points, some of them alike.
  const points = numbered([
    [1.0, 0.05],
    [0.95, 0.15],
    [0.8, 0.0],
    [0.85, 0.25],
    [1.0, 0.5],
  ]);

  it.each<[number, number[]]>([
    [0, [1, 2, 3]],
    [0.5, [1, 3, 2]],
    [0.99, [1, 5, 4]],
  ])('of diversity %d chooses %j', async (diversity, expected) => {
    const { reader } = new MemoryCollection(points, { spaces: { '': 'Euclid' } });
    const hits = await reader.query({
      query: { nearest: [1, 0], mmr: { diversity, candidates_limit: 100 } },
      limit: 3,
    });
    expect(ids(hits)).toEqual(expected);
    const near = await reader.query({ query: [1, 0] });
    for (const { id, score } of hits) expect(score).toBe(near.find((hit) => hit.id === id)!.score);
  });

  it('chooses as the definition says, whatever the vectors', async () => {
    const value = fc.integer({ min: -4, max: 4 });
    const token = fc.array(value, { minLength: 2, maxLength: 2 }).filter(([a, b]) => a !== 0 || b !== 0);
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.array(token, { minLength: 2, maxLength: 10 }),
          fc.array(fc.array(token, { minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 10 }),
        ),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 5 }),
        async (vectors, diversity, limit) => {
          const { reader } = new MemoryCollection(numbered(vectors), { spaces: { '': 'Dot' } });
          const query = vectors[0]!;
          const all = { nearest: query, mmr: { diversity, candidates_limit: 50 } };
          const hits = await reader.query({ query: all, limit });
          const like = (a: number[] | number[][], b: number[] | number[][]): number =>
            Array.isArray(a[0])
              ? (a as number[][]).reduce(
                  (sum, x) => sum + Math.max(...(b as number[][]).map((y) => x[0]! * y[0]! + x[1]! * y[1]!)),
                  0,
                )
              : (a as number[]).reduce((sum, x, i) => sum + x * (b as number[])[i]!, 0);
          const chosen: number[] = [];
          for (const { id } of hits) {
            const worth = (i: number) =>
              chosen.length === 0
                ? like(query, vectors[i]!)
                : (1 - diversity) * like(query, vectors[i]!) -
                  diversity * Math.max(...chosen.map((j) => like(vectors[i]!, vectors[j]!)));
            const left = [...vectors.keys()].filter((i) => !chosen.includes(i));
            expect(worth(Number(id) - 1)).toBeCloseTo(Math.max(...left.map(worth)), 3);
            chosen.push(Number(id) - 1);
          }
          expect(new Set(chosen).size).toBe(Math.min(limit, vectors.length));
        },
      ),
      { seed: 4, numRuns: 80 },
    );
  });

  it('chooses among sparse vectors, and among what prefetches found', async () => {
    const sparse = new MemoryCollection(
      numbered([
        { indices: [1, 2], values: [3, 1] },
        { indices: [1, 2], values: [3, 0.9] },
        { indices: [3, 1], values: [5, 1] },
      ]),
    ).reader;
    const nearest = { indices: [1], values: [1] };
    const hits = await sparse.query({ query: { nearest, mmr: { candidates_limit: 3 } }, limit: 2 });
    expect(ids(hits)).toEqual([1, 3]);
    const { reader } = new MemoryCollection(points, { spaces: { '': 'Euclid' } });
    const rescored = await reader.query({
      prefetch: { query: [1, 0], limit: 4 },
      query: { nearest: [1, 0], mmr: { diversity: 0.99, candidates_limit: 10 } },
      limit: 2,
    });
    expect(ids(rescored)).toEqual([1, 4]);
  });

  it('has as many candidates as hits are wanted, unless told otherwise', async () => {
    const { reader } = new MemoryCollection(points, { spaces: { '': 'Euclid' } });
    const query = { nearest: [1, 0], mmr: { diversity: 0.99 } };
    expect(new Set(ids(await reader.query({ query, limit: 3 })))).toEqual(new Set([1, 2, 3]));
    const few = { nearest: [1, 0], mmr: { candidates_limit: 2 } };
    expect(await reader.query({ query: few, limit: 3 })).toHaveLength(2);
    expect(await reader.query({ query: { nearest: [1, 0], mmr: { candidates_limit: 0 } } })).toEqual([]);
  });

  it.each([
    [{ diversity: 1.5 }, 'query.mmr.diversity: value 1.5 invalid'],
    [{ diversity: 'x' }, 'query.mmr.diversity: expected a number'],
    [{ candidates_limit: 16_385 }, 'query.mmr.candidates_limit: expected an integer from 0 to 16384'],
    [7, 'query.mmr: expected an object'],
  ])('refuses %j', async (mmr, message) => {
    const { reader } = new MemoryCollection(points);
    await expect(reader.query({ query: { nearest: [1, 0], mmr: mmr as never } })).rejects.toThrow(message);
  });
});
