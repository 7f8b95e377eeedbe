/**
 * What a filter asks of a collection, for the limits of strict mode.
 *
 * @module
 */
import { parseUuid } from '../store/ids.js';
import type {
  Condition,
  FieldCondition,
  FieldMatch,
  FieldRange,
  Filter,
  PayloadFieldSchema,
} from '../types/index.js';
import { everyElementOf, type PathStep, parsePath, pathOf } from './path.js';

/** What an index can answer. */
export type Capability =
  | 'bool'
  | 'datetime range'
  | 'float range'
  | 'geo'
  | 'integer'
  | 'integer range'
  | 'keyword'
  | 'keyword prefix'
  | 'text'
  | 'text phrase'
  | 'uuid';

/** A field of a filter, and what its index must answer: any one of these will do. */
export interface FieldNeed {
  /** Path in the payload, also of fields in `nested` conditions. */
  readonly field: string;
  readonly anyOf: readonly Capability[];
}

export interface FilterUsage {
  readonly fields: readonly FieldNeed[];
  /** Number of conditions; filters within count by theirs. */
  readonly conditions: number;
  /** Length of the longest list of `any`, `except` or `has_id`. */
  readonly longestList: number;
}

/** How Qdrant calls the index that has a capability. */
const names: { readonly [C in Capability]: string } = {
  bool: 'bool',
  'datetime range': 'datetime',
  'float range': 'float',
  geo: 'geo',
  integer: 'integer',
  'integer range': 'integer',
  keyword: 'keyword',
  'keyword prefix': 'keyword (with prefix: true)',
  text: 'text',
  'text phrase': 'text (with phrase_matching: true)',
  uuid: 'uuid',
};
const every = Object.keys(names) as Capability[];

/** What a checked filter uses. Conditions that need no index, such as `any: []`, name no field. */
export function filterUsage(filter: Filter): FilterUsage {
  const fields: FieldNeed[] = [];
  let count = 0;
  let longestList = 0;

  const condition = (one: Condition, within: readonly PathStep[]): void => {
    if ('key' in one) {
      count++;
      longestList = Math.max(longestList, listLength(one.match));
      need(one.key, needsOf(one), within);
    } else if ('nested' in one) {
      const path = everyElementOf(parsePath(one.nested.key));
      clauses(one.nested.filter, [...within, ...path.steps]);
    } else if ('has_id' in one) {
      count++;
      longestList = Math.max(longestList, one.has_id.length);
    } else if ('is_empty' in one || 'is_null' in one) {
      count++;
      need(('is_empty' in one ? one.is_empty : one.is_null).key, every, within);
    } else if ('has_vector' in one || 'slice' in one) count++;
    else clauses(one, within);
  };
  const need = (key: string, anyOf: readonly Capability[], within: readonly PathStep[]): void => {
    if (anyOf.length > 0) fields.push({ field: pathOf([...within, ...parsePath(key).steps]).text, anyOf });
  };
  const clauses = ({ must, must_not, should, min_should }: Filter, within: readonly PathStep[]): void => {
    for (const clause of [must, must_not, should, min_should?.conditions])
      for (const one of Array.isArray(clause) ? clause : clause ? [clause] : []) condition(one, within);
  };
  clauses(filter, []);
  return { fields, conditions: count, longestList };
}

/**
 * The first field of a filter that no index answers for, and the types of index that would.
 *
 * @param schema - the collection's indexes by field
 */
export function missingIndex(
  { fields }: FilterUsage,
  schema: { readonly [field: string]: PayloadFieldSchema },
): { field: string; types: string[] } | undefined {
  for (const { field, anyOf } of fields) {
    const has = Object.hasOwn(schema, field) ? capabilities(schema[field]!) : [];
    if (anyOf.some((capability) => has.includes(capability))) continue;
    return { field, types: [...new Set(anyOf.map((capability) => names[capability]))].sort() };
  }
  return undefined;
}

/** What an index answers. */
export function capabilities(schema: PayloadFieldSchema): Capability[] {
  const params = typeof schema === 'string' ? { type: schema } : schema;
  switch (params.type) {
    case 'keyword':
      return 'prefix' in params && params.prefix ? ['keyword', 'keyword prefix'] : ['keyword'];
    case 'integer': {
      const { lookup = true, range = true } = params as { lookup?: boolean | null; range?: boolean | null };
      return [...(lookup ? (['integer'] as const) : []), ...(range ? (['integer range'] as const) : [])];
    }
    case 'text':
      return 'phrase_matching' in params && params.phrase_matching ? ['text', 'text phrase'] : ['text'];
    case 'float':
      return ['float range'];
    case 'datetime':
      return ['datetime range'];
    default:
      return [params.type];
  }
}

function needsOf(one: FieldCondition): Capability[] {
  const needs: Capability[] = [];
  if (one.match) needs.push(...matchNeeds(one.match));
  if (one.range) needs.push(...rangeNeeds(one.range));
  if (one.geo_bounding_box ?? one.geo_radius ?? one.geo_polygon) needs.push('geo');
  if ((one.values_count ?? one.is_empty ?? one.is_null) != null) needs.push(...every);
  return needs;
}

function matchNeeds({ value, any, except, text, text_any, phrase, prefix }: FieldMatch): Capability[] {
  if (value != null) return valueNeeds([value]);
  if (any ?? except) return valueNeeds((any ?? except)!);
  if (phrase != null) return ['text phrase'];
  if (prefix != null) return ['keyword prefix'];
  return text != null || text_any != null ? ['text'] : [];
}

function valueNeeds(values: readonly (string | number | boolean)[]): Capability[] {
  const [first] = values;
  if (first === undefined) return [];
  if (typeof first === 'boolean') return ['bool'];
  if (typeof first === 'number') return ['integer'];
  const uuids = values.every((value) => parseUuid(value as string) !== undefined);
  return uuids ? ['uuid', 'keyword'] : ['keyword'];
}

function rangeNeeds({ lt, gt, lte, gte }: FieldRange): Capability[] {
  return [lt, gt, lte, gte].some((bound) => typeof bound === 'string')
    ? ['datetime range']
    : ['float range', 'integer range'];
}

function listLength(match: FieldMatch | null | undefined): number {
  return (match?.any ?? match?.except ?? []).length;
}
