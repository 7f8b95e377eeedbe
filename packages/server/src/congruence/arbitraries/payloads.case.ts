/**
 * Payloads, and the paths into them.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import type { Payload, PayloadFieldSchema, TextIndexParams } from '@fletch/search';
import fc from 'fast-check';
import { available, capabilities } from '../capabilities.case.js';
import {
  anything,
  date,
  float,
  integer,
  maybe,
  noDate,
  one,
  place,
  record,
  text,
  uuid,
  word,
} from './basic.case.js';

/** A value, or several of them, or now and then something else. */
function field(value: fc.Arbitrary<Json>): fc.Arbitrary<Json> {
  return fc.oneof(
    { weight: 8, arbitrary: value },
    { weight: 3, arbitrary: fc.array(value, { maxLength: 3 }) },
    { weight: 1, arbitrary: anything },
  );
}

const geo = place.map((point): Json => ({ ...point }));

const item: fc.Arbitrary<Json> = fc.oneof(
  {
    weight: 6,
    arbitrary: record<Payload>({
      x: maybe(field(integer), 3) as fc.Arbitrary<Json>,
      y: maybe(word, 3) as fc.Arbitrary<Json>,
      t: maybe(text) as fc.Arbitrary<Json>,
      z: maybe(
        fc.array(record<Payload>({ w: maybe(integer, 3) as fc.Arbitrary<Json> }), { maxLength: 2 }),
      ) as fc.Arbitrary<Json>,
    }),
  },
  { weight: 1, arbitrary: anything },
);

const FIELDS: { [name: string]: fc.Arbitrary<Json> } = {
  n: field(integer),
  f: field(float),
  s: field(word),
  b: field(fc.boolean()),
  d: field(fc.oneof({ weight: 5, arbitrary: date as fc.Arbitrary<Json> }, { weight: 1, arbitrary: noDate })),
  g: field(geo),
  t: field(text),
  u: field(uuid),
  any: anything,
  o: fc.oneof(
    {
      weight: 5,
      arbitrary: record<Payload>({
        a: maybe(integer, 3) as fc.Arbitrary<Json>,
        b: maybe(record<Payload>({ c: field(word) })) as fc.Arbitrary<Json>,
      }),
    },
    { weight: 1, arbitrary: anything },
  ),
  l: fc.oneof({ weight: 8, arbitrary: fc.array(item, { maxLength: 3 }) }, { weight: 1, arbitrary: item }),
  'k.v': field(integer),
};

export const payload: fc.Arbitrary<Payload> = record<Payload>(
  Object.fromEntries(
    Object.entries(FIELDS).map(([name, values]) => [name, maybe(values, 2) as fc.Arbitrary<Json>]),
  ),
);

/** What `set_payload` merges: nulls remove their keys. */
export const patch: fc.Arbitrary<Payload> = record<Payload>(
  Object.fromEntries(
    Object.entries(FIELDS).map(([name, values]) => [
      name,
      fc.oneof(
        { weight: 6, arbitrary: fc.constant(undefined as unknown as Json) },
        { weight: 2, arbitrary: values },
        { weight: 1, arbitrary: fc.constant(null) },
      ),
    ]),
  ),
);

/** Paths by what is usually there. */
export const PATHS = {
  integer: ['n', 'o.a', 'l[].x', '"k.v"', 'l[0].x', 'n[]', 'l[].z[].w'],
  float: ['f', 'n'],
  keyword: ['s', 'o.b.c', 'l[].y', 's[]'],
  bool: ['b'],
  datetime: ['d'],
  geo: ['g'],
  text: ['t', 'l[].t', 's'],
  uuid: ['u'],
  any: ['any', 'o', 'l', 'l[]', 'o.b', 'nothing', 'l[].q', 'l[1]', 'any[]'],
} as const;

export const anyPath: fc.Arbitrary<string> = one(...Object.values(PATHS).flat());

/** A path that leads to something, mostly of this type. */
export function pathOf(type: keyof typeof PATHS): fc.Arbitrary<string> {
  return fc.oneof({ weight: 8, arbitrary: one<string>(...PATHS[type]) }, { weight: 1, arbitrary: anyPath });
}

const textParams: fc.Arbitrary<TextIndexParams> = record<TextIndexParams>({
  type: fc.constant('text' as const),
  tokenizer: maybe(one('word' as const, 'whitespace' as const, 'prefix' as const), 3),
  min_token_len: maybe(fc.integer({ min: 1, max: 3 })),
  max_token_len: maybe(fc.integer({ min: 4, max: 6 })),
  lowercase: maybe(fc.boolean()),
  ascii_folding: maybe(fc.boolean()),
  phrase_matching: maybe(fc.boolean(), 2),
  stopwords: maybe(fc.constant({ custom: ['the', 'Brown'] })),
});

/** A payload index that suits its field. */
export const payloadIndex: fc.Arbitrary<{ field_name: string; field_schema: PayloadFieldSchema }> = fc.oneof(
  ...(
    [
      'integer',
      'float',
      'keyword',
      'bool',
      'datetime',
      'uuid',
      ...available<'geo'>(capabilities.allFilters && 'geo'),
    ] as const
  ).map((type) =>
    fc.record({
      field_name: one<string>(...PATHS[type]),
      field_schema: fc.constant<PayloadFieldSchema>(type),
    }),
  ),
  ...(capabilities.textIndexes
    ? [
        fc.record({
          field_name: one<string>(...PATHS.text),
          field_schema: fc.oneof(fc.constant<PayloadFieldSchema>('text'), textParams),
        }),
      ]
    : []),
);

/** Fields that most collections order by, and that they count the values of. */
export const ORDERED = ['n', 'f', 'd', 'l[].x'] as const;
export const COUNTED = ['n', 's', 'b', 'u', 'l[].x', 'l[].y'] as const;

const usual = {
  n: 'integer',
  f: 'float',
  d: 'datetime',
  s: 'keyword',
  b: 'bool',
  u: 'uuid',
  'l[].x': 'integer',
  'l[].y': 'keyword',
} as const;

/** The payload indexes that a collection starts with: most of the usual ones, and others. */
export const payloadIndexes = fc
  .tuple(fc.nat(3), fc.subarray(Object.entries(usual)), fc.array(payloadIndex, { maxLength: 4 }))
  .map(([style, some, others]) => [
    ...(style > 0 ? Object.entries(usual) : some).map(([field_name, field_schema]) => ({
      field_name,
      field_schema,
    })),
    ...others,
  ]);

/** `with_payload` in all its forms. */
export const payloadSelector = fc.oneof(
  fc.boolean(),
  fc.array(anyPath, { minLength: 1, maxLength: 3 }),
  fc.record({ include: fc.array(anyPath, { minLength: 1, maxLength: 3 }) }),
  fc.record({ exclude: fc.array(anyPath, { minLength: 1, maxLength: 3 }) }),
);
