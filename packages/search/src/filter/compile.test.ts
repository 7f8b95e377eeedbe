import type { FletchError } from '@fletch/base';
import { describe, expect, test } from 'vitest';
import type { Filter } from '../types/index.js';
import { checkCondition, compileFilter } from './compile.js';
import { matchingPayloads, testSource } from './testing.case.js';

describe('malformed filters', () => {
  const deep = (depth: number): Filter => (depth === 0 ? {} : { must: [deep(depth - 1)] });

  test.each<[unknown, string, string]>([
    ['x', 'filter', 'expected an object, got "x"'],
    [[], 'filter', 'expected an object, got []'],
    [{ most: [] }, 'filter.most', 'unknown key'],
    [{ must: ['x'] }, 'filter.must[0]', 'expected a condition, got "x"'],
    [{ must: 7 }, 'filter.must', 'expected a condition, got 7'],
    [{ must: [{ kye: 'a' }] }, 'filter.must[0]', 'expected a condition with one of key, has_id'],
    [{ must: [{ key: 'a' }] }, 'filter.must[0]', 'at least one of match, range'],
    [{ must: [{ key: 'a', match: null, range: null }] }, 'filter.must[0]', 'at least one of match'],
    [{ must: [{ key: 'a', match: { value: 1 }, boost: 2 }] }, 'filter.must[0].boost', 'unknown key'],
    [{ must: [{ match: { value: 1 } }] }, 'filter.must[0].key', 'expected a payload path, got undefined'],
    [{ must: [{ key: 'a', match: { value: 1, any: [2] } }] }, 'filter.must[0].match', 'exactly one of value'],
    [{ must: [{ key: 'a', match: { prefix: 1 } }] }, 'filter.must[0].match.prefix', 'expected a string'],
    [{ must: [{ key: 'a', match: { phrase: null, text: [] } }] }, 'filter.must[0].match.text', 'a string'],
    [{ must: [{ key: 'a', range: { gt: 'soon' } }] }, 'filter.must[0].range.gt', '"soon" is not a date'],
    [
      { must: [{ key: 'a', range: { gt: 1, lt: '2024-01-01' } }] },
      'filter.must[0].range.gt',
      '1 is not a date',
    ],
    [{ must: [{ key: 'a', range: { gt: '2024-02-30' } }] }, 'filter.must[0].range.gt', 'is not a date'],
    [
      { must: [{ key: 'a', range: { gt: true } }] },
      'filter.must[0].range.gt',
      'a number or a date, got true',
    ],
    [{ must: [{ key: 'a', values_count: { gt: -1 } }] }, 'filter.must[0].values_count.gt', 'got -1'],
    [{ must: [{ key: 'a', values_count: { gt: 1.5 } }] }, 'filter.must[0].values_count.gt', 'got 1.5'],
    [{ must: [{ key: 'a', values_count: 3 }] }, 'filter.must[0].values_count', 'expected an object'],
    [{ must: [{ key: 'a', is_empty: 1 }] }, 'filter.must[0].is_empty', 'expected true or false, got 1'],
    [{ must: [{ key: 'a', is_null: {} }] }, 'filter.must[0].is_null', 'expected true or false, got {}'],
    [
      { must: [{ key: 'a', geo_radius: { center: { lon: 181, lat: 0 }, radius: 1 } }] },
      'filter.must[0].geo_radius.center.lon',
      'expected a number from -180 to 180, got 181',
    ],
    [
      { must: [{ key: 'a', geo_radius: { center: { lon: 0, lat: '1' }, radius: 1 } }] },
      'filter.must[0].geo_radius.center.lat',
      'expected a number from -90 to 90, got "1"',
    ],
    [
      { must: [{ key: 'a', geo_radius: { center: { lon: 0, lat: 1 } } }] },
      'filter.must[0].geo_radius.radius',
      'expected a number of metres',
    ],
    [
      { must: [{ key: 'a', geo_bounding_box: { top_left: { lon: 0, lat: 0 } } }] },
      'filter.must[0].geo_bounding_box.bottom_right',
      'expected an object, got undefined',
    ],
    [
      { must: [{ key: 'a', geo_polygon: { exterior: { points: [] } } }] },
      'filter.must[0].geo_polygon.exterior.points',
      'at least 4 points, got 0',
    ],
    [
      {
        must: [
          {
            key: 'a',
            geo_polygon: {
              exterior: { points: [0, 1, 2, 0].map((lon) => ({ lon, lat: lon % 2 })) },
              interiors: [{ points: [0, 1, 2, 3].map((lon) => ({ lon, lat: 0 })) }],
            },
          },
        ],
      },
      'filter.must[0].geo_polygon.interiors[0].points',
      'its last point must be its first',
    ],
    [{ must: [{ has_vector: 1 }] }, 'filter.must[0].has_vector', 'expected the name of a vector, got 1'],
    [
      { must: [{ slice: { total: 0, index: 0 } }] },
      'filter.must[0].slice.total',
      'from 1 to 4294967295, got 0',
    ],
    [{ must: [{ slice: { total: 2, index: 2 } }] }, 'filter.must[0].slice', 'must be less than'],
    [{ must: [{ slice: { total: 2 } }] }, 'filter.must[0].slice.index', 'expected an unsigned integer'],
    [
      { must: [{ nested: { key: 'a' } }] },
      'filter.must[0].nested.filter',
      'expected an object, got undefined',
    ],
    [{ must: [{ nested: { filter: {} } }] }, 'filter.must[0].nested.key', 'expected a payload path'],
    [
      { must: [{ nested: { key: 'a', filter: { must: [{ key: 'b', range: { gt: {} } }] } } }] },
      'filter.must[0].nested.filter.must[0].range.gt',
      'got {}',
    ],
    [{ min_should: [] }, 'filter.min_should', 'expected an object'],
    [{ min_should: { conditions: {}, min_count: 1 } }, 'filter.min_should.conditions', 'expected a list'],
    [{ min_should: { conditions: [] } }, 'filter.min_should.min_count', 'expected an unsigned integer'],
    [
      { min_should: { conditions: [], min_count: 0 } },
      'filter.min_should.min_count',
      'must be greater than 0',
    ],
    [
      { min_should: { conditions: [{}, { key: 'a' }], min_count: 1 } },
      'filter.min_should.conditions[1]',
      'at least one',
    ],
    [{ must: [{ key: 7, match: { value: 1 } }] }, 'filter.must[0].key', 'expected a payload path, got 7'],
    [{ must: [{ key: 'a..b', match: { value: 1 } }] }, 'filter.must[0].key', 'is not a payload path'],
    [{ must: [{ key: '', match: { value: 1 } }] }, 'filter.must[0].key', 'is not a payload path'],
    [{ must: [{ key: 'a[x]', match: { value: 1 } }] }, 'filter.must[0].key', 'is not a payload path'],
    [{ must: [{ key: 'a', match: {} }] }, 'filter.must[0].match', 'exactly one of value, any, except, text'],
    [{ must: [{ key: 'a', match: { vlue: 1 } }] }, 'filter.must[0].match.vlue', 'unknown key'],
    [
      { must: [{ key: 'a', match: { value: 1.5 } }] },
      'filter.must[0].match.value',
      'use range for fractions',
    ],
    [{ must: [{ key: 'a', match: { value: [1] } }] }, 'filter.must[0].match.value', 'got [1]'],
    [{ must: [{ key: 'a', match: { any: 1 } }] }, 'filter.must[0].match.any', 'expected a list'],
    [{ must: [{ key: 'a', match: { any: [1, 'x'] } }] }, 'filter.must[0].match.any[1]', 'mixed'],
    [{ must: [{ key: 'a', match: { any: [true] } }] }, 'filter.must[0].match.any[0]', 'got a boolean'],
    [{ must: [{ key: 'a', match: { text: 1 } }] }, 'filter.must[0].match.text', 'expected a string, got 1'],
    [
      { must: [{}, { key: 'a', range: { gte: 'x' } }].slice(1) },
      'filter.must[0].range.gte',
      '"x" is not a date',
    ],
    [{ should: { key: 'a', range: { ge: 1 } } }, 'filter.should.range.ge', 'known are lt, gt, lte, gte'],
    [{ must_not: [{ has_id: 5 }] }, 'filter.must_not[0].has_id', 'expected a list'],
    [{ must: [{ has_id: [1, -1] }] }, 'filter.must[0].has_id[1]', 'got -1'],
    [{ must: [{ has_id: ['x'] }] }, 'filter.must[0].has_id[0]', 'got "x"'],
    [{ must: [{ is_null: 'a' }] }, 'filter.must[0].is_null', 'expected an object'],
    [{ must: [{ is_empty: { field: 'a' } }] }, 'filter.must[0].is_empty.field', 'unknown key'],
    [
      { must: [{ must: [{ must_not: { key: 'a', range: 3 } }] }] },
      'filter.must[0].must[0].must_not.range',
      'got 3',
    ],
    [deep(33), `filter${'.must[0]'.repeat(32)}`, 'nested 32 deep'],
  ])('%j', (filter, at, what) => {
    expect(() => compileFilter(filter)).toThrow(
      expect.objectContaining({
        code: 'INVALID_FILTER',
        details: expect.objectContaining({ at }),
        message: expect.stringMatching(new RegExp(`^${at.replace(/[.[\]]/g, '\\$&')}: .*`)),
      }),
    );
    expect(() => compileFilter(filter)).toThrow(what);
  });

  test('a filter that is too deep for any recursion', () => {
    expect(() => compileFilter(deep(5000))).toThrow('nested 32 deep');
  });

  test('nested filters count towards the depth', () => {
    const nested = (depth: number): Filter =>
      depth === 0 ? {} : { must: [{ nested: { key: 'a', filter: nested(depth - 1) } }] };
    expect(() => compileFilter(nested(31))).not.toThrow();
    expect(() => compileFilter(nested(32))).toThrow('nested 32 deep');
  });

  test('tells values that are not allowed from what is malformed', () => {
    const ofValue = (filter: unknown) => {
      try {
        compileFilter(filter);
      } catch (error) {
        return (error as FletchError).details.ofValue;
      }
      throw new Error('compiled');
    };
    expect(ofValue({ min_should: { conditions: [], min_count: 0 } })).toBe(true);
    expect(ofValue({ must: { key: 'a' } })).toBe(true);
    expect(ofValue({ must: { slice: { index: 1, total: 1 } } })).toBe(true);
    expect(ofValue({ must: { key: 'a', match: {} } })).toBe(false);
  });

  test('conditions are checked alone, too', () => {
    expect(() => checkCondition({ key: 'a', range: { gt: 1 } })).not.toThrow();
    expect(() => checkCondition({ key: 'a', range: { gt: [] } }, 'formula')).toThrow('formula.range.gt: ');
  });

  test('100,000 ids and values and 20,000 conditions take bounded time', () => {
    const many = Array.from({ length: 100_000 }, (_, i) => i);
    const payloads = [{ a: [3, 4] }, { a: 99_999 }, { a: -1 }];
    const source = testSource(new Map(payloads.map((payload, id) => [id, { id, payload }])));
    const conditions = many.slice(-20_000).map((value) => ({ key: 'a', match: { value } }));
    const started = performance.now();
    for (const [filter, rows] of [
      [{ must: { has_id: many } }, [0, 1, 2]],
      [{ must: { key: 'a', match: { except: many } } }, [2]],
      [{ must: { key: 'a', match: { any: many } } }, [0, 1]],
      [{ should: conditions }, [1]],
      [{ min_should: { conditions, min_count: 2 } }, []],
      [{ must: conditions }, []],
      [{ must_not: conditions }, [0, 2]],
    ] as const)
      expect([...compileFilter(filter).rows(source)], Object.keys(filter)[0]).toEqual(rows);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test('a list of 100,000 values is fine', () => {
    const any = Array.from({ length: 100_000 }, (_, i) => `v${i}`);
    expect(matchingPayloads({ must: { key: 'a', match: { any } } }, [{ a: 'v99999' }, { a: 'w' }])).toEqual([
      true,
      false,
    ]);
  });
});
