/**
 * The oracle's scores, fusion and formulas against facts of Qdrant's own tests.
 */
import type { Expression, PointId } from '@fletch/search';
import { describe, expect, test } from 'vitest';
import { Doubts, Refused } from './doubts.case.js';
import { formulaScore } from './formula.case.js';
import { diversified } from './mmr.case.js';
import { dbsf, type Ranking, rrf } from './ranking.case.js';
import {
  averageExample,
  bestScore,
  contextScore,
  discoverScore,
  feedbackScore,
  scaledSigmoid,
  sumScores,
} from './scoring.case.js';
import { kindsOf, prepared, type Stored, shownScore, similarity } from './vectors.case.js';

/** An example is its own similarity, as in Qdrant's tests. */
const itself = (example: Stored) => (example as number[])[0]!;
const examples = (...values: number[]): Stored[] => values.map((value) => [value]);
const pairs = (...values: [number, number][]) =>
  values.map(([positive, negative]) => ({ positive: [positive], negative: [negative] }));

test.each<[positives: number[], negatives: number[], score: number]>([
  [[42], [4], scaledSigmoid(42)],
  [[4], [42], -scaledSigmoid(42)],
  [[-1], [0], -scaledSigmoid(0)],
  [[0], [-1], scaledSigmoid(0)],
  [[-42], [-84], scaledSigmoid(-42)],
  [[-84], [-42], -scaledSigmoid(-42)],
  [[1, 2, 3], [4, 5, 6], -scaledSigmoid(6)],
  [[10, 2, 3], [4, 5, 6], scaledSigmoid(10)],
  [[7], [7], -scaledSigmoid(7)],
  [[], [3, 5], -scaledSigmoid(5)],
])('best score of %j and %j', (positives, negatives, score) => {
  expect(bestScore(itself, examples(...positives), examples(...negatives), new Doubts())).toBe(score);
});

test('sum of scores', () => {
  expect(sumScores(itself, examples(1, 2, 3), examples(4, 5))).toBe(-3);
});

test.each<[pairs: [number, number][], rank: number]>([
  [[], 0],
  [[[10, 4]], 1],
  [[[4, 10]], -1],
  [[[11, 11]], 0],
  [
    [
      [10, 4],
      [4, 10],
    ],
    0,
  ],
  [
    [
      [10, 4],
      [4, 2],
    ],
    2,
  ],
  [
    [
      [4, 10],
      [2, 4],
    ],
    -2,
  ],
  [
    [
      [1, 0],
      [2, 0],
      [3, 0],
      [4, 0],
      [5, 0],
      [0, 4],
    ],
    4,
  ],
])('the rank of a discovery among %j', (context, rank) => {
  expect(discoverScore(itself, [42], pairs(...context), new Doubts())).toBeCloseTo(
    rank + scaledSigmoid(42),
    12,
  );
});

test('context scores are at most 0, and more than −1 for a pair', () => {
  expect(contextScore(itself, pairs([5, 1]))).toBeCloseTo(0, 6);
  expect(contextScore(itself, pairs([1, 5]))).toBeCloseTo(-4 / 5, 6);
  expect(contextScore(itself, pairs([0, 1], [0, 1]))).toBeCloseTo(-1, 6);
});

test('feedback: the target, and every better example against every worse one', () => {
  const feedback = [
    { example: [3], score: 1 },
    { example: [1], score: 0.5 },
  ];
  expect(feedbackScore(itself, [2], feedback, { a: 0.5, b: 2, c: 4 })).toBe(0.5 * 2 + 0.5 ** 2 * 4 * (3 - 1));
});

test('the average example', () => {
  expect(
    averageExample(
      [
        [1, 0],
        [3, 2],
      ],
      [],
    ),
  ).toEqual([2, 1]);
  expect(
    averageExample(
      [
        [1, 0],
        [3, 2],
      ],
      [[1, 1]],
    ),
  ).toEqual([3, 1]);
  expect(averageExample([[[1]], [[2], [3]]], [[[4]]])).toEqual([[1], [2], [3], [-4]]);
  const sparse = averageExample(
    [
      { indices: [1], values: [2] },
      { indices: [2], values: [4] },
    ],
    [{ indices: [3], values: [1] }],
  );
  expect(sparse).toEqual({ indices: [1, 2, 3], values: [2, 4, -1] });
});

describe('similarity', () => {
  const kind = (distance: 'Cosine' | 'Dot' | 'Euclid' | 'Manhattan') =>
    kindsOf({ vectors: { size: 2, distance } }).get('')!;
  const multi = kindsOf({
    vectors: { size: 1, distance: 'Euclid', multivector_config: { comparator: 'max_sim' } },
  }).get('')!;

  test.each<['Cosine' | 'Dot' | 'Euclid' | 'Manhattan', number]>([
    ['Dot', 11],
    ['Cosine', 11 / Math.sqrt(125)],
    ['Euclid', Math.sqrt(8)],
    ['Manhattan', 4],
  ])('%s', (distance, score) => {
    const a = prepared([1, 2], kind(distance));
    const b = prepared([3, 4], kind(distance));
    expect(shownScore(similarity(a, b, kind(distance))!, kind(distance))).toBeCloseTo(score, 6);
  });

  test('MaxSim sums squared distances before the root is taken', () => {
    const similar = similarity(prepared([[0], [5]], multi), prepared([[1], [3]], multi), multi)!;
    expect(similar).toBe(-(1 + 4));
    expect(shownScore(similar, multi)).toBe(Math.sqrt(5));
    expect(prepared([7], multi)).toEqual([[7]]);
  });

  test('sparse vectors without a common index have none', () => {
    const sparse = kindsOf({ sparse_vectors: { s: {} } }).get('s')!;
    const vector = (indices: number[], values: number[]) => prepared({ indices, values }, sparse);
    expect(similarity(vector([9, 1], [2, 3]), vector([1, 9], [5, 7]), sparse)).toBe(2 * 7 + 3 * 5);
    expect(similarity(vector([9], [2]), vector([1], [5]), sparse)).toBeUndefined();
  });
});

describe('fusion', () => {
  const list = (...hits: [PointId, number][]): Ranking => ({
    hits: hits.map(([id, score]) => ({ id, score })),
    by: 'score',
  });
  const shown = ({ hits }: Ranking) => hits.map(({ id, score }) => [id, Number(score.toFixed(6))]);

  test('test_rrf_scoring', () => {
    const sources = [
      list([2, 0.9], [1, 0.8]),
      list([1, 0.7], [2, 0.6], [3, 0.5]),
      list([5, 0.9], [3, 0.5], [1, 0.4]),
    ];
    expect(shown(rrf(sources, 2, null, new Doubts()))).toEqual([
      [1, 1.083333],
      [2, 0.833333],
      [3, 0.583333],
      [5, 0.5],
    ]);
  });

  test('weights stretch ranks (test_rrf_scoring_weighted)', () => {
    const { hits } = rrf([list([1, 0.9], [2, 0.8]), list([2, 0.9], [1, 0.8])], 2, [3, 1], new Doubts());
    expect(hits.map(({ id }) => id)).toEqual([2, 1]);
    expect(hits[1]!.score).toBeCloseTo(1 / (1 / 3 + 1) + 1 / 3, 6);
    expect(() => rrf([list([1, 1])], 2, [1, 1], new Doubts())).toThrow(Refused);
  });

  test('a tie in a source is a doubt', () => {
    const doubts = new Doubts();
    rrf([list([1, 0.5], [2, 0.5])], 2, null, doubts);
    expect(doubts.reasons.size).toBe(1);
  });

  test('three deviations around the mean are 0 and 1; one hit, or even ones, are in the middle', () => {
    const { hits } = dbsf([list([1, 3], [2, 2], [3, 1]), list([1, 9]), list([4, 7], [5, 7])], new Doubts());
    expect(hits.map(({ id }) => id).slice(0, 1)).toEqual([1]);
    const score = new Map(hits.map((hit) => [hit.id, hit.score]));
    expect(score.get(1)).toBeCloseTo((3 - -1) / 6 + 0.5, 6);
    expect(score.get(3)).toBeCloseTo((1 - -1) / 6, 6);
    expect([score.get(4), score.get(5)]).toEqual([0.5, 0.5]);
  });
});

test.each<[lambda: number, order: number[]]>([
  [1, [1, 2, 3]],
  [0.5, [1, 3, 2]],
  [0.01, [1, 5, 4]],
])('test_mmr_lambda: %d', (lambda, order) => {
  const kind = kindsOf({ vectors: { size: 2, distance: 'Euclid' } }).get('')!;
  const vectors = [
    [1, 0.05],
    [0.95, 0.15],
    [0.8, 0],
    [0.85, 0.25],
    [1, 0.5],
  ];
  const candidates = vectors.map((vector, i) => ({ hit: { id: i + 1, score: 0 }, vector }));
  expect(diversified(candidates, [1, 0], kind, 1 - lambda, 3, new Doubts()).map(({ id }) => id)).toEqual(
    order,
  );
});

describe('formulas (formula_scorer.rs)', () => {
  const evaluate = (formula: Expression) =>
    formulaScore(formula, {
      payload: {
        number: 85,
        array_of_one: [1.2],
        array: [1.2, 2.3],
        geo_point: { lat: 25.628482424190565, lon: -100.23881855976 },
      },
      scores: [1, 2],
      defaults: {
        '$score[3]': 1.5,
        no_number: 85,
        no_value_geo_point: { lat: 25, lon: -100 },
        no_value_datetime: '2025-03-19T12:00:00',
      },
      indexType: () => undefined,
      doubts: new Doubts(),
      holds: (condition) => 'key' in condition && condition.key === 'yes',
    });
  const origin = { lon: -100.43383200156751, lat: 25.717877679163667 };
  const yes: Expression = { key: 'yes', match: { value: 1 } };
  const no: Expression = { key: 'no', match: { value: 1 } };

  test.each<[Expression, number]>([
    [5, 5],
    ['$score', 1],
    ['$score[1]', 2],
    ['$score[3]', 1.5],
    ['$score[10]', 0],
    ['number', 85],
    ['no_number', 85],
    ['array_of_one', 1.2],
    [yes, 1],
    [no, 0],
    [{ sum: [1, '$score', 'number', yes] }, 88],
    [{ mult: [2, '$score', 'number', yes] }, 170],
    [{ mult: [0, 'missing'] }, 0],
    [{ div: { left: 10, right: '$score' } }, 10],
    [{ div: { left: 0, right: 0 } }, 0],
    [{ div: { left: 1, right: 0, by_zero_default: 7 } }, 7],
    [{ neg: 10 }, -10],
    [{ geo_distance: { origin, to: 'geo_point' } }, 21926.494151786308],
    [{ geo_distance: { origin, to: 'no_value_geo_point' } }, 90951.29600298218],
    [{ datetime: '2025-03-18' }, Math.fround(Date.UTC(2025, 2, 18) / 1000)],
    [{ datetime_key: 'no_value_datetime' }, Math.fround(Date.UTC(2025, 2, 19, 12) / 1000)],
    [{ exp_decay: { x: 1 } }, 0.5],
    [{ exp_decay: { x: 3, target: 1, scale: 2, midpoint: 0.25 } }, 0.25],
    [{ gauss_decay: { x: 4, scale: 2 } }, 0.5 ** 4],
    [{ lin_decay: { x: 1 } }, 0.5],
    [{ lin_decay: { x: 9 } }, 0],
  ])('%j', (formula, score) => {
    expect(Math.abs(evaluate(formula) - score)).toBeLessThanOrEqual(1e-6 * Math.abs(score));
  });

  test.each<Expression>([
    'missing',
    'array',
    { geo_distance: { origin, to: 'number' } },
    { pow: { base: -1, exponent: 0.4 } },
    { sqrt: -3 },
    { div: { left: 1, right: 0 } },
    { log10: 0 },
    { ln: 0 },
    { datetime_key: 'missing_datetime' },
    { exp: 100 },
  ])('refused: %j', (formula) => {
    expect(() => evaluate(formula)).toThrow(Refused);
  });
});
