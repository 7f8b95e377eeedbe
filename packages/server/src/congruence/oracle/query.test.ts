/**
 * The oracle's queries against facts of Qdrant's own tests (tests/openapi) and cases worked out by hand.
 */
import type { CreateCollection, PointStruct, Prefetch, QueryRequest } from '@fletch/search';
import { describe, expect, test } from 'vitest';
import { OracleCollection } from './collection.case.js';
import { Doubts, Refused } from './doubts.case.js';
import { runGroups } from './groups.case.js';
import { runQuery, type World } from './query.case.js';
import { runCount, runFacet, runMatrix, runScroll } from './reads.case.js';

function worldOf(
  config: CreateCollection,
  points: PointStruct[],
  indexes: { [field: string]: string } = {},
): World {
  const collection = new OracleCollection('c', config);
  const doubts = new Doubts();
  for (const [field, type] of Object.entries(indexes)) collection.indexes.set(field, type as never);
  collection.update({ upsert: { points } }, doubts);
  return { collection, others: new Map([['c', collection]]), doubts };
}

const idsOf = (request: QueryRequest, world: World) => runQuery(request, world).hits.map(({ id }) => id);

/** Points 1 to 6 on a line, the even ones with `even`. */
const line = () =>
  worldOf(
    { vectors: { size: 1, distance: 'Euclid' } },
    [1, 2, 3, 4, 5, 6].map((n) => ({
      id: n,
      vector: [n],
      payload: { n, even: n % 2 === 0, list: [n, 10 - n] },
    })),
    { n: 'integer', list: 'integer' },
  );

const even = { must: [{ key: 'even', match: { value: true } }] };

describe('queries', () => {
  test('nearest, by distance', () => {
    expect(idsOf({ query: [3.1] }, line())).toEqual([3, 4, 2, 5, 1, 6]);
    expect(idsOf({ query: { nearest: [3.1] }, score_threshold: 1 }, line())).toEqual([3, 4]);
  });

  test('the points that a query names are not found, at whatever depth', () => {
    expect(idsOf({ query: 2 }, line())).not.toContain(2);
    const prefetch: Prefetch[] = [
      { query: 3, prefetch: { query: [1], limit: 6 } },
      { query: { recommend: { positive: [1, 4] } } },
    ];
    expect([...idsOf({ prefetch, query: { fusion: 'rrf' } }, line())].sort()).toEqual([2, 5, 6]);
  });

  test('filters go down to the prefetches, limits cut them', () => {
    const prefetch: Prefetch[] = [
      { query: [1], limit: 2 },
      { query: [6], limit: 1, filter: { must_not: { has_id: [6] } } },
    ];
    expect(idsOf({ prefetch, query: [0], filter: even }, line())).toEqual([2, 4]);
    expect(idsOf({ prefetch, query: { order_by: { key: 'n', direction: 'desc' } } }, line())).toEqual([
      5, 2, 1,
    ]);
  });

  test('formulas know the score of each prefetch, or none', () => {
    const prefetch: Prefetch[] = [
      { query: [1], limit: 2 },
      { query: [2], limit: 1 },
    ];
    const query = {
      formula: { sum: ['$score', { mult: [10, '$score[1]'] }, 'n'] },
      defaults: { '$score[1]': 0.5 },
    };
    expect(runQuery({ prefetch, query }, line()).hits).toEqual([
      { id: 1, score: 0 + 5 + 1 },
      { id: 2, score: 1 + 0 + 2 },
    ]);
  });

  test('by id, by a field, by chance', () => {
    expect(idsOf({ filter: even }, line())).toEqual([2, 4, 6]);
    expect(idsOf({ query: { order_by: { key: 'n', direction: 'desc', start_from: 4 } } }, line())).toEqual([
      4, 3, 2, 1,
    ]);
    expect(runQuery({ query: { sample: 'random' } }, line()).by).toBe('chance');
  });

  test('a point stands in an order once for each of its values', () => {
    const { hits } = runScroll({ order_by: 'list', filter: { must: { has_id: [1, 2] } } }, line()).ranking;
    expect(hits.map(({ id, order }) => [id, order])).toEqual([
      [1, 1],
      [2, 2],
      [2, 8],
      [1, 9],
    ]);
  });

  test.each<[string, number, QueryRequest]>([
    ['prefetches without a query', 400, { prefetch: { query: [1] } }],
    ['fusion without prefetches', 400, { query: { fusion: 'rrf' } }],
    ['a formula without prefetches', 400, { query: { formula: 1 } }],
    ['fusion that uses a vector', 400, { prefetch: { query: [1] }, query: { fusion: 'dbsf' }, using: 'a' }],
    ['a threshold without a score', 400, { score_threshold: 1 }],
    ['a threshold in an order', 400, { query: { order_by: 'n' }, score_threshold: 1 }],
    ['an order without an index', 400, { query: { order_by: 'even' } }],
    ['no positive example', 400, { query: { recommend: { negative: [1] } } }],
    ['another dimension', 400, { query: [1, 2] }],
    ['an unknown vector', 400, { query: [1], using: 'a' }],
    ['an unknown point', 404, { query: 77 }],
  ])('refused: %s', (_, status, request) => {
    try {
      runQuery(request, line());
      expect.unreachable();
    } catch (error) {
      expect((error as Refused).status).toBe(status);
    }
  });

  test('only negative examples are enough for the best score', () => {
    expect(idsOf({ query: { recommend: { negative: [1], strategy: 'best_score' } } }, line())[0]).toBe(6);
  });
});

test('IDF prefers rare words (test_sparse_idf.py)', () => {
  const texts = [
    'i must not fear fear is the mind-killer',
    'it was a pleasure to burn',
    'we are not in infinity we are in the suburbs',
    'the sky above the port was the color of television tuned to a dead channel',
    'i am you are he she it we they',
    'is are was were',
    'i am is not the you are',
    'i is not the you are',
  ];
  const vocabulary = new Map<string, number>();
  const vector = (text: string) => {
    const words = [...new Set(text.split(' '))];
    for (const word of words) if (!vocabulary.has(word)) vocabulary.set(word, vocabulary.size);
    return { indices: words.map((word) => vocabulary.get(word)!), values: words.map(() => 1) };
  };
  const first = (modifier: 'idf' | 'none') => {
    const world = worldOf(
      { sparse_vectors: { text: { modifier } } },
      texts.map((text, id) => ({ id, vector: { text: vector(text) } })),
    );
    return idsOf({ query: vector('i is not television channel'), using: 'text', limit: 2 }, world)[0];
  };
  expect(first('idf')).toBe(3);
  expect(first('none')).not.toBe(3);
});

test('IDF over a corpus counts its documents only', () => {
  const points = [1, 2, 3].map((id) => ({
    id,
    vector: { s: { indices: [id, 9], values: [1, 1] } },
    payload: { id },
  }));
  const world = worldOf({ sparse_vectors: { s: { modifier: 'idf' } } }, points);
  const score = (idf?: { corpus: object }) =>
    runQuery({ query: { indices: [9], values: [1] }, using: 's', params: idf ? { idf } : {} }, world).hits[0]!
      .score;
  expect(score()).toBeCloseTo(Math.log((3 - 3 + 0.5) / 3.5 + 1), 6);
  expect(score({ corpus: { must: { has_id: [1] } } })).toBeCloseTo(Math.log((1 - 1 + 0.5) / 1.5 + 1), 6);
});

describe('groups (test_group.py)', () => {
  const points = (values: unknown[], vector = [0, 1]): PointStruct[] =>
    values.map((key, id) => ({ id, vector, payload: { key } as never }));
  const groups = (values: unknown[]) =>
    runGroups(
      { query: [0, 1], group_by: 'key' },
      worldOf({ vectors: { size: 2, distance: 'Dot' } }, points(values)),
    );

  test('values of every type', () => {
    const values = ['string', 123, [1, 2, 3], ['a', 'b', 'c'], 2.42, [['a', 'b']], { object: 'x' }, [], null];
    expect(new Set(groups(values).map(({ id }) => id))).toEqual(
      new Set(['string', 123, 1, 2, 3, 'a', 'b', 'c']),
    );
  });

  test('a group is as good as its best hit; a point is in the groups of all its values', () => {
    const world = worldOf({ vectors: { size: 1, distance: 'Dot' } }, [
      { id: 1, vector: [3], payload: { key: ['a'] } },
      { id: 2, vector: [2], payload: { key: ['a', 'b'] } },
      { id: 3, vector: [1], payload: { key: ['b'] } },
    ]);
    const found = runGroups({ query: [1], group_by: 'key[]' }, world);
    expect(found.map(({ id, ranking }) => [id, ranking.hits.map((hit) => hit.id)])).toEqual([
      ['a', [1, 2]],
      ['b', [2, 3]],
    ]);
  });
});

test('facets count points, most first, equal ones by value (test_facets.py)', () => {
  const values = [['b', 'b'], 'a', ['c', 'a'], 'b', 3, 'c'];
  const world = worldOf(
    { vectors: { size: 1, distance: 'Dot' } },
    values.map((v, id) => ({ id, vector: [1], payload: { v } })),
    { v: 'keyword' },
  );
  expect(runFacet({ key: 'v' }, world)).toEqual([
    { value: 'a', count: 2 },
    { value: 'b', count: 2 },
    { value: 'c', count: 2 },
  ]);
  expect(runFacet({ key: 'v', limit: 1, filter: { must: { has_id: [3, 5] } } }, world)).toEqual([
    { value: 'b', count: 1 },
  ]);
  expect(() => runFacet({ key: 'other' }, world)).toThrow(Refused);
});

test('pages and counts', () => {
  const page = (offset?: number) => {
    const { ranking, next } = runScroll({ limit: 2, filter: even, ...(offset && { offset }) }, line());
    return [ranking.hits.map(({ id }) => id).slice(0, 2), next];
  };
  expect(page()).toEqual([[2, 4], 6]);
  expect(page(6)).toEqual([[6], null]);
  expect(runCount({ filter: even }, line())).toBe(3);
});

test('the matrix compares every point with the others', () => {
  const rows = runMatrix({ filter: { must: { has_id: [1, 2, 5] } } }, line());
  expect([...rows].map(([id, { hits }]) => [id, hits.map((hit) => [hit.id, hit.score])])).toEqual([
    [
      1,
      [
        [2, 1],
        [5, 4],
      ],
    ],
    [
      2,
      [
        [1, 1],
        [5, 3],
      ],
    ],
    [
      5,
      [
        [2, 3],
        [1, 4],
      ],
    ],
  ]);
  expect(runMatrix({ filter: { must: { has_id: [1] } } }, line()).size).toBe(0);
});

describe('updates', () => {
  const config: CreateCollection = {
    vectors: { a: { size: 1, distance: 'Dot' }, b: { size: 1, distance: 'Dot' } },
  };
  const start = () => worldOf(config, [{ id: 1, vector: { a: [1], b: [2] }, payload: { p: 1 } }]);
  const point = ({ collection }: World, id = 1) => collection.points.get(id);

  test('an upsert leaves nothing of the point before', () => {
    const world = start();
    world.collection.update({ upsert: { points: [{ id: 1, vector: { a: [5] } }] } }, world.doubts);
    expect(point(world)).toEqual({ id: 1, payload: {}, vectors: new Map([['a', [5]]]) });
  });

  test('vectors are updated and deleted by name', () => {
    const world = start();
    world.collection.update({ update_vectors: { points: [{ id: 1, vector: { a: [5] } }] } }, world.doubts);
    expect(point(world)!.vectors).toEqual(
      new Map([
        ['a', [5]],
        ['b', [2]],
      ]),
    );
    world.collection.update(
      { delete_vectors: { vector: ['a'], filter: { must: { has_vector: 'a' } } } },
      world.doubts,
    );
    expect(point(world)!.vectors).toEqual(new Map([['b', [2]]]));
  });

  test.each<['upsert' | 'insert_only' | 'update_only', number, (number | undefined)[]]>([
    ['upsert', 1, [9, 9]],
    ['upsert', 2, [1, 9]],
    ['insert_only', 1, [1, 9]],
    ['update_only', 1, [9, undefined]],
    ['update_only', 2, [1, undefined]],
  ])('conditional %s where p is %d', (update_mode, p, expected) => {
    const world = start();
    const points = [1, 2].map((id) => ({ id, vector: {}, payload: { p: 9 } }));
    world.collection.update(
      { upsert: { points, update_mode, update_filter: { must: { key: 'p', match: { value: p } } } } },
      world.doubts,
    );
    expect([1, 2].map((id) => point(world, id)?.payload.p)).toEqual(expected);
  });
});
