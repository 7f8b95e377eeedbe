/**
 * Filters of every kind of condition, nested three deep.
 *
 * @module
 */
import type { Condition, FieldMatch, FieldRange, Filter, GeoPoint, ValuesCount } from '@fletch/search';
import fc from 'fast-check';
import { available, capabilities } from '../capabilities.case.js';
import { distanceOf } from '../oracle/geo.case.js';
import {
  asked,
  bare,
  date,
  float,
  integer,
  landmark,
  maybe,
  one,
  place,
  record,
  uuid,
  word,
  writtenId,
} from './basic.case.js';
import { anyPath, type PATHS, pathOf } from './payloads.case.js';

const all = capabilities.allFilters;

const on = <T extends object>(
  type: keyof typeof PATHS,
  condition: fc.Arbitrary<T>,
): fc.Arbitrary<Condition> =>
  fc.tuple(pathOf(type), condition).map(([key, rest]) => ({ key, ...rest }) as Condition);

const match = (value: fc.Arbitrary<FieldMatch>) => value.map((found) => ({ match: found }));

const keywords: fc.Arbitrary<FieldMatch> = fc.oneof(
  ...available<fc.Arbitrary<FieldMatch>>(
    word.map((value) => ({ value })),
    fc.array(word, { maxLength: 3 }).map((any) => ({ any })),
    fc.array(word, { maxLength: 3 }).map((except) => ({ except })),
    all && word.map((prefix) => ({ prefix })),
  ),
);
const integers: fc.Arbitrary<FieldMatch> = fc.oneof(
  integer.map((value) => ({ value })),
  fc.array(integer, { minLength: 1, maxLength: 4 }).map((any) => ({ any })),
  fc.array(integer, { minLength: 1, maxLength: 4 }).map((except) => ({ except })),
);
const texts: fc.Arbitrary<FieldMatch> = fc.oneof(
  ...available<fc.Arbitrary<FieldMatch>>(
    asked.map((text) => ({ text })),
    all && asked.map((text_any) => ({ text_any })),
    all && asked.map((phrase) => ({ phrase })),
  ),
);

function range<T extends number | string>(bound: fc.Arbitrary<T>): fc.Arbitrary<FieldRange> {
  const some = maybe(bound) as fc.Arbitrary<T>;
  return record<FieldRange>({ lt: some, gt: some, lte: some, gte: some });
}

const count = maybe(fc.nat(3)) as fc.Arbitrary<number>;
const valuesCount = record<ValuesCount>({ lt: count, gt: count, lte: count, gte: count });

/** A star around a place: its edges do not cross. */
const ring: fc.Arbitrary<GeoPoint[]> = fc
  .tuple(
    fc.record({ lon: fc.integer({ min: -100, max: 100 }), lat: fc.integer({ min: -40, max: 40 }) }),
    fc.array(fc.integer({ min: 3, max: 45 }), { minLength: 3, maxLength: 7 }),
  )
  .map(([center, radii]) => {
    const points = radii.map((radius, i) => {
      const angle = (2 * Math.PI * i) / radii.length + 0.1;
      return { lon: center.lon + radius * Math.cos(angle), lat: center.lat + radius * Math.sin(angle) };
    });
    return [...points, points[0]!];
  });

const shrunk = (points: GeoPoint[]): GeoPoint[] => {
  const center = {
    lon: points[0]!.lon * 0.5 + points[1]!.lon * 0.5,
    lat: points[0]!.lat * 0.5 + points[1]!.lat * 0.5,
  };
  return points.map(({ lon, lat }) => ({
    lon: center.lon + (lon - center.lon) / 3,
    lat: center.lat + (lat - center.lat) / 3,
  }));
};

const areas = fc.oneof(
  fc.tuple(place, place).map(([a, b]) => ({
    geo_bounding_box: {
      top_left: { lon: a.lon, lat: Math.max(a.lat, b.lat) },
      bottom_right: { lon: b.lon, lat: Math.min(a.lat, b.lat) },
    },
  })),
  fc
    .tuple(place, one(0, 1, 50_000, 1_000_000, 5_000_000, 21_000_000))
    .map(([center, radius]) => ({ geo_radius: { center, radius } })),
  // A circle through a landmark, or rather close by it.
  fc.tuple(landmark, landmark, one(0.998, 1.002)).map(([center, edge, by]) => ({
    geo_radius: { center, radius: distanceOf(center, edge) * by },
  })),
  fc.tuple(ring, fc.boolean()).map(([points, hole]) => ({
    geo_polygon: { exterior: { points }, ...(hole && { interiors: [{ points: shrunk(points) }] }) },
  })),
);

/** Conditions without filters in them; those on the point itself only where there is one. */
function leaves(onPoint: boolean, vectors: readonly string[]): fc.Arbitrary<Condition> {
  const emptiness = fc.oneof(
    anyPath.map((key): Condition => ({ is_empty: { key } })),
    anyPath.map((key): Condition => ({ is_null: { key } })),
    ...available(
      all && fc.tuple(anyPath, fc.boolean()).map(([key, is_empty]): Condition => ({ key, is_empty })),
      all && fc.tuple(anyPath, fc.boolean()).map(([key, is_null]): Condition => ({ key, is_null })),
    ),
  );
  const onIds = fc.array(writtenId, { maxLength: 12 }).map((has_id): Condition => ({ has_id }));
  const others = available<fc.Arbitrary<Condition>>(
    onIds,
    all && one(...vectors, 'nowhere').map((has_vector): Condition => ({ has_vector })),
    all &&
      fc
        .tuple(fc.nat(3), fc.integer({ min: 1, max: 4 }))
        .map(([index, more]): Condition => ({ slice: { index, total: index + more } })),
  );
  return fc.oneof(
    { weight: 4, arbitrary: on('keyword', match(keywords)) },
    { weight: 4, arbitrary: on('integer', match(integers)) },
    { weight: 1, arbitrary: on('bool', match(fc.boolean().map((value) => ({ value })))) },
    {
      weight: 1,
      arbitrary: on(
        'uuid',
        match(
          fc.oneof(
            uuid.map((value) => ({ value })),
            fc.array(uuid, { maxLength: 2 }).map((any) => ({ any })),
          ),
        ),
      ),
    },
    { weight: 3, arbitrary: on('text', match(texts)) },
    {
      weight: 3,
      arbitrary: on(
        'float',
        range(float).map((value) => ({ range: value })),
      ),
    },
    {
      weight: 2,
      arbitrary: on(
        'integer',
        range(integer).map((value) => ({ range: value })),
      ),
    },
    { weight: 2, arbitrary: emptiness },
    ...(all
      ? [
          {
            weight: 3,
            arbitrary: on(
              'datetime',
              range(date).map((value) => ({ range: value })),
            ),
          },
          { weight: 3, arbitrary: on('geo', areas) },
          {
            weight: 2,
            arbitrary: on(
              'any',
              valuesCount.map((values_count) => ({ values_count })),
            ),
          },
        ]
      : []),
    ...(onPoint ? [{ weight: 2, arbitrary: fc.oneof(...others) }] : []),
  );
}

/** Filters whose conditions hold filters `depth` deep. */
export function filters(depth: number, vectors: readonly string[], within?: string): fc.Arbitrary<Filter> {
  const leaf =
    within === undefined
      ? leaves(true, vectors)
      : leaves(false, vectors).map((condition) => inside(condition, within));
  const condition: fc.Arbitrary<Condition> =
    depth === 0
      ? leaf
      : fc.oneof(
          { weight: 6, arbitrary: leaf },
          {
            weight: 2,
            arbitrary: filters(depth - 1, vectors, within).filter(
              (inner) => capabilities.emptyCondition || Object.keys(inner).length > 0,
            ),
          },
          ...(all && within !== undefined ? [{ weight: 1, arbitrary: deeper }] : []),
          ...(all && within === undefined ? [{ weight: 2, arbitrary: nested(depth - 1, vectors) }] : []),
        );
  // Within `nested` Qdrant takes an empty `should` for one that nothing meets, elsewhere for none.
  const several = (minLength: number) => fc.array(condition, { minLength, maxLength: 3 });
  const clause = (minLength: number) =>
    maybe(bare(condition, several(minLength))) as fc.Arbitrary<Condition[]>;
  return record<Filter>({
    must: clause(0),
    should: clause(within === undefined ? 0 : 1),
    must_not: clause(0),
    min_should: (all
      ? fc.oneof(
          { weight: 3, arbitrary: fc.constant(undefined) },
          {
            weight: 1,
            arbitrary: fc.record({
              conditions: fc.array(condition, { minLength: 1, maxLength: 4 }),
              min_count: fc.integer({ min: 1, max: 3 }),
            }),
          },
        )
      : fc.constant(undefined)) as fc.Arbitrary<NonNullable<Filter['min_should']>>,
  });
}

/** Within `l` there are lists `z` of objects with `w`. */
const deeper: fc.Arbitrary<Condition> = fc.tuple(match(integers), fc.boolean()).map(([found, not]) => {
  const condition = { key: 'w', ...found };
  return { nested: { key: 'z', filter: not ? { must_not: [condition] } : { must: [condition] } } };
});

function nested(depth: number, vectors: readonly string[]): fc.Arbitrary<Condition> {
  return fc
    .tuple(one('l', 'l[]', 'o', 'any'), filters(depth, vectors, 'l'))
    .map(([key, filter]): Condition => ({ nested: { key, filter } }));
}

/** The same condition on a field of the list's elements. */
function inside(condition: Condition, list: string): Condition {
  const shorten = (key: string) => (key.startsWith(`${list}[].`) ? key.slice(list.length + 3) : key);
  if ('key' in condition) return { ...condition, key: shorten(condition.key) };
  if ('is_empty' in condition) return { is_empty: { key: shorten(condition.is_empty.key) } };
  if ('is_null' in condition) return { is_null: { key: shorten(condition.is_null.key) } };
  return condition;
}
