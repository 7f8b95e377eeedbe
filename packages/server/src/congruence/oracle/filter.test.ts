/**
 * The oracle's filters against facts of Qdrant's own tests (lib/segment/src/payload_storage).
 */
import type { Condition, Filter, PointId } from '@fletch/search';
import { describe, expect, test } from 'vitest';
import { OracleCollection } from './collection.case.js';
import { Doubts } from './doubts.case.js';

function holds(filter: Filter, payload: object, id: PointId = 0, text?: string): boolean {
  const collection = new OracleCollection('c', { vectors: { size: 1, distance: 'Dot' } });
  if (text) collection.indexes.set(text, 'text');
  collection.update({ upsert: { points: [{ id, vector: [1], payload: payload as never }] } }, new Doubts());
  return collection.matching(filter, new Doubts()).length === 1;
}

const GOODS = {
  location: { lon: 13.404954, lat: 52.520008 },
  price: 499.9,
  amount: 10,
  rating: [3, 7, 9, 9],
  color: 'red',
  has_delivery: true,
  shipped_at: '2020-02-15T00:00:00Z',
  parts: [],
  packaging: null,
  not_null: [null],
};

const red: Condition = { key: 'color', match: { value: 'red' } };
const blue: Condition = { key: 'color', match: { value: 'blue' } };
const delivered: Condition = { key: 'has_delivery', match: { value: true } };
const box = (left: number, top: number, right: number, bottom: number): Condition => ({
  key: 'location',
  geo_bounding_box: { top_left: { lon: left, lat: top }, bottom_right: { lon: right, lat: bottom } },
});
const berlin = box(13.08835, 52.67551, 13.76116, 52.33826);
const moscow = box(37.0366, 56.1859, 38.2532, 55.317);

describe('test_condition_checker', () => {
  test.each<[string, Condition | Filter, boolean]>([
    ['is_empty of a number', { is_empty: { key: 'price' } }, false],
    ['is_empty of nothing', { is_empty: { key: 'something_new' } }, true],
    ['is_empty of []', { is_empty: { key: 'parts' } }, true],
    ['is_empty of [null]', { is_empty: { key: 'not_null' } }, false],
    ['is_null of a number', { is_null: { key: 'amount' } }, false],
    ['is_null of []', { is_null: { key: 'parts' } }, false],
    ['is_null of nothing', { is_null: { key: 'something_else' } }, false],
    ['is_null of null', { is_null: { key: 'packaging' } }, true],
    ['is_null of [null]', { is_null: { key: 'not_null' } }, false],
    ['many values', { key: 'rating', values_count: { gte: 10 } }, false],
    ['few values', { key: 'rating', values_count: { lt: 5 } }, true],
    ['no field has no values', { key: 'tags', values_count: { lt: 1 } }, true],
    ['no field has not one value', { key: 'tags', values_count: { gte: 1 } }, false],
    ['a value', red, true],
    ['another value', blue, false],
    ['not another value', { must_not: [blue] }, true],
    ['not the value', { must_not: [red] }, false],
    ['must and should', { should: [red, blue], must: [delivered, berlin] }, true],
    ['must elsewhere', { should: [red, blue], must: [delivered, moscow] }, false],
    ['pairs that do not hold', { should: [{ must: [red, moscow] }, { must: [blue, berlin] }] }, false],
    ['a pair that holds', { should: [{ must: [blue, moscow] }, { must: [red, berlin] }] }, true],
    ['one of the ratings is bad', { must_not: [{ key: 'rating', range: { lte: 5 } }] }, false],
    ['one of none', { min_should: { conditions: [blue, moscow], min_count: 1 } }, false],
    ['two of three', { min_should: { conditions: [red, berlin, moscow], min_count: 2 } }, true],
    ['three of two', { min_should: { conditions: [red, berlin], min_count: 3 } }, false],
    [
      'in February',
      { key: 'shipped_at', range: { lt: '2020-03-01T00:00:00Z', gte: '2020-02-01T00:00:00Z' } },
      true,
    ],
    [
      'in March',
      { key: 'shipped_at', range: { lt: '2020-04-01T00:00:00Z', gte: '2020-03-01T00:00:00Z' } },
      false,
    ],
    ['nothing is asked', { should: [], must: [] }, true],
  ])('%s', (_, condition, expected) => {
    expect(holds({ must: [condition] }, GOODS)).toBe(expected);
  });

  test('has_id', () => {
    const ids: Condition = { has_id: [1, 2, 3] };
    expect([2, 10].map((id) => holds({ must_not: ids }, {}, id))).toEqual([false, true]);
    expect([2, 10].map((id) => holds({ must: [ids] }, {}, id))).toEqual([true, false]);
  });
});

test.each<[value: unknown, isEmpty: boolean, isNull: boolean]>([
  [[], true, false],
  [[null], false, true],
  [[true], false, false],
  [[true, null], false, true],
  [{}, false, false],
  ['string', false, false],
  [1, false, false],
  [true, false, false],
])('test_value_checker_for_null_or_empty: %j', (value, isEmpty, isNull) => {
  for (const wanted of [true, false]) {
    expect(holds({ must: { key: 'key', is_empty: wanted } }, { key: value })).toBe(isEmpty === wanted);
    expect(holds({ must: { key: 'key', is_null: wanted } }, { key: value })).toBe(isNull === wanted);
  }
});

test.each<[string, object, Condition, boolean]>([
  ['any of nothing', { a: 'x' }, { key: 'a', match: { any: [] } }, false],
  ['except nothing', { a: 'x' }, { key: 'a', match: { except: [] } }, true],
  ['except of another type', { a: 1 }, { key: 'a', match: { except: ['1'] } }, true],
  ['except of a list of all', { a: ['x', 'y'] }, { key: 'a', match: { except: ['x', 'y'] } }, false],
  ['except of a list of some', { a: ['x', 'z'] }, { key: 'a', match: { except: ['x', 'y'] } }, true],
  ['except of nothing there', {}, { key: 'a', match: { except: ['x'] } }, false],
  ['except of null', { a: null }, { key: 'a', match: { except: ['x'] } }, false],
  ['an array in an array', { a: [['x']] }, { key: 'a', match: { except: ['x'] } }, true],
  ['integers are no fractions', { a: 1.5 }, { key: 'a', match: { value: 1 } }, false],
  ['prefix', { a: ['no', 'redder'] }, { key: 'a', match: { prefix: 'red' } }, true],
  ['text without an index', { a: 'a reddish one' }, { key: 'a', match: { text: 'red' } }, true],
  ['text_any without an index', { a: 'a reddish one' }, { key: 'a', match: { text_any: 'blue red' } }, true],
])('%s', (_, payload, condition, expected) => {
  expect(holds({ must: [condition] }, payload)).toBe(expected);
});

describe('places', () => {
  const cities = [
    { lat: 52.52197645, lon: 13.413637435864272 },
    { lat: 55.7536283, lon: 37.62137960067377 },
  ];
  const at = (lon: number, lat: number) => ({ location: { lon, lat } });

  test('radius (test_geo_matching)', () => {
    const near = (lon: number, lat: number): Filter => ({
      must: { key: 'c', geo_radius: { center: { lon, lat }, radius: 2000 } },
    });
    expect(holds(near(13.413637, 52.521976), { c: cities })).toBe(true);
    expect(holds(near(20.423637, 52.511), { c: cities })).toBe(false);
  });

  test('a box over the antimeridian; edges are outside', () => {
    const pacific = { must: [box(170, 10, -170, -10)] };
    expect(
      [at(175, 0), at(-175, 0), at(0, 0), at(170, 0), at(175, 10)].map((payload) => holds(pacific, payload)),
    ).toEqual([true, true, false, false, false]);
  });

  test('a polygon with a hole', () => {
    const square = (size: number) => ({
      points: [
        [-1, -1],
        [-1, 1],
        [1, 1],
        [1, -1],
        [-1, -1],
      ].map(([x, y]) => ({ lon: x! * size, lat: y! * size })),
    });
    const ring: Filter = {
      must: [{ key: 'location', geo_polygon: { exterior: square(10), interiors: [square(5)] } }],
    };
    expect(
      [at(7, 0), at(0, 0), at(11, 0), at(10, 3), at(5, 3), at(-7, 7)].map((payload) => holds(ring, payload)),
    ).toEqual([true, false, false, false, false, true]);
  });
});

describe('nested', () => {
  const within = (filter: Filter, key = 'items'): Filter => ({ must: [{ nested: { key, filter } }] });
  const items = {
    items: [
      { a: 1, b: 1 },
      { a: 2, b: 2, inner: [{ c: 1 }] },
    ],
  };

  test('all conditions hold for one element', () => {
    const both = (a: number, b: number): Filter => ({
      must: [
        { key: 'a', match: { value: a } },
        { key: 'b', match: { value: b } },
      ],
    });
    expect(holds(within(both(1, 1)), items)).toBe(true);
    expect(holds(within(both(1, 2)), items)).toBe(false);
    expect(holds(within(both(2, 2), 'items[]'), items)).toBe(true);
  });

  test('nested in nested; an object is no array; ids are unknown within', () => {
    const one: Filter = { must: [{ key: 'c', match: { value: 1 } }] };
    expect(holds(within(within(one, 'inner')), items)).toBe(true);
    expect(holds(within({ must: [{ key: 'a', match: { value: 1 } }] }), { items: { a: 1 } })).toBe(false);
    expect(holds(within({ must: [{ has_id: [0] }] }), items)).toBe(false);
  });

  test('test_nested_match_text_any_uses_full_text_index', () => {
    const cheap = within({ must: [{ key: 'title', match: { text_any: 'good cheap' } }] });
    const titles = ['goodness only', 'cheap hardware', 'neutral text'];
    expect(titles.map((title) => holds(cheap, { items: [{ title }] }, 0, 'items[].title'))).toEqual([
      false,
      true,
      false,
    ]);
  });
});

test('a doubt where Qdrant answers otherwise with an index', () => {
  const collection = new OracleCollection('c', { vectors: { size: 1, distance: 'Dot' } });
  collection.update({ upsert: { points: [{ id: 1, vector: [1], payload: { a: [null] } }] } }, new Doubts());
  const doubts = new Doubts();
  collection.matching({ must: { is_null: { key: 'a' } } }, doubts);
  expect(doubts.reasons.size).toBe(1);
});
