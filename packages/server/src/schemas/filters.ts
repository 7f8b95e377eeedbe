/**
 * The filter language.
 *
 * @module
 */
import type { Condition, FieldMatch, FieldRange, Filter } from '@fletch/search';
import { z } from '@hono/zod-openapi';
import { PointIdList } from './primitives.js';
import { branch, isObject, kind, present, ref, wire } from './shape.js';

const NOT_YET = [
  'geo_bounding_box',
  'geo_radius',
  'geo_polygon',
  'values_count',
  'nested',
  'has_vector',
  'slice',
  'min_should',
  'text_any',
  'phrase',
  'prefix',
];

function unsupported(value: Record<string, unknown>): string | undefined {
  const found = NOT_YET.find((name) => value[name] != null);
  return found && `the condition \`${found}\` is not supported yet`;
}

const scalar = branch<string | number | boolean>((value) => {
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    return 'expected a string, an integer or a boolean; match fractions with `range`';
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return z.any();
  return `expected a string, an integer or a boolean, got ${kind(value)}`;
}).openapi({ anyOf: [{ type: 'string' }, { type: 'integer' }, { type: 'boolean' }] });

const scalars = wire<(string | number)[]>((value, refuse) => {
  if (!Array.isArray(value)) return refuse(`expected an array, got ${kind(value)}`) as undefined;
  const type = typeof value[0] === 'number' ? 'number' : 'string';
  const bad = value.findIndex(
    (item) => typeof item !== type || (type === 'number' && !Number.isSafeInteger(item)),
  );
  if (bad >= 0) refuse('expected all strings or all integers', [bad]);
  return value;
}).openapi({
  anyOf: [
    { type: 'array', items: { type: 'string' } },
    { type: 'array', items: { type: 'integer' } },
  ],
});

const matches = {
  value: z.strictObject({ value: scalar }),
  text: z.strictObject({ text: z.string() }),
  any: z.strictObject({ any: scalars }),
  except: z.strictObject({ except: scalars }),
} satisfies Partial<Record<keyof FieldMatch, z.ZodType>>;

const Match = branch<FieldMatch>((value) => {
  if (!isObject(value)) return `expected an object, got ${kind(value)}`;
  for (const [name, schema] of Object.entries(matches)) if (name in value) return schema;
  return unsupported(value) ?? 'expected one of `value`, `text`, `any`, `except`';
}).openapi('Match', { anyOf: ['MatchValue', 'MatchText', 'MatchAny', 'MatchExcept'].map(ref) });

const bound = z.number({ error: 'expected a number (dates are not supported yet)' }).nullish();
const Range = z
  .strictObject({ lt: bound, gt: bound, lte: bound, gte: bound })
  .transform((range): FieldRange => present(range))
  .openapi('Range');

const field = z.strictObject({ key: z.string() });
const matchCondition = z.strictObject({ key: z.string(), match: Match });
const rangeCondition = z.strictObject({ key: z.string(), range: Range });
const isEmpty = z.strictObject({ is_empty: field });
const isNull = z.strictObject({ is_null: field });
const hasId = z.strictObject({ has_id: PointIdList });

/** `{ key, is_empty: true }` is Qdrant's other way to write `{ is_empty: { key } }`. */
const isEmptyOf = z
  .strictObject({ key: z.string(), is_empty: z.boolean() })
  .transform(
    ({ key, is_empty }): Condition =>
      is_empty ? { is_empty: { key } } : { must_not: [{ is_empty: { key } }] },
  );
const isNullOf = z
  .strictObject({ key: z.string(), is_null: z.boolean() })
  .transform(
    ({ key, is_null }): Condition => (is_null ? { is_null: { key } } : { must_not: [{ is_null: { key } }] }),
  );

const CLAUSES = ['must', 'should', 'must_not'];
const EXPECTED =
  'expected a condition: {"key": …, "match" or "range": …}, {"has_id": […]}, {"is_empty": {"key": …}}, ' +
  '{"is_null": {"key": …}} or a filter';

const ConditionSchema: z.ZodType<Condition> = branch<Condition>((value) => {
  if (!isObject(value)) return `${EXPECTED}, got ${kind(value)}`;
  if ('key' in value) {
    if (value.match != null) return matchCondition;
    if (value.range != null) return rangeCondition;
    if (value.is_empty != null) return isEmptyOf;
    if (value.is_null != null) return isNullOf;
    return unsupported(value) ?? 'expected one of `match`, `range`, `is_empty`, `is_null` beside `key`';
  }
  if ('has_id' in value) return hasId;
  if ('is_empty' in value) return isEmpty;
  if ('is_null' in value) return isNull;
  if (CLAUSES.some((clause) => clause in value) || Object.keys(value).length === 0) return FilterSchema;
  return unsupported(value) ?? EXPECTED;
}).openapi('Condition', {
  anyOf: [
    'MatchCondition',
    'RangeCondition',
    'HasIdCondition',
    'IsEmptyCondition',
    'IsNullCondition',
    'Filter',
  ].map(ref),
});

const clause = branch<Condition | Condition[]>((value) =>
  Array.isArray(value) ? z.array(ConditionSchema) : ConditionSchema,
).openapi({ anyOf: [ref('Condition'), { type: 'array', items: ref('Condition') }] });

const filterObject = z
  .strictObject({ must: clause.nullish(), should: clause.nullish(), must_not: clause.nullish() })
  .transform((filter): Filter => present(filter));

/** Clauses joined by AND; at least one condition of `should` holds. An empty filter matches every point. */
export const FilterSchema: z.ZodType<Filter> = branch<Filter>((value) => {
  if (!isObject(value)) return `expected a filter object, got ${kind(value)}`;
  return unsupported(value) ?? filterObject;
}).openapi('Filter', {
  type: 'object',
  properties: Object.fromEntries(
    CLAUSES.map((name) => [name, { anyOf: [ref('Condition'), { type: 'array', items: ref('Condition') }] }]),
  ),
  additionalProperties: false,
});

/** Named parts of the document that only unions refer to. */
export const filterComponents = {
  Condition: ConditionSchema,
  MatchCondition: matchCondition,
  RangeCondition: rangeCondition,
  HasIdCondition: hasId,
  IsEmptyCondition: isEmpty,
  IsNullCondition: isNull,
  MatchValue: matches.value,
  MatchText: matches.text,
  MatchAny: matches.any,
  MatchExcept: matches.except,
};
