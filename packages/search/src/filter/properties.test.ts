import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Filter, Payload } from '../types/index.js';
import { compileFilter } from './compile.js';
import { hasVector, matchingPoints, type TestIndexes, type TestPoint, testSource } from './testing.case.js';

const indexes: TestIndexes = {
  t: { type: 'text', phrase_matching: true },
  'l[].t': { type: 'text', tokenizer: 'prefix', stopwords: 'english' },
};

const words = fc.constantFrom(
  'red',
  'Red fox',
  'fox red fox',
  'the fox',
  'größe, über',
  '',
  '\u{1f600} \ud800',
  'a\u0000b',
);
const degrees = fc.constantFrom(-180, -179.5, -90, 0, 45, 90, 179.5, 180);
const latitude = fc.constantFrom(-90, -89.9, 0, 45, 89.9, 90);
const geo = fc.record({ lon: degrees, lat: latitude });
const date = fc.constantFrom(
  '2024-01-01',
  '2024-01-01T00:00:00.000001Z',
  '2023-12-31 23:59',
  '9999-12-31',
  'soon',
);
const scalar = fc.oneof(
  fc.constantFrom('a', 'b', 'ab', '__proto__'),
  words,
  date,
  fc.integer({ min: -2, max: 2 }),
  fc.constantFrom(0.5, -0.5, 1e300),
  fc.boolean(),
  fc.constant(null),
  geo,
  fc.record({ lon: fc.constantFrom('0', 0, 500), lat: fc.constant(0) }),
);
const value = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 3 }),
  fc.array(fc.array(scalar, { maxLength: 2 }), { maxLength: 2 }),
  fc.record({ c: scalar }),
);
const element = fc.record(
  { c: value, t: words, n: fc.array(fc.record({ c: scalar }), { maxLength: 2 }) },
  { requiredKeys: [] },
);
const payload = fc.record(
  {
    a: value,
    b: value,
    t: fc.oneof(words, fc.array(words, { maxLength: 2 })),
    l: fc.array(fc.oneof(element, scalar), { maxLength: 3 }),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Payload>;
const vectors = fc.subarray(['', 'image']);

const topKey = fc.constantFrom(
  'a',
  'b',
  'a.c',
  'l',
  'l[]',
  'l[].c',
  'l[0].c',
  'a[]',
  't',
  'l[].t',
  'l[].n[].c',
  'none',
);
const innerKey = fc.constantFrom('c', 't', 'n[].c', 'none');
const list = fc.oneof(
  fc.uniqueArray(fc.constantFrom('a', 'b', 'ab', 'red')),
  fc.uniqueArray(fc.integer({ min: -2, max: 2 })),
);
const bound = fc.option(fc.constantFrom(-1, -0.5, 0, 0.5, 1), { nil: null });
const dateBound = fc.constantFrom(
  '2024-01-01',
  '2024-01-01T00:00:00.0000005Z',
  '2000-01-01',
  '9999-12-31T00:00:00Z',
);
const limits = <T>(one: fc.Arbitrary<T>) =>
  fc.record({ lt: one, gt: one, lte: one, gte: one }, { requiredKeys: [] });
const ring = fc
  .array(geo, { minLength: 3, maxLength: 5 })
  .map((points) => ({ points: [...points, points[0]!] }));
const tests = {
  value: fc.record({
    match: fc.record({
      value: fc.oneof(fc.constantFrom('a', 'red'), fc.integer({ min: -2, max: 2 }), fc.boolean()),
    }),
  }),
  any: fc.record({ match: fc.record({ any: list }) }),
  except: fc.record({ match: fc.record({ except: list }) }),
  text: fc.record({ match: fc.record({ text: words }) }),
  text_any: fc.record({ match: fc.record({ text_any: words }) }),
  phrase: fc.record({ match: fc.record({ phrase: words }) }),
  prefix: fc.record({ match: fc.record({ prefix: fc.constantFrom('', 'a', 'Re', 'fox r') }) }),
  range: fc.record({ range: limits(bound) }),
  dates: fc.record({ range: limits(dateBound) }),
  box: fc.record({ geo_bounding_box: fc.record({ top_left: geo, bottom_right: geo }) }),
  circle: fc.record({
    geo_radius: fc.record({ center: geo, radius: fc.constantFrom(0, 1e3, 1e6, 1e7, 3e7) }),
  }),
  polygon: fc.record({
    geo_polygon: fc.record({ exterior: ring, interiors: fc.option(fc.array(ring, { maxLength: 1 })) }),
  }),
  values_count: fc.record({ values_count: limits(fc.nat(3)) }),
  is_empty: fc.record({ is_empty: fc.boolean() }),
  is_null: fc.record({ is_null: fc.boolean() }),
} satisfies Record<string, fc.Arbitrary<object>>;

function conditionOn(key: fc.Arbitrary<string>): fc.Arbitrary<object> {
  const several = fc.tuple(fc.oneof(...Object.values(tests)), fc.oneof(...Object.values(tests)));
  return fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .tuple(key, fc.oneof(...Object.values(tests)))
        .map(([name, one]) => ({ key: name, ...one })),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(key, several).map(([name, [one, two]]) => ({ key: name, ...one, ...two })),
    },
    { weight: 1, arbitrary: fc.record({ is_empty: fc.record({ key }) }) },
    { weight: 1, arbitrary: fc.record({ is_null: fc.record({ key }) }) },
  );
}

const ofPoint: fc.Arbitrary<object> = fc.oneof(
  fc.record({ has_id: fc.array(fc.nat(12)) }),
  fc.record({ has_vector: fc.constantFrom('', 'image', 'none') }),
  fc.nat(2).map((index) => ({ slice: { index, total: 3 } })),
);

function filterOf(condition: fc.Arbitrary<object>): fc.Arbitrary<Filter> {
  const some = fc.record({
    conditions: fc.array(condition, { maxLength: 3 }),
    min_count: fc.integer({ min: 1, max: 3 }),
  });
  const clause = fc.oneof(condition, fc.array(condition, { maxLength: 2 }));
  return fc.record(
    { must: clause, should: clause, must_not: clause, min_should: some },
    { requiredKeys: [] },
  ) as fc.Arbitrary<Filter>;
}

const innermost = filterOf(
  fc.oneof({ weight: 6, arbitrary: conditionOn(innerKey) }, { weight: 1, arbitrary: ofPoint }),
);
const inner = filterOf(
  fc.oneof(
    { weight: 4, arbitrary: conditionOn(innerKey) },
    { weight: 1, arbitrary: innermost },
    { weight: 1, arbitrary: innermost.map((filter) => ({ nested: { key: 'n', filter } })) },
  ),
);
const nested = inner.map((filter) => ({ nested: { key: 'l', filter } }));
const plain = fc.oneof(
  { weight: 5, arbitrary: conditionOn(topKey) },
  { weight: 2, arbitrary: nested },
  { weight: 1, arbitrary: ofPoint },
);
const filter = filterOf(fc.oneof({ weight: 4, arbitrary: plain }, { weight: 1, arbitrary: filterOf(plain) }));

const points = fc
  .array(fc.record({ payload, vectors }), { maxLength: 10 })
  .map((all) => all.map((point, id) => ({ id, ...point })));

/** All ways agree, and a filter and its negation share out the points. */
function check(one: object, of: readonly TestPoint[]): void {
  const found = matchingPoints({ must: [one] }, of, indexes);
  expect(matchingPoints({ must_not: [one] }, of, indexes)).toEqual(found.map((each) => !each));
}

describe('columns, scans and single looks agree', () => {
  test.each(Object.entries(tests))('%s', (_kind, arbitrary) => {
    fc.assert(
      fc.property(topKey, arbitrary, points, (key, one, of) => check({ key, ...one }, of)),
      { numRuns: 200, seed: 1 },
    );
  });
  test('nested', () => {
    fc.assert(fc.property(nested, points, check), { numRuns: 400, seed: 2 });
  });
  test('whole filters', () => {
    fc.assert(
      fc.property(filter, points, (one, of) => check(one, of)),
      { numRuns: 400, seed: 3 },
    );
  });
});

test('columns stay right while rows come and go', () => {
  const change = fc.tuple(fc.nat(9), fc.option(fc.record({ payload, vectors })));
  fc.assert(
    fc.property(filter, points, fc.array(change, { maxLength: 20 }), (one, start, changes) => {
      const rows = new Map<number, TestPoint>(start.entries());
      const source = testSource(rows, { indexes });
      const compiled = compileFilter(one, 'filter', source.columns.texts);
      source.columns.prepare(compiled.paths);
      for (const [row, content] of changes) {
        const old = rows.get(row);
        if (old) source.columns.remove(row, old.payload);
        rows.delete(row);
        if (content) {
          rows.set(row, { id: row, ...content });
          source.columns.add(row, content.payload);
        }
        const expected = [...rows].filter(([, point]) =>
          compiled.matches(point.payload, point.id, hasVector(point)),
        );
        expect([...compiled.rows(source).and(source.live)]).toEqual(
          expected.map(([id]) => id).sort((a, b) => a - b),
        );
      }
    }),
    { numRuns: 300, seed: 4 },
  );
});
