import { describe, expect, test } from 'vitest';
import type { Condition, Filter, PayloadFieldSchema } from '../types/index.js';
import { filterUsage, missingIndex } from './usage.js';

const missing = (filter: Filter, schema: { [field: string]: PayloadFieldSchema } = {}) =>
  missingIndex(filterUsage(filter), schema);

describe('the index that a condition needs', () => {
  const uuid = '550e8400-e29b-41d4-a716-446655440000';
  const here = { lon: 0, lat: 0 };
  test.each<[object, string[] | undefined]>([
    [{ match: { value: 'x' } }, ['keyword']],
    [{ match: { value: uuid } }, ['keyword', 'uuid']],
    [{ match: { value: 1 } }, ['integer']],
    [{ match: { value: false } }, ['bool']],
    [{ match: { any: [1] } }, ['integer']],
    [{ match: { except: ['x', uuid] } }, ['keyword']],
    [{ match: { any: [] } }, undefined],
    [{ match: { text: 'x' } }, ['text']],
    [{ match: { text_any: 'x' } }, ['text']],
    [{ match: { phrase: 'x' } }, ['text (with phrase_matching: true)']],
    [{ match: { prefix: 'x' } }, ['keyword (with prefix: true)']],
    [{ range: { gt: 1 } }, ['float', 'integer']],
    [{ range: { gt: '2024-01-01', lt: null } }, ['datetime']],
    [{ geo_radius: { center: here, radius: 1 } }, ['geo']],
    [{ match: { value: 'x' }, range: { gt: 1 } }, ['float', 'integer', 'keyword']],
    [{ values_count: { gt: 1 } }, expect.arrayContaining(['bool', 'geo', 'keyword', 'text', 'uuid'])],
    [{ is_empty: false }, expect.arrayContaining(['bool', 'integer'])],
  ])('%j: %j', (test, types) => {
    const filter = { must: { key: 'a.b', ...test } as Condition };
    expect(missing(filter)).toEqual(types && { field: 'a.b', types });
    if (!types) return;
    const [type] = filterUsage(filter).fields[0]!.anyOf;
    const schema: PayloadFieldSchema =
      {
        'keyword prefix': { type: 'keyword', prefix: true } as const,
        'text phrase': { type: 'text', phrase_matching: true } as const,
        'float range': 'float' as const,
        'integer range': 'integer' as const,
        'datetime range': 'datetime' as const,
      }[type as string] ?? (type as 'keyword');
    expect(missing(filter, { 'a.b': schema })).toBeUndefined();
    expect(missing(filter, { a: schema })).toMatchObject({ field: 'a.b' });
  });

  test('an index without the capability is none', () => {
    const value: Filter = { must: { key: 'a', match: { value: 1 } } };
    const range: Filter = { must: { key: 'a', range: { gt: 1 } } };
    expect(missing(value, { a: { type: 'integer', lookup: false } })).toMatchObject({ field: 'a' });
    expect(missing(value, { a: { type: 'integer', range: false } })).toBeUndefined();
    expect(missing(range, { a: { type: 'integer', range: false } })).toMatchObject({ field: 'a' });
    expect(missing(range, { a: { type: 'integer', lookup: null } })).toBeUndefined();
    expect(missing({ must: { key: 'a', match: { prefix: 'x' } } }, { a: 'keyword' })).toMatchObject({
      field: 'a',
    });
    expect(missing({ must: { key: 'a', match: { phrase: 'x' } } }, { a: 'text' })).toMatchObject({
      field: 'a',
    });
    expect(missing({ must: { is_null: { key: 'a' } } }, { a: 'geo' })).toBeUndefined();
    expect(missing({ must: { is_empty: { key: 'a' } } })).toMatchObject({ field: 'a' });
  });

  test('is looked for in every clause and in nested filters', () => {
    const condition: Condition = { key: 'x', match: { value: 1 } };
    for (const filter of [
      { should: [condition] },
      { must_not: condition },
      { min_should: { conditions: [condition], min_count: 1 } },
      { must: [{ must: condition }] },
    ] satisfies Filter[])
      expect(missing(filter)).toMatchObject({ field: 'x' });
    const nested: Filter = {
      must: {
        nested: { key: 'l', filter: { must: { nested: { key: 'm[]', filter: { must: condition } } } } },
      },
    };
    expect(missing(nested)).toMatchObject({ field: 'l[].m[].x' });
    expect(missing(nested, { 'l[].m[].x': 'integer' })).toBeUndefined();
    expect(
      missing({ must: [{ has_id: [1] }, { has_vector: '' }, { slice: { index: 0, total: 1 } }, {}] }),
    ).toBeUndefined();
  });
});

test('conditions and lists are counted', () => {
  const condition: Condition = { key: 'x', match: { any: [1, 2, 3] } };
  const usage = filterUsage({
    must: [condition, { must_not: [condition, { has_id: [1, 2, 3, 4] }] }, { has_vector: '' }],
    should: { nested: { key: 'l', filter: { must: [condition, { is_null: { key: 'y' } }] } } },
    min_should: { conditions: [{ slice: { index: 0, total: 1 } }], min_count: 1 },
  });
  expect(usage).toMatchObject({ conditions: 7, longestList: 4 });
  expect(usage.fields.map(({ field }) => field)).toEqual(['x', 'x', 'l[].x', 'l[].y']);
  expect(filterUsage({})).toEqual({ fields: [], conditions: 0, longestList: 0 });
});
