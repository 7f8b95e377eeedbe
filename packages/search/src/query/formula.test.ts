import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Expression, FormulaQuery, Payload, PayloadFieldSchema } from '../types/index.js';
import { ids, MemoryCollection, scored } from './memory.case.js';

const spaces = { '': 'Dot', other: 'Dot' } as const;
const place = { lat: 25.628482424190565, lon: -100.23881855976 };

/** The score that a formula gives one point, whose prefetches give it 2 and 3. */
async function scoreOf(
  formula: Expression,
  payload: Payload = {},
  { defaults, schema }: { defaults?: Payload; schema?: { [field: string]: PayloadFieldSchema } } = {},
): Promise<number> {
  const { reader } = new MemoryCollection([{ id: 7, payload, vectors: { '': [2], other: [3] } }], {
    spaces,
    ...(schema && { schema }),
  });
  const query: FormulaQuery = { formula, ...(defaults && { defaults }) };
  const prefetch = [{ query: [1] }, { query: [1], using: 'other' }];
  const [hit] = await reader.query({ prefetch, query });
  return hit!.score;
}

describe('expressions', () => {
  const payload: Payload = {
    price: 85,
    one: [1.2],
    many: [1.2, 2.3],
    nothing: null,
    place,
    when: '2025-03-18T12:00:00Z',
    deep: { list: [{ n: 4 }, { n: 5 }] },
    color: 'red',
  };
  const f32 = Math.fround;

  it.each<[Expression, number]>([
    [5, 5],
    [0.1, f32(0.1)],
    ['$score', 2],
    ['$score[0]', 2],
    ['$score[1]', 3],
    ['$score[9]', 0],
    ['price', 85],
    ['one', 1.2],
    ['many[1]', 2.3],
    ['deep.list[0].n', 4],
    [{ key: 'color', match: { value: 'red' } }, 1],
    [{ key: 'color', match: { value: 'blue' } }, 0],
    [{ must_not: [{ has_id: [7] }] }, 0],
    [{ sum: [1, '$score', 'price', { has_id: [7] }] }, 89],
    [{ sum: [] }, 0],
    [{ mult: [2, '$score', 'price', { has_id: [7] }] }, 340],
    [{ mult: [] }, 1],
    [{ neg: 10 }, -10],
    [{ abs: { neg: 10 } }, 10],
    [{ div: { left: 10, right: '$score' } }, 5],
    [{ div: { left: 10, right: 0, by_zero_default: 0.7 } }, f32(0.7)],
    [{ div: { left: 0, right: 0 } }, 0],
    [{ sqrt: 16 }, 4],
    [{ pow: { base: 2, exponent: 10 } }, 1024],
    [{ pow: { base: 4, exponent: 0.5 } }, 2],
    [{ exp: 1 }, Math.E],
    [{ log10: 1000 }, 3],
    [{ ln: { exp: 2 } }, 2],
    [{ datetime: '2025-03-18' }, Date.UTC(2025, 2, 18) / 1000],
    [{ sum: [{ datetime_key: 'when' }, { neg: { datetime: '2025-03-18' } }] }, 43_200],
    // The distance that Qdrant's own test expects, in metres.
    [
      { geo_distance: { origin: { lon: -100.43383200156751, lat: 25.717877679163667 }, to: 'place' } },
      21926.494151786308,
    ],
  ])('%j is %d', async (formula, expected) => {
    expect(await scoreOf(formula, payload)).toBe(f32(expected));
  });

  it('do not look at what a zero makes pointless', async () => {
    expect(await scoreOf({ mult: [0, 'missing'] })).toBe(0);
    expect(await scoreOf({ div: { left: 0, right: 'missing' } })).toBe(0);
    await expect(scoreOf({ mult: ['missing', 0] })).rejects.toThrow('missing');
  });

  it('decay from 1 at the target to the midpoint at a distance of the scale', async () => {
    for (const kind of ['lin_decay', 'exp_decay', 'gauss_decay'] as const) {
      const at = (x: number, params: object) => scoreOf({ [kind]: { x, ...params } } as Expression);
      expect(await at(0, {})).toBe(1);
      expect(await at(1, {})).toBeCloseTo(0.5, 6);
      expect(await at(-1, {})).toBeCloseTo(0.5, 6);
      expect(await at(13, { target: 10, scale: 3, midpoint: 0.25 })).toBeCloseTo(0.25, 6);
      expect(await at(7, { target: { sum: [4, 6] }, scale: 3, midpoint: 0.25 })).toBeCloseTo(0.25, 6);
    }
    const half = (kind: string, x: number) => scoreOf({ [kind]: { x, scale: 4, midpoint: 0.2 } } as never);
    expect(await half('lin_decay', 2)).toBeCloseTo(1 - 0.8 / 2, 6);
    expect(await half('exp_decay', 2)).toBeCloseTo(Math.sqrt(0.2), 6);
    expect(await half('gauss_decay', 2)).toBeCloseTo(0.2 ** (1 / 4), 6);
    expect(await half('lin_decay', 100)).toBe(0);
    expect(await scoreOf({ lin_decay: { x: 9, midpoint: 1 } })).toBe(1);
  });
});

describe('defaults', () => {
  it('stand in for what is missing', async () => {
    const defaults = {
      price: 85,
      '$score[3]': 1.5,
      place: { lat: 25, lon: -100 },
      when: '2025-03-19T12:00:00',
      nothing: 3,
    };
    expect(await scoreOf('price', {}, { defaults })).toBe(85);
    expect(await scoreOf('price', { price: 1 }, { defaults })).toBe(1);
    expect(await scoreOf('price', { price: [] }, { defaults })).toBe(85);
    expect(await scoreOf('$score[3]', {}, { defaults })).toBe(1.5);
    expect(await scoreOf('$score', {}, { defaults: { $score: 9 } })).toBe(2);
    const origin = { lon: -100.43383200156751, lat: 25.717877679163667 };
    expect(await scoreOf({ geo_distance: { origin, to: 'place' } }, {}, { defaults })).toBe(
      Math.fround(90951.29600298218),
    );
    expect(await scoreOf({ datetime_key: 'when' }, {}, { defaults })).toBe(
      Math.fround(Date.UTC(2025, 2, 19, 12) / 1000),
    );
    await expect(scoreOf('nothing', { nothing: null }, { defaults })).rejects.toThrow(
      'Value is not a number',
    );
    // An index holds no null, so that the field counts as missing.
    expect(await scoreOf('nothing', { nothing: null }, { defaults, schema: { nothing: 'float' } })).toBe(3);
  });
});

describe('errors', () => {
  it.each<[Expression, Payload, string]>([
    [
      'missing',
      {},
      'Expected number value for missing in the payload and/or in the formula defaults. Error: No value found in a payload nor defaults',
    ],
    [
      'many',
      { many: [1, 2] },
      'Expected number value for many in the payload and/or in the formula defaults. Error: Value is not a number',
    ],
    ['text', { text: '5' }, 'Value is not a number'],
    ['flag', { flag: true }, 'Value is not a number'],
    [{ geo_distance: { origin: { lon: 0, lat: 0 }, to: 'n' } }, { n: 5 }, 'Expected geo point value for n'],
    [
      { geo_distance: { origin: { lon: 0, lat: 0 }, to: 'n' } },
      { n: { lon: 0, lat: 91 } },
      'Expected geo point',
    ],
    [{ datetime_key: 'n' }, { n: 'soon' }, 'Expected datetime value for n'],
    [{ div: { left: 1, right: 0 } }, {}, 'The expression 1/0 = inf produced a non-finite number'],
    [{ div: { left: -1, right: 0 } }, {}, 'The expression -1/0 = -inf produced'],
    [{ sqrt: -3 }, {}, 'The expression √-3 = NaN produced'],
    [{ pow: { base: -1, exponent: 0.5 } }, {}, 'The expression -1^0.5 = NaN produced'],
    [{ exp: 1000 }, {}, 'The expression exp(1000) = inf produced'],
    [{ log10: 0 }, {}, 'The expression log10(0) = -inf produced'],
    [{ ln: 0 }, {}, 'The expression ln(0) = -inf produced'],
    [{ mult: [1e30, 1e30] }, {}, 'as f32 = inf produced a non-finite number'],
  ])('%j of %j', async (formula, payload, message) => {
    await expect(scoreOf(formula, payload)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(message),
    });
  });

  it.each<[unknown, string]>([
    ['$points', 'query.formula: failed to parse variable ID $points'],
    ['$score.x', 'query.formula: failed to parse variable ID $score.x'],
    ['$score[]', 'query.formula: failed to parse variable ID $score[]'],
    ['$score[1][2]', 'query.formula: failed to parse variable ID'],
    ['', 'query.formula: failed to parse variable ID'],
    [{ sum: [1, { mult: [null] }] }, 'query.formula.sum[1].mult[0]: expected a number, a variable'],
    [{ sum: 3 }, 'query.formula.sum: expected a list, got 3'],
    [{ datetime: 'soon' }, 'query.formula.datetime: failed to parse date-time "soon"'],
    [{ datetime_key: 5 }, 'query.formula.datetime_key: expected a payload path'],
    [{ geo_distance: { origin: { lon: 200, lat: 0 }, to: 'a' } }, 'query.formula.geo_distance.origin'],
    [{ div: { left: 1 } }, 'query.formula.div.right: expected a number, a variable'],
    [{ pow: 5 }, 'query.formula.pow: expected {base, exponent}'],
    [{ neg: { key: 'a' } }, 'query.formula.neg: '],
    [
      { lin_decay: { x: 1, midpoint: 1.5 } },
      'Linear decay midpoint should be in the range [0.0, 1.0], got 1.5.',
    ],
    [{ exp_decay: { x: 1, midpoint: 1 } }, 'Decay midpoint should be in the range (0.0, 1.0), got 1.'],
    [{ gauss_decay: { x: 1, midpoint: 0 } }, 'Decay midpoint should be in the range (0.0, 1.0), got 0.'],
    [{ gauss_decay: { x: 1, scale: 0 } }, 'Decay scale should be non-zero positive, got 0.'],
    [{ gauss_decay: {} }, 'query.formula.gauss_decay.x'],
  ])('%j is no formula', async (formula, message) => {
    await expect(scoreOf(formula as Expression)).rejects.toThrow(message);
  });

  it('has bounds, needs prefetches, and checks names of defaults', async () => {
    let deep: Expression = 1;
    for (let i = 0; i < 200; i++) deep = { neg: deep };
    await expect(scoreOf(deep)).rejects.toThrow('expressions may be nested 128 deep');
    const { reader } = new MemoryCollection([]);
    await expect(reader.query({ query: { formula: 1 } })).rejects.toThrow(
      'cannot apply Formula without prefetches',
    );
    await expect(scoreOf(1, {}, { defaults: { $nothing: 1 } })).rejects.toThrow('query.defaults.$nothing');
  });
});

describe('formula queries', () => {
  const { reader } = new MemoryCollection(
    [0.1, 0.6, 0.4, 0.9].map((price, i) => ({ id: i + 1, payload: { price }, vectors: { '': [i + 1] } })),
  );

  it('order by the formula, descending, cut at a threshold that an equal score passes', async () => {
    const request = { prefetch: { limit: 4 }, query: { formula: 'price' } };
    expect(ids(await reader.query(request))).toEqual([4, 2, 3, 1]);
    expect(ids(await reader.query({ ...request, score_threshold: Math.fround(0.6) }))).toEqual([4, 2]);
    expect(ids(await reader.query({ ...request, offset: 1, limit: 2 }))).toEqual([2, 3]);
  });

  it('know which prefetch found a point; what was not scored has a score of 1', async () => {
    const prefetch = [{ query: [1], limit: 2 }, { limit: 3 }];
    const formula = { sum: ['$score', { mult: ['$score[1]', 10] }] } satisfies Expression;
    expect(scored(await reader.query({ prefetch, query: { formula } }))).toEqual([
      [3, 13],
      [1, 10],
      [2, 10],
      [4, 4],
    ]);
  });

  it('evaluate as plain arithmetic does', async () => {
    const leaf = fc.oneof(
      fc
        .integer({ min: -9, max: 9 })
        .map((n): [Expression, (x: number, y: number) => number] => [n, () => n]),
      fc.constantFrom<[Expression, (x: number, y: number) => number]>(
        ['$score', (x) => x],
        ['n', (_, y) => y],
      ),
    );
    const { tree } = fc.letrec<{ tree: [Expression, (x: number, y: number) => number] }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc
          .array(tie('tree'), { maxLength: 3 })
          .map((list): [Expression, (x: number, y: number) => number] => [
            { sum: list.map(([e]) => e) },
            (x, y) => list.reduce((sum, [, f]) => sum + f(x, y), 0),
          ]),
        fc
          .array(tie('tree'), { maxLength: 3 })
          .map((list): [Expression, (x: number, y: number) => number] => [
            { mult: list.map(([e]) => e) },
            (x, y) => list.reduce((product, [, f]) => product * f(x, y), 1),
          ]),
        tie('tree').map(([e, f]): [Expression, (x: number, y: number) => number] => [
          { abs: { neg: e } },
          (x, y) => Math.abs(f(x, y)),
        ]),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(tree, fc.integer({ min: -9, max: 9 }), async ([formula, plain], n) => {
        const expected = plain(2, n);
        expect(await scoreOf(formula, { n })).toBeCloseTo(Math.fround(expected) + 0, 5);
      }),
      { seed: 6, numRuns: 150 },
    );
  });
});
