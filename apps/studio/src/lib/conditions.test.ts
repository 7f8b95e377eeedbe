import { describe, expect, it } from 'vitest';
import {
  type ConditionRow,
  filterOf,
  newRow,
  readRows,
  type TestName,
  type TypedField,
  testsOf,
} from './conditions.js';

const field = (key: string, type: TypedField['type']): TypedField => ({ key, type, indexed: true });
const FIELDS = [
  field('pos', 'keyword'),
  field('year', 'integer'),
  field('vegan', 'bool'),
  field('seen', 'datetime'),
  field('gloss', 'text'),
  field('place', 'geo'),
];
const row = (key: string, test: TestName, first = '', second = ''): ConditionRow => ({
  clause: 'must',
  key,
  test,
  first,
  second,
});
const one = (...parameters: Parameters<typeof row>) => filterOf([row(...parameters)], FIELDS)?.must;

describe('conditions', () => {
  it('take values as their fields have them', () => {
    expect(one('pos', 'is', ' 12 ')).toEqual([{ key: 'pos', match: { value: '12' } }]);
    expect(one('year', 'is', '12')).toEqual([{ key: 'year', match: { value: 12 } }]);
    expect(one('vegan', 'is', 'true')).toEqual([{ key: 'vegan', match: { value: true } }]);
    expect(one('year', 'any', '1, 2,')).toEqual([{ key: 'year', match: { any: [1, 2] } }]);
    expect(one('pos', 'except', 'a b, c')).toEqual([{ key: 'pos', match: { except: ['a b', 'c'] } }]);
    expect(one('gloss', 'phrase', 'deep sadness')).toEqual([
      { key: 'gloss', match: { phrase: 'deep sadness' } },
    ]);
    expect(one('year', 'range', '1900')).toEqual([{ key: 'year', range: { gte: 1900 } }]);
    expect(one('seen', 'range', '2024', '2025-01-01')).toEqual([
      { key: 'seen', range: { gte: '2024', lte: '2025-01-01' } },
    ]);
    expect(one('place', 'near', '52.5, 13.4', '1000')).toEqual([
      { key: 'place', geo_radius: { center: { lat: 52.5, lon: 13.4 }, radius: 1000 } },
    ]);
    expect(one('pos', 'count', '', '3')).toEqual([{ key: 'pos', values_count: { lte: 3 } }]);
    expect(one('pos', 'empty')).toEqual([{ is_empty: { key: 'pos' } }]);
    expect(one('', 'id', '1 c0ffee00-0000-4000-8000-000000000000')).toEqual([
      { has_id: [1, 'c0ffee00-0000-4000-8000-000000000000'] },
    ]);
    expect(one('', 'vector', '')).toEqual([{ has_vector: '' }]);
  });

  it('wait until they are complete', () => {
    for (const [key, test] of [
      ['pos', 'is'],
      ['pos', 'any'],
      ['year', 'range'],
      ['place', 'near'],
      ['', 'id'],
    ] as const)
      expect(one(key, test)).toBeUndefined();
    expect(one('place', 'near', '52.5', '10')).toBeUndefined();
  });

  it('stand in their clauses', () => {
    const rows = [
      row('pos', 'is', 'noun'),
      { ...row('pos', 'null'), clause: 'must_not' as const },
      { ...row('year', 'is', '1'), clause: 'should' as const },
      { ...row('year', 'is', '2'), clause: 'should' as const },
    ];
    expect(filterOf(rows, FIELDS)).toMatchObject({ must: [{}], must_not: [{}], should: [{}, {}] });
  });

  it('are offered where they make sense', () => {
    expect(testsOf(field('a', 'geo'))).toEqual(['near', 'count', 'empty', 'null']);
    expect(testsOf(undefined)).toEqual(['id', 'vector']);
    expect(newRow(field('seen', 'datetime')).test).toBe('range');
  });

  it('are read from addresses, whatever these hold', () => {
    const rows = [row('pos', 'is', 'noun')];
    expect(readRows(JSON.parse(JSON.stringify(rows)))).toEqual(rows);
    expect(readRows([{ ...rows[0], test: 'toString' }, { ...rows[0], clause: 'x' }, null, 4, {}])).toEqual(
      [],
    );
    expect(readRows({})).toEqual([]);
  });
});
