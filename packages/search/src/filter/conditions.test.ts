import { describe, expect, test } from 'vitest';
import type { Payload } from '../types/index.js';
import { compileFilter } from './compile.js';
import { matchingPayloads, matchingPoints } from './testing.case.js';

function matches(filter: unknown, payload: Payload): boolean {
  return matchingPayloads(filter, [payload])[0]!;
}

describe('conditions', () => {
  const payload: Payload = {
    price: 499.9,
    amount: 10,
    rating: [3, 7, 9, 9],
    color: 'red',
    tags: ['new', 'round'],
    delivery: true,
    parts: [],
    packaging: null,
    nulls: [null],
    mixed: [null, 'a', 4, { b: 1 }],
    empty: '',
    country: {
      name: 'Germany',
      cities: [
        { name: 'Berlin', size: 3.7 },
        { name: 'Munich', sights: ['a', 'b'] },
      ],
    },
    grid: [
      [1, 2],
      [3, 4],
    ],
    'a.b': 1,
  };

  test.each<[object, boolean]>([
    [{ key: 'color', match: { value: 'red' } }, true],
    [{ key: 'color', match: { value: 'Red' } }, false],
    [{ key: 'color', match: { value: 'green' } }, false],
    [{ key: 'amount', match: { value: 10 } }, true],
    [{ key: 'amount', match: { value: '10' } }, false],
    [{ key: 'delivery', match: { value: true } }, true],
    [{ key: 'delivery', match: { value: 1 } }, false],
    [{ key: 'rating', match: { value: 7 } }, true],
    [{ key: 'rating[]', match: { value: 7 } }, true],
    [{ key: 'rating[1]', match: { value: 7 } }, true],
    [{ key: 'rating[0]', match: { value: 7 } }, false],
    [{ key: 'rating[9]', match: { value: 7 } }, false],
    [{ key: 'tags', match: { any: ['old', 'round'] } }, true],
    [{ key: 'tags', match: { any: ['old'] } }, false],
    [{ key: 'tags', match: { any: [] } }, false],
    [{ key: 'amount', match: { any: [9, 10] } }, true],
    [{ key: 'tags', match: { except: ['new'] } }, true],
    [{ key: 'tags', match: { except: ['new', 'round'] } }, false],
    [{ key: 'tags', match: { except: [] } }, true],
    [{ key: 'delivery', match: { except: ['x'] } }, true],
    [{ key: 'packaging', match: { except: ['x'] } }, false],
    [{ key: 'missing', match: { except: ['x'] } }, false],
    [{ key: 'parts', match: { except: ['x'] } }, false],
    [{ key: 'country', match: { except: ['x'] } }, true],
    [{ key: 'amount', match: { except: ['10'] } }, true],
    [{ key: 'color', match: { text: 're' } }, true],
    [{ key: 'color', match: { text: 'RE' } }, false],
    [{ key: 'tags', match: { text: 'oun' } }, true],
    [{ key: 'amount', match: { text: '1' } }, false],
    [{ key: 'price', range: { gte: 499.9 } }, true],
    [{ key: 'price', range: { gt: 499.9 } }, false],
    [{ key: 'price', range: { gt: 1, lt: 500 } }, true],
    [{ key: 'price', range: { lt: 499.9, lte: 600 } }, false],
    [{ key: 'price', range: { gte: 499.9, gt: 400 } }, true],
    [{ key: 'price', range: {} }, true],
    [{ key: 'price', range: { gt: 600, lt: 500 } }, false],
    [{ key: 'color', range: {} }, false],
    [{ key: 'amount', range: { lte: 10, gte: null } }, true],
    [{ key: 'rating', range: { gt: 7, lt: 10 } }, true],
    [{ key: 'rating', range: { gt: 9 } }, false],
    [{ key: 'country.name', match: { value: 'Germany' } }, true],
    [{ key: 'country.cities[].name', match: { value: 'Munich' } }, true],
    [{ key: 'country.cities[0].name', match: { value: 'Munich' } }, false],
    [{ key: 'country.cities.name', match: { value: 'Munich' } }, false],
    [{ key: 'country.cities[].sights', match: { value: 'b' } }, true],
    [{ key: 'country.cities[].sights[]', match: { value: 'b' } }, true],
    [{ key: 'country.cities[].size', range: { gt: 3 } }, true],
    [{ key: 'grid', match: { value: 1 } }, false],
    [{ key: 'grid[]', match: { value: 4 } }, true],
    [{ key: '"a.b"', match: { value: 1 } }, true],
    [{ key: 'a.b', match: { value: 1 } }, false],
    [{ key: 'toString', match: { except: ['x'] } }, false],
    [{ key: '__proto__', match: { except: ['x'] } }, false],
    [{ is_empty: { key: 'missing' } }, true],
    [{ is_empty: { key: 'parts' } }, true],
    [{ is_empty: { key: 'packaging' } }, true],
    [{ is_empty: { key: 'nulls' } }, false],
    [{ is_empty: { key: 'empty' } }, false],
    [{ is_empty: { key: 'price' } }, false],
    [{ is_empty: { key: 'country.cities[].mayor' } }, true],
    [{ is_null: { key: 'packaging' } }, true],
    [{ is_null: { key: 'nulls' } }, false],
    [{ is_null: { key: 'nulls[]' } }, true],
    [{ is_null: { key: 'missing' } }, false],
    [{ is_null: { key: 'parts' } }, false],
    [{ has_id: [5, 0] }, true],
    [{ has_id: [1] }, false],
    [{ has_id: [] }, false],
  ])('%j is %s', (condition, expected) => {
    expect(matches({ must: [condition] }, payload)).toBe(expected);
    expect(matches({ must: condition }, payload)).toBe(expected);
    expect(matches({ should: [condition] }, payload)).toBe(expected);
    expect(matches({ must_not: condition }, payload)).toBe(!expected);
    expect(matches({ must: [{ must_not: [condition] }] }, payload)).toBe(!expected);
  });

  test('clauses are joined by AND, the conditions of should by OR', () => {
    const is = (key: string) => ({ key, match: { value: true } });
    const all = Array.from({ length: 16 }, (_, i) => ({
      a: (i & 1) > 0,
      b: (i & 2) > 0,
      c: (i & 4) > 0,
      d: (i & 8) > 0,
    }));
    const filter = { must: [is('a')], should: [is('b'), is('c')], must_not: [is('d')] };
    expect(matchingPayloads(filter, all)).toEqual(all.map(({ a, b, c, d }) => a && (b || c) && !d));
    expect(matchingPayloads({}, all)).toEqual(all.map(() => true));
    expect(matchingPayloads({ must: null, should: [], must_not: [] }, all)).toEqual(all.map(() => true));
  });
});

describe('text without an index', () => {
  const payload = { t: 'Blue whale, red fox', l: ['one two', 'three'], n: 7 };
  test.each<[string, object, boolean]>([
    ['t', { text: 'whale, red' }, true],
    ['t', { text: 'red whale' }, false],
    ['t', { text: 'WHALE' }, false],
    ['t', { text: '' }, true],
    ['t', { text_any: 'green whale' }, true],
    ['t', { text_any: ' green \u3000 cat ' }, false],
    ['t', { text_any: 'hal' }, true],
    ['t', { text_any: '' }, false],
    ['t', { phrase: 'whale, red' }, true],
    ['t', { phrase: 'whale red' }, false],
    ['t', { prefix: 'Blue' }, true],
    ['t', { prefix: 'blue' }, false],
    ['t', { prefix: 'whale' }, false],
    ['t', { prefix: '' }, true],
    ['l', { prefix: 'thr' }, true],
    ['l', { text: 'e t' }, true],
    ['l', { text: 'two three' }, false],
    ['n', { prefix: '7' }, false],
    ['n', { text_any: '7' }, false],
    ['x', { text: '' }, false],
  ])('%s matches %j: %s', (key, match, expected) => {
    expect(matches({ must: { key, match } }, payload)).toBe(expected);
  });
});

describe('numbers of values, emptiness and nulls', () => {
  const payload: Payload = {
    three: [1, 2, 3],
    none: [],
    null: null,
    withNull: [null, 1],
    one: 'x',
    object: { a: [1] },
    rows: [{ v: [1, 2] }, { v: [] }, { v: 7 }, { v: null }, {}],
    full: [{ v: 1 }, { v: [2] }],
  };
  test.each<[string, object, boolean]>([
    ['three', { values_count: { gt: 2, lt: 4 } }, true],
    ['three', { values_count: { gte: 4 } }, false],
    ['three', { values_count: { lte: 3, gte: 3 } }, true],
    ['three', { values_count: {} }, true],
    ['none', { values_count: { lt: 1 } }, true],
    ['null', { values_count: { lt: 1 } }, true],
    ['missing', { values_count: { lt: 1 } }, true],
    ['missing', { values_count: { gte: 1 } }, false],
    ['withNull', { values_count: { gte: 2 } }, true],
    ['one', { values_count: { gte: 1, lte: 1 } }, true],
    ['object', { values_count: { gte: 1, lte: 1 } }, true],
    ['rows[].v', { values_count: { gte: 2 } }, true],
    ['rows[].v', { values_count: { lte: 0 } }, true],
    ['rows[].v', { values_count: { gte: 3 } }, false],
    ['none', { is_empty: true }, true],
    ['null', { is_empty: true }, true],
    ['missing', { is_empty: true }, true],
    ['withNull', { is_empty: true }, false],
    ['one', { is_empty: true }, false],
    ['rows[].v', { is_empty: true }, true],
    ['full[].v', { is_empty: true }, false],
    ['none', { is_empty: false }, false],
    ['missing', { is_empty: false }, false],
    ['one', { is_empty: false }, true],
    ['rows[].v', { is_empty: false }, true],
    ['null', { is_null: true }, true],
    ['withNull', { is_null: true }, true],
    ['none', { is_null: true }, false],
    ['missing', { is_null: true }, false],
    ['rows[].v', { is_null: true }, true],
    ['null', { is_null: false }, false],
    ['withNull', { is_null: false }, false],
    ['missing', { is_null: false }, true],
    ['none', { is_null: false }, true],
    ['rows[].v', { is_null: false }, true],
  ])('%s %j: %s', (key, test, expected) => {
    expect(matches({ must: { key, ...test } }, payload)).toBe(expected);
  });

  test('of several keys beside key any may hold, unless one of them asks of rows without the field', () => {
    const of = (value: Payload, keys: object) => matches({ must: { key: 'a', ...keys } }, value);
    const either = { match: { value: 'x' }, range: { gt: 5 } };
    expect(of({ a: 'x' }, either)).toBe(true);
    expect(of({ a: 6 }, either)).toBe(true);
    expect(of({ a: [1, 'y'] }, either)).toBe(false);
    expect(of({}, either)).toBe(false);
    expect(of({ a: 6 }, { ...either, values_count: { gt: 1 } })).toBe(false);
    expect(of({ a: [1, 2] }, { ...either, values_count: { gt: 1 } })).toBe(true);
    expect(of({}, { ...either, is_empty: true, is_null: true })).toBe(true);
    expect(of({ a: 'x' }, { ...either, is_empty: true })).toBe(false);
    expect(of({ a: 'y' }, { ...either, is_null: false })).toBe(true);
  });
});

describe('nested', () => {
  const payload: Payload = {
    country: {
      name: 'Germany',
      cities: [
        { name: 'Berlin', size: 3.7, sights: [{ name: 'Tower', open: true }, { name: 'Gate' }] },
        { name: 'Munich', size: 1.5, sights: [{ name: 'Church', open: false }], note: null },
        'Bonn',
      ],
    },
    one: { name: 'Berlin' },
    grid: [[{ x: 1 }]],
  };
  const nested = (key: string, filter: object) => ({ nested: { key, filter } });
  const name = (value: string) => ({ key: 'name', match: { value } });
  test.each<[object, boolean]>([
    [nested('country.cities', { must: [name('Berlin'), { key: 'size', range: { gt: 3 } }] }), true],
    [nested('country.cities[]', { must: [name('Berlin'), { key: 'size', range: { gt: 3 } }] }), true],
    [nested('country.cities', { must: [name('Munich'), { key: 'size', range: { gt: 3 } }] }), false],
    [nested('country.cities', { should: [name('Munich'), name('Rome')] }), true],
    [nested('country.cities', { must_not: name('Berlin') }), true],
    [nested('country.cities', { must_not: [name('Berlin'), name('Munich')] }), false],
    [
      nested('country.cities', {
        min_should: { conditions: [name('Berlin'), name('Munich')], min_count: 2 },
      }),
      false,
    ],
    [nested('country.cities', { must: { is_empty: { key: 'note' } } }), true],
    [nested('country.cities', { must: [{ is_null: { key: 'note' } }, name('Berlin')] }), false],
    [nested('country.cities', { must: [{ is_null: { key: 'note' } }, name('Munich')] }), true],
    [nested('country.cities', { must: [{ key: 'mayor', is_empty: true }, name('Munich')] }), true],
    [nested('country.cities', { must: { key: 'sights', values_count: { gte: 2 } } }), true],
    [nested('country.cities', { must: { key: 'sights[].name', match: { value: 'Gate' } } }), true],
    [nested('country.cities[0]', { must: name('Berlin') }), false],
    [
      nested('country.cities', {
        must: [
          name('Berlin'),
          nested('sights', { must: [name('Tower'), { key: 'open', match: { value: true } }] }),
        ],
      }),
      true,
    ],
    [
      nested('country.cities', {
        must: nested('sights', { must: [name('Church'), { key: 'open', match: { value: true } }] }),
      }),
      false,
    ],
    [nested('one', { must: name('Berlin') }), false],
    [nested('country', { must: name('Germany') }), false],
    [nested('missing', {}), false],
    [nested('missing', { must_not: name('Berlin') }), false],
    [nested('country.cities', {}), true],
    [nested('grid', { must: { key: 'x', match: { value: 1 } } }), false],
    [nested('grid[]', { must: { key: 'x', match: { value: 1 } } }), false],
    [nested('grid[][]', { must: { key: 'x', match: { value: 1 } } }), true],
    [nested('country.cities', { must: { has_id: [0] } }), false],
    [nested('country.cities', { must_not: { has_id: [0] } }), true],
    [nested('country.cities', { must: { has_vector: '' } }), false],
    [nested('country.cities', { must: { slice: { index: 0, total: 1 } } }), false],
  ])('%j: %s', (condition, expected) => {
    expect(matches({ must: condition }, payload)).toBe(expected);
    expect(matches({ must_not: condition }, payload)).toBe(!expected);
  });
});

describe('the point itself', () => {
  test('ids are the same in every written form', () => {
    const id = '00000000-0000-4000-8000-00000000000a';
    const written = ['urn:uuid:00000000-0000-4000-8000-00000000000A', '0000000000004000800000000000000a'];
    for (const form of [id, ...written])
      expect(compileFilter({ must: { has_id: [form] } }).matches({}, id)).toBe(true);
  });

  test('vectors that a point has', () => {
    const points = [
      { id: 1, payload: {}, vectors: ['', 'image'] },
      { id: 2, payload: {}, vectors: ['image'] },
      { id: 3, payload: {} },
    ];
    expect(matchingPoints({ must: { has_vector: 'image' } }, points)).toEqual([true, true, false]);
    expect(matchingPoints({ must_not: { has_vector: '' } }, points)).toEqual([false, true, true]);
    expect(matchingPoints({ must: { has_vector: 'sound' } }, points)).toEqual([false, false, false]);
  });

  test('slices share out all points', () => {
    const points = Array.from({ length: 300 }, (_, i) => ({
      id: i % 2 ? i : `00000000-0000-0000-0000-${i.toString(16).padStart(12, '0')}`,
      payload: {},
    }));
    const total = 7;
    const slices = Array.from({ length: total }, (_, index) =>
      matchingPoints({ must: { slice: { index, total } } }, points),
    );
    for (let i = 0; i < points.length; i++) expect(slices.filter((slice) => slice[i])).toHaveLength(1);
    for (const slice of slices) expect(slice.filter(Boolean).length).toBeGreaterThan(20);
  });
});

describe('min_should', () => {
  const is = (key: string) => ({ key, match: { value: true } });
  const all = Array.from({ length: 8 }, (_, i) => ({ a: (i & 1) > 0, b: (i & 2) > 0, c: (i & 4) > 0 }));
  const conditions = [is('a'), is('b'), is('c')];
  test.each([1, 2, 3, 4, 1e9])('at least %i hold', (min_count) => {
    expect(matchingPayloads({ min_should: { conditions, min_count } }, all)).toEqual(
      all.map(({ a, b, c }) => Number(a) + Number(b) + Number(c) >= min_count),
    );
  });
  test('beside the other clauses', () => {
    const filter = { min_should: { conditions, min_count: 2 }, must: is('a'), must_not: is('c') };
    expect(matchingPayloads(filter, all)).toEqual(all.map(({ a, b, c }) => a && b && !c));
    expect(matchingPayloads({ min_should: { conditions: [], min_count: 1 } }, all)).toEqual(
      all.map(() => false),
    );
    expect(matchingPayloads({ min_should: null }, all)).toEqual(all.map(() => true));
  });
});
