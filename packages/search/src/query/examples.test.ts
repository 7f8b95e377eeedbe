import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Distance } from '../index/types.js';
import type { Query } from '../types/index.js';
import { ids, MemoryCollection, numbered, rawOf, scored, scoreOf, type Written } from './memory.case.js';

const distances: Distance[] = ['Cosine', 'Dot', 'Euclid', 'Manhattan'];
const unitSigmoid = (x: number) => 0.5 * (x / (1 + Math.abs(x)) + 1);

// A cross of four points, and one aside.
const cross: Written[] = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
  [0.6, 0.8],
];

describe('nearest', () => {
  it.each(distances)('finds by a vector or an id under %s, and not the id itself', async (distance) => {
    const { reader } = new MemoryCollection(numbered(cross), { spaces: { '': distance } });
    const sign = distance === 'Cosine' || distance === 'Dot' ? -1 : 1;
    const expected = cross
      .map((vector, i) => ({ id: i + 1, score: Math.fround(scoreOf(distance, [0.6, 0.8], vector)) }))
      .sort((a, b) => sign * (a.score - b.score));
    for (const query of [[0.6, 0.8], { nearest: [0.6, 0.8] }] satisfies Query[])
      expect(scored(await reader.query({ query }))).toEqual(scored(expected));
    for (const query of [5, { nearest: 5 }] satisfies Query[])
      expect(scored(await reader.query({ query }))).toEqual(scored(expected.filter(({ id }) => id !== 5)));
  });

  it('cuts at a threshold, which an equal score does not pass', async () => {
    const points = numbered([[1], [2], [3]]);
    const dot = new MemoryCollection(points, { spaces: { '': 'Dot' } }).reader;
    expect(ids(await dot.query({ query: [1], score_threshold: 2 }))).toEqual([3]);
    const euclid = new MemoryCollection(points, { spaces: { '': 'Euclid' } }).reader;
    expect(ids(await euclid.query({ query: [0], score_threshold: 2 }))).toEqual([1]);
  });

  it('pages, and passes the parameters of the search on', async () => {
    const collection = new MemoryCollection(numbered([[1], [2], [3], [4]]), { spaces: { '': 'Dot' } });
    const query = { query: [1], limit: 2, params: { hnsw_ef: 77, exact: true } };
    expect(ids(await collection.reader.query({ ...query, offset: 1 }))).toEqual([3, 2]);
    expect(collection.spaces.get('')!.options).toMatchObject({ ef: 77, exact: true });
    const corpus = { must: [{ has_id: [2, 3] }] };
    await collection.reader.query({ query: [1], params: { idf: { corpus } } });
    expect([...collection.spaces.get('')!.options!.corpus!]).toEqual([1, 2]);
    await collection.reader.query({
      query: { recommend: { positive: [1], strategy: 'sum_scores' } },
      params: { idf: { corpus } },
    });
    expect([...collection.spaces.get('')!.options!.corpus!]).toEqual([1, 2]);
  });

  it('takes many ids out of the result', async () => {
    const points = numbered(Array.from({ length: 200 }, (_, i) => [i + 1]));
    const { reader } = new MemoryCollection(points, { spaces: { '': 'Dot' } });
    const positive = Array.from({ length: 100 }, (_, i) => 200 - i);
    expect(ids(await reader.query({ query: { recommend: { positive } }, limit: 3 }))).toEqual([100, 99, 98]);
    expect(await reader.query({ query: 7, limit: 1_000_000 })).toHaveLength(199);
    const filter = { must_not: [{ has_id: [100] }] };
    expect(ids(await reader.query({ query: { recommend: { positive } }, filter, limit: 2 }))).toEqual([
      99, 98,
    ]);
  });
});

describe('recommend', () => {
  it('averages dense vectors: 2 · positive − negative', async () => {
    const { reader } = new MemoryCollection(numbered(cross), { spaces: { '': 'Dot' } });
    // Mean of positives (0.5, 0.5), negative (-1, 0): (2, 1).
    const query = {
      recommend: {
        positive: [
          [1, 0],
          [0, 1],
        ],
        negative: [[-1, 0]],
      },
    };
    expect(scored(await reader.query({ query }))).toEqual([
      [1, 2],
      [5, 2],
      [2, 1],
      [4, -1],
      [3, -2],
    ]);
    const byId = { recommend: { positive: [1, 2], negative: [3] } };
    expect(scored(await reader.query({ query: byId }))).toEqual([
      [5, 2],
      [4, -1],
    ]);
  });

  it('averages what is given as it is given, before it is brought to unit length', async () => {
    const { reader } = new MemoryCollection(numbered(cross), { spaces: { '': 'Cosine' } });
    // (30, 0) and (0, 40): their mean has the direction (0.6, 0.8).
    const [best] = await reader.query({
      query: {
        recommend: {
          positive: [
            [30, 0],
            [0, 40],
          ],
        },
      },
      limit: 1,
    });
    expect(scored([best!])).toEqual([[5, 1]]);
  });

  it('averages sparse vectors over all indices, and puts token vectors together', async () => {
    const sparse = new MemoryCollection(
      numbered([
        { indices: [1, 5], values: [1, 2] },
        { indices: [5, 7], values: [4, 1] },
        { indices: [7], values: [1] },
      ]),
    ).reader;
    // Mean: 1 → 0.5, 5 → 3, 7 → 0.5; doubled, less the negative: 1 → 1, 5 → 6, 7 → −4.
    const query = {
      recommend: {
        positive: [
          { indices: [5, 1], values: [2, 1] },
          { indices: [5, 7], values: [4, 1] },
        ],
        negative: [{ indices: [7], values: [5] }],
      },
    };
    expect(scored(await sparse.query({ query }))).toEqual([
      [2, 20],
      [1, 13],
      [3, -4],
    ]);
    const multi = new MemoryCollection(
      numbered([
        [
          [1, 0],
          [0, 1],
        ],
        [[3, 0]],
        [[0, -2]],
      ]),
    ).reader;
    // Tokens (1, 0), (0, 1), and (−1, −1) for the negative (1, 1).
    const tokens = { recommend: { positive: [[[1, 0]], [[0, 1]]], negative: [[[1, 1]]] } };
    expect(scored(await multi.query({ query: tokens }))).toEqual([
      [1, 1 + 1 - 1],
      [2, 3 + 0 - 3],
      [3, 0 - 2 + 2],
    ]);
  });

  it('wants examples, of one kind', async () => {
    const { reader } = new MemoryCollection(numbered(cross));
    const recommend = (input: object) => reader.query({ query: { recommend: input } });
    await expect(recommend({ negative: [1] })).rejects.toThrow('Positive vectors should not be empty');
    await expect(recommend({ strategy: 'best_score' })).rejects.toThrow('At least one positive or negative');
    await expect(recommend({ positive: [1], strategy: 'worst' })).rejects.toThrow(
      'query.recommend.strategy: expected "average_vector" or "best_score"',
    );
    await expect(recommend({ positive: [99] })).rejects.toThrow('No point with id 99 found');
    await expect(recommend({ positive: [[1, 2], { indices: [1], values: [1] }] })).rejects.toThrow(
      "Can't average vectors with different types",
    );
  });
});

const component = fc.integer({ min: -4, max: 4 }).map((value) => value / 2);
const vector = fc
  .array(component, { minLength: 3, maxLength: 3 })
  .filter((values) => values.some((value) => value !== 0));
const tokens = fc.array(vector, { minLength: 1, maxLength: 3 });
const sparse = fc
  .uniqueArray(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 5 })
  .chain((indices) =>
    fc
      .array(component, { minLength: indices.length, maxLength: indices.length })
      .map((values) => ({ indices, values })),
  );

/** Points, examples, and a distance, for vectors of one kind. */
const setting = fc
  .constantFrom<[fc.Arbitrary<Written>, Distance[]]>(
    [vector, distances],
    [tokens, distances],
    [sparse, ['Dot']],
  )
  .chain(([kind, possible]) =>
    fc.record({
      stored: fc.array(kind, { minLength: 3, maxLength: 12 }),
      given: fc.array(kind, { minLength: 7, maxLength: 7 }),
      distance: fc.constantFrom(...possible),
      threshold: fc.option(fc.double({ min: -2, max: 2, noNaN: true }), { nil: undefined }),
    }),
  );

/** Compares a query with a formula for the score of one stored vector. */
function checkScores(
  query: (given: Written[]) => Query,
  score: (similar: (example: number) => number, count: number) => number,
) {
  return fc.assert(
    fc.asyncProperty(setting, async ({ stored, given, distance, threshold }) => {
      const { reader } = new MemoryCollection(numbered(stored), { spaces: { '': distance } });
      const request = { query: query(given), ...(threshold !== undefined && { score_threshold: threshold }) };
      const hits = await reader.query({ ...request, limit: 100 });
      const expected = stored.map((each, i) => ({
        id: i + 1,
        score: score((example) => rawOf(distance, given[example]!, each), given.length),
      }));
      for (const { id, score } of hits) expect(score).toBeCloseTo(expected[Number(id) - 1]!.score, 3);
      for (let i = 1; i < hits.length; i++) expect(hits[i]!.score).toBeLessThanOrEqual(hits[i - 1]!.score);
      const surely = (slack: number) =>
        expected.filter((each) => threshold === undefined || each.score > threshold + slack).length;
      expect(hits.length).toBeGreaterThanOrEqual(surely(1e-3));
      expect(hits.length).toBeLessThanOrEqual(surely(-1e-3));
    }),
    { seed: 5, numRuns: 120 },
  );
}

describe('scores made of several examples, as the formulas say', () => {
  it('best_score', () =>
    checkScores(
      (given) => ({
        recommend: { positive: given.slice(0, 3), negative: given.slice(3, 5), strategy: 'best_score' },
      }),
      (similar) => {
        const positive = Math.max(similar(0), similar(1), similar(2));
        const negative = Math.max(similar(3), similar(4));
        // Where both are equally near, rounding decides on which side the score is.
        return positive > negative ? unitSigmoid(positive) : -unitSigmoid(negative);
      },
    ));

  it('best_score of negatives alone', () =>
    checkScores(
      (given) => ({ recommend: { negative: given.slice(0, 2), strategy: 'best_score' } }),
      (similar) => -unitSigmoid(Math.max(similar(0), similar(1))),
    ));

  it('sum_scores', () =>
    checkScores(
      (given) => ({
        recommend: { positive: given.slice(0, 3), negative: given.slice(3), strategy: 'sum_scores' },
      }),
      (similar) => similar(0) + similar(1) + similar(2) - similar(3) - similar(4) - similar(5) - similar(6),
    ));

  it('context', () =>
    checkScores(
      (given) => ({
        context: [
          { positive: given[0]!, negative: given[1]! },
          { positive: given[2]!, negative: given[3]! },
        ],
      }),
      (similar) =>
        [0, 2].reduce((sum, pair) => {
          const loss = Math.min(similar(pair) - similar(pair + 1) - 2 ** -23, 0);
          return sum + loss / (1 + Math.abs(loss));
        }, 0),
    ));

  it('relevance_feedback', () =>
    checkScores(
      (given) => ({
        relevance_feedback: {
          target: given[0]!,
          feedback: [1, 2, 3].map((i) => ({ example: given[i]!, score: [0, 0.9, 0.4, 0.4][i]! })),
          strategy: { naive: { a: 0.5, b: 2, c: 3 } },
        },
      }),
      (similar) => {
        const scores = [0, 0.9, 0.4, 0.4];
        let sum = 0.5 * similar(0);
        for (let i = 1; i <= 3; i++)
          for (let j = 1; j <= 3; j++) {
            const confidence = scores[i]! - scores[j]!;
            if (confidence > 0) sum += confidence ** 2 * 3 * (similar(i) - similar(j));
          }
        return sum;
      },
    ));
});

it('scores of large collections are the same as of small ones, piece by piece', async () => {
  const many = Array.from({ length: 40_000 }, (_, i) => [(i * 7919) % 40_000]);
  const { reader } = new MemoryCollection(numbered(many));
  const query = { recommend: { positive: [[1]], negative: [[2]], strategy: 'sum_scores' as const } };
  const hits = await reader.query({ query, limit: 3 });
  const places = [0, 1, 2].map((value) => many.findIndex(([each]) => each === value) + 1);
  expect(scored(hits)).toEqual(places.map((id, value) => [id, value === 0 ? 0 : -value]));
});

describe('discover', () => {
  // On a line: the pair's border is at 2.
  const line: Written[] = [[0], [1], [3], [5]];
  const spaces = { '': 'Euclid' as const };

  it('ranks by the sides of the pairs first, then by the target', async () => {
    const { reader } = new MemoryCollection(numbered(line), { spaces });
    const context = { positive: [4], negative: [0] };
    const hits = await reader.query({ query: { discover: { target: [1], context } } });
    // Raw similarity is minus the square of the distance.
    expect(scored(hits)).toEqual(
      scored([
        { id: 3, score: 1 + unitSigmoid(-4) },
        { id: 4, score: 1 + unitSigmoid(-16) },
        { id: 2, score: -1 + unitSigmoid(0) },
        { id: 1, score: -1 + unitSigmoid(-1) },
      ]),
    );
    const two = [context, { positive: [4], negative: [2] }];
    expect(ids(await reader.query({ query: { discover: { target: [1], context: two } } }))).toEqual([
      4, 3, 2, 1,
    ]);
  });

  it('counts a point between both as neither, and takes no context for none', async () => {
    const { reader } = new MemoryCollection(numbered([[2], [3]]), { spaces });
    const context = [{ positive: [4], negative: [0] }];
    const hits = await reader.query({ query: { discover: { target: [2], context } } });
    expect(scored(hits)).toEqual([
      [2, Number((1 + unitSigmoid(-1)).toFixed(5))],
      [1, 0.5],
    ]);
    expect(scored(await reader.query({ query: { discover: { target: [2], context: null } } }))).toEqual([
      [1, 0.5],
      [2, 0.25],
    ]);
  });

  it('leaves out all points that it names', async () => {
    const { reader } = new MemoryCollection(numbered(line), { spaces });
    const query = { discover: { target: 1, context: [{ positive: 3, negative: [9] }] } };
    expect(ids(await reader.query({ query }))).toEqual([2, 4]);
    expect(ids(await reader.query({ query: { context: [{ positive: 3, negative: 1 }] } }))).toEqual([4, 2]);
    expect((await reader.query({ query: { context: [] } })).map(({ score }) => score)).toEqual([0, 0, 0, 0]);
  });
});

describe('relevance feedback', () => {
  it('is nearest search times a when the judge told nothing apart, and is checked', async () => {
    const { reader } = new MemoryCollection(numbered(cross));
    const ask = (feedback: unknown[], naive: object = { a: 1, b: 100, c: 100 }) =>
      reader.query({
        query: { relevance_feedback: { target: [1, 0.5], feedback, strategy: { naive } } as never },
      });
    const one = [{ example: [0.4, 0.4], score: 0.8 }];
    expect(scored(await ask(one))).toEqual(scored(await reader.query({ query: [1, 0.5] })));
    await expect(ask([])).rejects.toThrow('feedback elements must be non-empty');
    await expect(ask(one, { a: 1, b: -1, c: 1 })).rejects.toThrow('value -1 invalid');
    await expect(ask(one, { a: 1, b: 1 })).rejects.toThrow('query.relevance_feedback.strategy.naive.c');
    await expect(ask([{ example: 777, score: 1 }])).rejects.toThrow('No point with id 777 found');
  });
});
