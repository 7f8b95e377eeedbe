/**
 * The filter language. The library checks filters; here they get their page in the document.
 *
 * @module
 */
import { type Condition, checkCondition, checkFilter, type Filter } from '@fletch/search';
import { checked, ref, shown } from './shape.js';

const string = { type: 'string' };
const integer = { type: 'integer' };
const count = { type: 'integer', minimum: 0 };
const boolean = { type: 'boolean' };
const list = (items: object) => ({ type: 'array', items });
const orNull = (...schemas: object[]) => ({ anyOf: [...schemas, { type: 'null' }] });

function object(properties: Record<string, object>, required = Object.keys(properties)) {
  return { type: 'object', properties, required, additionalProperties: false };
}

/** All of the properties may be left out, or null. */
function optional(properties: Record<string, object>) {
  const all = Object.entries(properties).map(([name, schema]) => [name, orNull(schema)] as const);
  return object(Object.fromEntries(all), []);
}

const condition = ref('Condition');
const clause = { anyOf: [condition, list(condition)] };
const key = { type: 'string', description: 'A path into the payload: `a.b`, `list[]`, `list[].c`' };
const limits = (bound: object) => optional({ lt: bound, gt: bound, lte: bound, gte: bound });
const values = { anyOf: [list(string), list(integer)] };
const ring = ref('GeoLineString');

/** How the parts of the language look in the document. */
const pages = {
  FieldCondition: object(
    {
      key,
      match: orNull(ref('Match')),
      range: orNull(ref('Range'), ref('DatetimeRange')),
      geo_bounding_box: orNull(ref('GeoBoundingBox')),
      geo_radius: orNull(ref('GeoRadius')),
      geo_polygon: orNull(ref('GeoPolygon')),
      values_count: orNull(ref('ValuesCount')),
      is_empty: orNull(boolean),
      is_null: orNull(boolean),
    },
    ['key'],
  ),
  Match: {
    anyOf: ['Value', 'Text', 'TextAny', 'Phrase', 'Prefix', 'Any', 'Except'].map((kind) =>
      ref(`Match${kind}`),
    ),
  },
  MatchValue: object({ value: { anyOf: [string, integer, boolean] } }),
  MatchText: object({ text: string }),
  MatchTextAny: object({ text_any: string }),
  MatchPhrase: object({ phrase: string }),
  MatchPrefix: object({ prefix: string }),
  MatchAny: object({ any: values }),
  MatchExcept: object({ except: values }),
  Range: limits({ type: 'number' }),
  DatetimeRange: limits({ type: 'string', format: 'date-time' }),
  ValuesCount: limits(count),
  GeoPoint: object({
    lon: { type: 'number', minimum: -180, maximum: 180 },
    lat: { type: 'number', minimum: -90, maximum: 90 },
  }),
  GeoBoundingBox: object({ top_left: ref('GeoPoint'), bottom_right: ref('GeoPoint') }),
  GeoRadius: object({ center: ref('GeoPoint'), radius: { type: 'number', description: 'Metres' } }),
  GeoLineString: object({ points: { ...list(ref('GeoPoint')), minItems: 4 } }),
  GeoPolygon: object({ exterior: ring, interiors: orNull(list(ring)) }, ['exterior']),
  IsEmptyCondition: object({ is_empty: object({ key }) }),
  IsNullCondition: object({ is_null: object({ key }) }),
  HasIdCondition: object({ has_id: list(ref('ExtendedPointId')) }),
  HasVectorCondition: object({ has_vector: string }),
  SliceCondition: object({ slice: object({ total: { ...integer, minimum: 1 }, index: count }) }),
  NestedCondition: object({ nested: object({ key, filter: ref('Filter') }) }),
  MinShould: object({ conditions: list(condition), min_count: { ...integer, minimum: 1 } }),
} satisfies Record<string, object>;

/** One condition: `{"key": …, "match": …}` and its like, or a filter. */
export const ConditionSchema = checked<Condition>((value, at) => {
  checkCondition(value, at);
  return value;
}).openapi('Condition', {
  anyOf: [
    'FieldCondition',
    'IsEmptyCondition',
    'IsNullCondition',
    'HasIdCondition',
    'HasVectorCondition',
    'SliceCondition',
    'NestedCondition',
    'Filter',
  ].map(ref),
});

/** Clauses joined by AND; at least one condition of `should` holds. An empty filter matches every point. */
export const FilterSchema = checked<Filter>((value, at) => {
  checkFilter(value, at);
  return value;
}).openapi(
  'Filter',
  optional({ must: clause, should: clause, must_not: clause, min_should: ref('MinShould') }) as object,
);

/** Named parts of the document that only unions refer to. */
export const filterComponents = {
  Condition: ConditionSchema,
  ...Object.fromEntries(Object.entries(pages).map(([name, page]) => [name, shown(page)])),
};
