/**
 * The small world that collections, filters and queries are drawn from. It is small so that they meet: few words, few
 * numbers, few ids.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import type { GeoPoint, PointId } from '@fletch/search';
import fc from 'fast-check';

export const one = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

/** An arbitrary that is left out once for every `weight` times it is there; it shrinks to nothing. */
export const maybe = <T>(arbitrary: fc.Arbitrary<T>, weight = 1): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { freq: weight + 1, nil: undefined });

/** A list or, at times, its only element bare. */
export const bare = <T>(arbitrary: fc.Arbitrary<T>, list: fc.Arbitrary<T[]>): fc.Arbitrary<T | T[]> =>
  fc.oneof({ weight: 1, arbitrary }, { weight: 3, arbitrary: list });

/** The record without the keys whose value is undefined. */
export function record<T extends object>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(shape).map((value) => JSON.parse(JSON.stringify(value)) as T);
}

const UUIDS = Array.from(
  { length: 20 },
  (_, i) =>
    `${(i * 0x0f1e2d3b).toString(16).padStart(8, '0').slice(0, 8)}-0000-4000-8000-0000000000${(i * 11).toString(16).padStart(2, '0')}`,
);
const NUMBERS = [
  ...Array.from({ length: 50 }, (_, i) => i),
  1000,
  2 ** 31,
  2 ** 32 + 1,
  Number.MAX_SAFE_INTEGER,
];

/** Ids that most collections have: examples of queries. */
export const usualId: fc.Arbitrary<PointId> = one<PointId>(...NUMBERS.slice(0, 10), UUIDS[1]!);

export const pointId: fc.Arbitrary<PointId> = fc.oneof(
  { weight: 3, arbitrary: usualId },
  { weight: 3, arbitrary: one(...NUMBERS) },
  { weight: 1, arbitrary: one(...UUIDS) },
);

/** A UUID may be written otherwise than it is kept. */
export const writtenId: fc.Arbitrary<PointId> = fc.tuple(pointId, fc.nat(9)).map(([id, form]) => {
  if (typeof id === 'number' || form > 1) return id;
  return form === 0 ? id.toUpperCase() : id.replaceAll('-', '');
});

export const word = one(
  'red',
  'green',
  'blue',
  'Red',
  'reddish',
  '',
  'ärger',
  '日本',
  '😀',
  'Ａ',
  'a b',
  '__proto__',
);
export const uuid = one(...UUIDS.slice(0, 4));
export const integer = fc.integer({ min: -3, max: 8 });
/** Fractions that 64 bits hold exactly, and some that they do not. */
export const float = fc.oneof(
  fc.integer({ min: -16, max: 40 }).map((n) => n / 4),
  fc.double({ min: -4, max: 10, noNaN: true }).map((n) => n + 0),
);
export const date = one(
  '2024-01-01T00:00:00Z',
  '2024-01-01',
  '2024-01-01T00:00:00.000001Z',
  '2024-01-01T01:30:00+01:30',
  '2024-01-01 12:00:00',
  '2024-01-01T12:00',
  '2024-01-01T12:00:00.5',
  '2023-12-31T23:59:59-0500',
  '1969-12-31T23:59:59.25Z',
  '2024-02-29',
  '2026-06-01T00:00:00+00:00',
);
export const noDate = one('2024-02-30', 'yesterday', '2024', '24-01-01');

const TEXTS = [
  'the quick brown fox',
  'quick the fox',
  'A Quick-Brown FOX!',
  'foxes are quick',
  'Ärger im Büro',
  'brown',
  'x',
  '',
  'quick quick fox',
  '42 foxes',
  '日本 の fox',
];
export const text = one(...TEXTS);
export const asked = one(
  'fox',
  'quick fox',
  'the',
  'brown fox',
  'Quick',
  'qui',
  'the quick',
  'büro',
  'arger',
  'fox quick',
  'cat fox',
  '',
  '42',
  'f',
  'quick brown',
);

/** Poles, the antimeridian, and others. */
export const landmark: fc.Arbitrary<GeoPoint> = one(
  { lon: 0, lat: 0 },
  { lon: 0, lat: 90 },
  { lon: 77, lat: -90 },
  { lon: 180, lat: 10 },
  { lon: -180, lat: 10 },
  { lon: 13.4, lat: 52.5 },
  { lon: 14.1, lat: 52.2 },
);

export const place: fc.Arbitrary<GeoPoint> = fc.oneof(
  landmark,
  fc
    .record({ lon: fc.integer({ min: -1800, max: 1800 }), lat: fc.integer({ min: -900, max: 900 }) })
    .map(({ lon, lat }) => ({ lon: lon / 10, lat: lat / 10 })),
);

/** Any value at all. */
export const anything = fc.oneof<fc.Arbitrary<Json>[]>(
  fc.constant(null),
  fc.boolean(),
  integer,
  float,
  word,
  date,
  place.map((point) => ({ ...point })),
  fc.constant<Json>([]),
  fc.constant<Json>({}),
  fc.constant<Json>([null]),
  fc.array(fc.oneof(integer, word, fc.boolean(), fc.constant(null)), { maxLength: 3 }),
  fc.constant<Json>([[1, 'red'], 'blue']),
);
