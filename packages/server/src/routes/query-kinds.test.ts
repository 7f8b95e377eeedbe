import { beforeEach, describe, expect, it } from 'vitest';
import { createEncoders } from '../encoders.js';
import { type Ask, fillCities, testApp, UUID, wordEncoder } from '../testing/setup.case.js';

let ask: Ask;
beforeEach(async () => {
  ({ ask } = await testApp());
  await fillCities(ask);
});
const path = '/collections/cities/points';
const error = (words: string) => ({ status: { error: expect.stringContaining(words) } });
const ids = (points: { id: unknown }[]) => points.map(({ id }) => id);

describe('what is wrong with a query of a kind', () => {
  it.each<[object, number, string]>([
    // In Qdrant's own words.
    [
      { prefetch: [{ query: [1, 0, 0, 0] }] },
      400,
      "Bad request: A query is needed to merge the prefetches. Can't have prefetches without defining a query.",
    ],
    [
      { score_threshold: 1 },
      400,
      "Bad request: A query is needed to use the score_threshold. Can't have score_threshold without defining a query.",
    ],
    [
      { query: { order_by: 'a' }, score_threshold: 1 },
      400,
      "Bad request: Can't use score_threshold with an order_by query.",
    ],
    [
      { query: { fusion: 'rrf' }, using: 'x', prefetch: {} },
      400,
      "Bad request: Fusion queries cannot be combined with the 'using' field.",
    ],
    [{ query: { fusion: 'rrf' } }, 400, 'cannot apply Fusion without prefetches'],
    [{ query: { recommend: { positive: [1, 33] } } }, 404, 'Not found: No point with id 33 found'],
    [{ query: { formula: 'size' }, prefetch: {} }, 400, 'Expected number value for size in the payload'],
    [
      { query: { formula: { div: { left: 1, right: 0 } } }, prefetch: {} },
      400,
      'The expression 1/0 = inf produced a non-finite number',
    ],
    // Bounds.
    [
      { query: { nearest: 1, mmr: { diversity: 2 } } },
      422,
      'query.mmr.diversity: value 2 invalid, must be 1 or smaller',
    ],
    [{ query: { nearest: 1, mmr: { candidates_limit: 20_000 } } }, 422, 'query.mmr.candidates_limit'],
    [{ query: { rrf: { k: 0 } }, prefetch: {} }, 422, 'query.rrf.k: value 0 invalid, must be 1 or larger'],
    [
      { prefetch: [{ limit: 0 }], query: [1, 0, 0, 0] },
      422,
      'prefetch[0].limit: value 0 invalid, must be 1 or larger',
    ],
    [
      {
        query: {
          relevance_feedback: {
            target: 1,
            feedback: [{ example: 2, score: 1 }],
            strategy: { naive: { a: 1, b: -1, c: 1 } },
          },
        },
      },
      422,
      'query.relevance_feedback.strategy.naive.b: value -1 invalid, must be 0 or larger',
    ],
    [
      {
        query: {
          relevance_feedback: { target: 1, feedback: [], strategy: { naive: { a: 1, b: 1, c: 1 } } },
        },
      },
      422,
      'query.relevance_feedback.feedback',
    ],
    // Shapes, with their places.
    [{ query: { recommend: { positive: 5 } } }, 400, 'query.recommend.positive: expected array'],
    [{ query: { recommend: { strategy: 'x' } } }, 400, 'query.recommend.strategy'],
    [{ query: { discover: { context: [] } } }, 400, 'query.discover.target'],
    [{ query: { context: [{ positive: 1 }] } }, 400, 'query.context[0].negative'],
    [{ query: { fusion: 'max' } }, 400, 'query.fusion'],
    [{ query: { sample: 'first' } }, 400, 'query.sample'],
    [{ query: { order_by: { direction: 'asc' } } }, 400, 'query.order_by.key'],
    [
      { query: { order_by: { key: 'size', start_from: [] } } },
      400,
      'query.order_by.start_from: expected a number or a date',
    ],
    [{ query: { formula: { sum: 5 } }, prefetch: {} }, 400, 'query.formula.sum: expected array'],
    [
      { query: { formula: { sum: [{ mutl: [] }] } }, prefetch: {} },
      400,
      'query.formula.sum[0]: expected a condition',
    ],
    [{ query: { formula: null } }, 400, 'query.formula: expected a number, a variable'],
    [{ query: { indices: [1], values: [] } }, 422, 'query.values: must be the same length as indices'],
    [{ query: { indices: [-1], values: [1] } }, 400, 'query.indices[0]: expected an integer from 0'],
    [{ query: { indices: [1], values: ['x'] } }, 400, 'query.values[0]: expected a number'],
    [
      {
        query: [
          [1, 0],
          [1, 'x'],
        ],
      },
      400,
      'query[1][1]: expected a number',
    ],
    [{ query: { image: 'x', model: 'y' } }, 400, 'query: images cannot be encoded here'],
    [{ prefetch: 7, query: 1 }, 400, 'prefetch: expected a prefetch object, got a number'],
    [
      { prefetch: [{ prefetch: { query: [1, 'x'] } }], query: 1 },
      400,
      'prefetch[0].prefetch.query[1]: expected a number',
    ],
    [{ lookup_from: { vector: 'a' }, query: 1 }, 400, 'lookup_from.collection'],
    [{ query: 1, params: { idf: 'local' } }, 400, 'params.idf'],
  ])('%j', async (body, status, words) => {
    expect(await ask('POST', `${path}/query`, body)).toMatchObject({ status, body: error(words) });
  });

  it('is told of groups and of the matrix too', async () => {
    const cases: [string, object, number, string][] = [
      ['query/groups', { query: 1 }, 400, 'group_by'],
      [
        'query/groups',
        { query: 1, group_by: 'city', limit: 0 },
        422,
        'limit: value 0 invalid, must be 1 or larger',
      ],
      ['query/groups', { query: 1, group_by: 'city', group_size: 0 }, 422, 'group_size'],
      ['query/groups', { query: 1, group_by: 'city', with_lookup: 'gone' }, 404, 'Collection gone not found'],
      ['search/matrix/pairs', { sample: 1 }, 422, 'sample: value 1 invalid, must be 2 or larger'],
      ['search/matrix/offsets', { limit: 0 }, 422, 'limit: value 0 invalid, must be 1 or larger'],
      ['search/matrix/pairs', { using: 'wrong' }, 400, 'wrong'],
      ['scroll', { order_by: 'size', offset: 3 }, 400, ''],
    ];
    for (const [route, body, status, words] of cases)
      expect(await ask('POST', `${path}/${route}`, body), route).toMatchObject({
        status,
        body: error(words),
      });
  });
});

describe('texts', () => {
  it('may stand for any vector; all of one model are encoded in one call', async () => {
    const made = new Map<string, ReturnType<typeof wordEncoder>>();
    const encoders = createEncoders({
      create: async (name) => {
        const encoder = wordEncoder(name);
        made.set(name, encoder);
        return encoder;
      },
      allow: ['words', 'other'],
    });
    const { ask } = await testApp({ encoders });
    await fillCities(ask);
    const text = (words: string, model?: string) => ({ text: words, ...(model && { model }) });
    const searches = [
      { query: text('sad'), limit: 1 },
      { query: { nearest: text('happy'), mmr: {} }, limit: 1 },
      { query: { recommend: { positive: [text('stone')], negative: [text('sad')] } }, limit: 1 },
      {
        query: {
          discover: { target: text('sad'), context: { positive: text('happy'), negative: text('stone') } },
        },
        limit: 1,
      },
      {
        query: { context: [{ positive: text('water', 'other'), negative: text('sad', 'other') }] },
        limit: 1,
      },
      {
        prefetch: [{ prefetch: { query: text('water', 'other') }, query: text('happy'), limit: 2 }],
        query: { fusion: 'rrf' },
        limit: 2,
      },
      {
        query: {
          relevance_feedback: {
            target: text('stone'),
            feedback: [{ example: text('water'), score: 1 }],
            strategy: { naive: { a: 1, b: 1, c: 1 } },
          },
        },
        limit: 1,
      },
    ];
    const { result } = (await ask('POST', `${path}/query/batch`, { searches })).body;
    expect(result.map(({ points }: { points: { id: unknown }[] }) => ids(points))).toEqual([
      [1],
      [2],
      [3],
      [5],
      [4],
      [2, 5],
      [3],
    ]);
    expect([made.get('words')!.calls, made.get('other')!.calls]).toEqual([1, 1]);
    await ask('POST', `${path}/query`, { query: text('sad and happy'), limit: 1 });
    await ask('POST', `${path}/query`, { query: text('sad'), limit: 1 });
    expect(made.get('words')!.calls).toBe(2);
  });

  it('are not looked for in filters and defaults', async () => {
    const filter = { must: [{ key: 'city', match: { text: 'Lond' } }] };
    const body = {
      prefetch: { filter },
      query: {
        formula: { mult: [{ key: 'city', match: { text: 'London' } }, 2] },
        defaults: { a: { text: 'b' } },
      },
    };
    const { points } = (await ask('POST', `${path}/query`, body)).body.result;
    expect(points.map(({ id, score }: { id: number; score: number }) => [id, score])).toEqual([
      [1, 2],
      [4, 2],
    ]);
  });
});

describe('the older forms', () => {
  const post = async (route: string, body: object) =>
    (await ask('POST', `${path}/${route}`, body)).body.result;

  it('search by named vectors and in groups', async () => {
    await ask('PUT', '/collections/named', { vectors: { a: { size: 2, distance: 'Dot' } } });
    const points = [1, 2].map((id) => ({ id, vector: { a: [id, 0] }, payload: { g: 'x' } }));
    await ask('PUT', '/collections/named/points', { points });
    const vector = { name: 'a', vector: [1, 0] };
    const one = { vector, top: 1, with_vectors: true };
    expect((await ask('POST', '/collections/named/points/search', one)).body.result).toEqual([
      { id: 2, version: expect.any(Number), score: 2, vector: { a: [2, 0] } },
    ]);
    const groups = { vector, group_by: 'g', limit: 3, group_size: 1 };
    expect((await ask('POST', '/collections/named/points/search/groups', groups)).body.result).toMatchObject({
      groups: [{ id: 'x', hits: [{ id: 2 }] }],
    });
    expect(
      await ask('POST', '/collections/named/points/search/groups', { vector, group_by: 'g' }),
    ).toMatchObject({
      status: 400,
      body: error('limit'),
    });
  });

  it('recommend, alone, in batches and in groups', async () => {
    const one = { positive: [1], negative: [[0, 0, 0, 1]], limit: 2 };
    expect(ids(await post('recommend', one))).toEqual([5, 2]);
    expect(
      await post('recommend/batch', { searches: [one, { ...one, strategy: 'best_score' }] }),
    ).toMatchObject([
      [{ id: 5 }, { id: 2 }],
      [{ id: 5 }, {}],
    ]);
    const { groups } = await post('recommend/groups', { ...one, group_by: 'city', group_size: 1 });
    expect(groups.map(({ id }: { id: string }) => id)).toEqual(['Rome', 'Paris']);
    const byLookup = { positive: [1], limit: 1, lookup_from: { collection: 'gone' } };
    expect(await ask('POST', `${path}/recommend`, byLookup)).toMatchObject({ status: 404 });
    for (const [body, words] of [
      [{ limit: 1 }, 'At least one positive vector ID required with this strategy'],
      [{ negative: [1], limit: 1 }, 'At least one positive vector ID required'],
      [{ limit: 1, strategy: 'sum_scores' }, 'At least one positive or negative vector ID required'],
      [{ positive: [1] }, 'limit: expected a number, but it is missing'],
    ] as const)
      expect(await ask('POST', `${path}/recommend`, body)).toMatchObject({ status: 400, body: error(words) });
    expect(await ask('POST', `${path}/recommend`, { positive: [1], limit: 0 })).toMatchObject({
      status: 422,
    });
  });

  it('discover with a target, a context, or both', async () => {
    const context = [{ positive: 1, negative: 3 }];
    expect(ids(await post('discover', { target: 2, context, limit: 1 }))).toEqual([5]);
    expect(ids(await post('discover', { target: 2, limit: 2 }))).toEqual([5, UUID]);
    const batch = {
      searches: [
        { context, limit: 1 },
        { target: [0, 0, 0, 1], limit: 1 },
      ],
    };
    expect((await post('discover/batch', batch)).map(ids)).toEqual([[5], [4]]);
    expect(await ask('POST', `${path}/discover`, { limit: 1 })).toMatchObject({
      status: 400,
      body: error('target and/or context_pairs must be specified'),
    });
  });
});
