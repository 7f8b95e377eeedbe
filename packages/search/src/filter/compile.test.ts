import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Bitset } from '../index/bitset.js';
import type { Filter, Payload, PointId } from '../types/index.js';
import { Columns } from './columns.js';
import { compileFilter } from './compile.js';
import type { FilterSource } from './condition.js';

/** Points in memory: the row is the place in the list. */
function source(points: { id: PointId; payload: Payload }[], limit?: number): FilterSource {
  const columns = new Columns(() => points.map(({ payload }, row) => ({ row, payload })), limit);
  return {
    live: Bitset.of(points.keys()),
    row: (id) => {
      const row = points.findIndex((point) => point.id === id);
      return row < 0 ? undefined : row;
    },
    column: (path) => columns.get(path),
    scan: (condition) =>
      Bitset.of([...points.keys()].filter((row) => condition.matches(points[row]!.payload, points[row]!.id))),
  };
}

/** Which payloads match, found by columns, by looking at all rows for want of memory, and one by one. */
function matching(filter: unknown, payloads: Payload[]): boolean[] {
  const points = payloads.map((payload, id) => ({ id, payload }));
  const compiled = compileFilter(filter);
  const ways = [source(points), source(points, -1)].map((from) => {
    const rows = compiled.rows(from);
    return payloads.map((_, row) => rows.has(row));
  });
  ways.push(points.map(({ payload, id }) => compiled.matches(payload, id)));
  expect(ways[1]).toEqual(ways[0]);
  expect(ways[2]).toEqual(ways[0]);
  return ways[0]!;
}

function matches(filter: unknown, payload: Payload): boolean {
  return matching(filter, [payload])[0]!;
}

describe('conditions, as Qdrant answers them', () => {
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
    expect(matching(filter, all)).toEqual(all.map(({ a, b, c, d }) => a && (b || c) && !d));
    expect(matching({}, all)).toEqual(all.map(() => true));
    expect(matching({ must: null, should: [], must_not: [] }, all)).toEqual(all.map(() => true));
  });

  test('ids are the same in every written form', () => {
    const id = '00000000-0000-4000-8000-00000000000a';
    const written = ['urn:uuid:00000000-0000-4000-8000-00000000000A', '0000000000004000800000000000000a'];
    for (const form of [id, ...written])
      expect(compileFilter({ must: { has_id: [form] } }).matches({}, id)).toBe(true);
  });
});

describe('malformed filters', () => {
  const deep = (depth: number): Filter => (depth === 0 ? {} : { must: [deep(depth - 1)] });

  test.each<[unknown, string, string]>([
    ['x', 'filter', 'expected an object, got "x"'],
    [[], 'filter', 'expected an object, got []'],
    [{ most: [] }, 'filter.most', 'unknown key'],
    [{ must: ['x'] }, 'filter.must[0]', 'expected a condition, got "x"'],
    [{ must: 7 }, 'filter.must', 'expected a condition, got 7'],
    [{ must: [{}] }, 'filter.must[0]', 'expected a condition with one of key, has_id'],
    [{ must: [{ key: 'a' }] }, 'filter.must[0]', 'exactly one of match, range'],
    [{ must: [{ key: 'a', match: { value: 1 }, range: { gt: 1 } }] }, 'filter.must[0]', 'exactly one'],
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
      'a number, got "x"',
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
        details: { at },
        message: expect.stringMatching(new RegExp(`^${at.replace(/[.[\]]/g, '\\$&')}: .*`)),
      }),
    );
    expect(() => compileFilter(filter)).toThrow(what);
  });

  test('a filter that is too deep for any recursion', () => {
    expect(() => compileFilter(deep(5000))).toThrow('nested 32 deep');
  });

  test('a list of 100,000 values is fine', () => {
    const any = Array.from({ length: 100_000 }, (_, i) => `v${i}`);
    expect(matching({ must: { key: 'a', match: { any } } }, [{ a: 'v99999' }, { a: 'w' }])).toEqual([
      true,
      false,
    ]);
  });
});

describe('properties', () => {
  const scalar = fc.oneof(
    fc.constantFrom('a', 'b', 'ab'),
    fc.integer({ min: -2, max: 2 }),
    fc.constantFrom(0.5, -0.5),
    fc.boolean(),
    fc.constant(null),
  );
  const value = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }), fc.record({ c: scalar }));
  const payload = fc.record(
    { a: value, b: value, l: fc.array(fc.record({ c: value }, { requiredKeys: [] }), { maxLength: 3 }) },
    { requiredKeys: [] },
  ) as fc.Arbitrary<Payload>;
  const key = fc.constantFrom('a', 'b', 'a.c', 'l', 'l[]', 'l[].c', 'l[0].c', 'a[]');
  const list = fc.oneof(
    fc.uniqueArray(fc.constantFrom('a', 'b', 'ab')),
    fc.uniqueArray(fc.integer({ min: -2, max: 2 })),
  );
  const bound = fc.option(fc.constantFrom(-1, -0.5, 0, 0.5, 1), { nil: null });
  const { filter } = fc.letrec<{ filter: Filter; condition: object }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 2, withCrossShrink: true },
      fc.record({
        key,
        match: fc.oneof(
          fc.record({
            value: fc.oneof(fc.constantFrom('a', 'b'), fc.integer({ min: -2, max: 2 }), fc.boolean()),
          }),
          fc.record({ any: list }),
          fc.record({ except: list }),
          fc.record({ text: fc.constantFrom('a', 'b') }),
        ),
      }),
      fc.record({
        key,
        range: fc.record({ lt: bound, gt: bound, lte: bound, gte: bound }, { requiredKeys: [] }),
      }),
      fc.record({ has_id: fc.array(fc.nat(12)) }),
      fc.record({ is_empty: fc.record({ key }) }),
      fc.record({ is_null: fc.record({ key }) }),
      tie('filter').filter((inner) => Object.keys(inner).length > 0),
    ),
    filter: fc.record(
      {
        must: fc.array(tie('condition'), { maxLength: 2 }),
        should: fc.array(tie('condition'), { maxLength: 2 }),
        must_not: fc.array(tie('condition'), { maxLength: 2 }),
      },
      { requiredKeys: [] },
    ) as fc.Arbitrary<Filter>,
  }));

  test('columns, scans and single looks agree; a filter and its negation share out all rows', () => {
    fc.assert(
      fc.property(filter, fc.array(payload, { maxLength: 12 }), (condition, payloads) => {
        const rows = matching(condition, payloads);
        if (Object.keys(condition).length > 0)
          expect(matching({ must_not: [condition] }, payloads)).toEqual(rows.map((row) => !row));
      }),
      { numRuns: 1000, seed: 1 },
    );
  });

  test('columns stay right while rows come and go', () => {
    fc.assert(
      fc.property(
        filter,
        fc.array(payload, { maxLength: 8 }),
        fc.array(fc.tuple(fc.nat(9), fc.option(payload)), { maxLength: 20 }),
        (condition, start, changes) => {
          const rows = new Map(start.entries());
          const columns = new Columns(() =>
            Array.from(rows, ([row, content]) => ({ row, payload: content })),
          );
          const compiled = compileFilter(condition);
          columns.prepare(compiled.paths);
          for (const [row, content] of changes) {
            const old = rows.get(row);
            if (old) columns.remove(row, old);
            rows.delete(row);
            if (content) {
              rows.set(row, content);
              columns.add(row, content);
            }
            const live = Bitset.of(rows.keys());
            const found = compiled
              .rows({
                live,
                row: (id) => (rows.has(id as number) ? (id as number) : undefined),
                column: (path) => columns.get(path),
                scan: () => new Bitset(),
              })
              .and(live);
            const expected = [...rows].filter(([id, one]) => compiled.matches(one, id)).map(([id]) => id);
            expect([...found]).toEqual(expected.sort((a, b) => a - b));
          }
        },
      ),
      { numRuns: 300, seed: 2 },
    );
  });
});
