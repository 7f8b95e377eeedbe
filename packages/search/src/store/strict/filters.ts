/**
 * What a filter asks for, seen from strict mode: how many conditions, how large, on which fields.
 *
 * @module
 */
import { parseUuid } from '../ids.js';

type Node = Readonly<Record<string, unknown>>;

const KEYS = ['must', 'must_not', 'should'] as const;
/** Filters nested deeper than this are refused elsewhere. */
const MAX_DEPTH = 128;

/** Kinds of questions that an index of a payload field may be able to answer. */
type Ability =
  | 'integer match'
  | 'integer range'
  | 'keyword match'
  | 'keyword prefix'
  | 'float range'
  | 'text'
  | 'text phrase'
  | 'bool match'
  | 'uuid match'
  | 'datetime range'
  | 'geo';

/** A field without the index that a filter needs, and the types of index that would do. */
export interface Unindexed {
  readonly key: string;
  readonly types: readonly string[];
}

/** Declared payload indexes: a type, or parameters with a type. */
export type DeclaredIndexes = Readonly<Record<string, unknown>>;

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function list(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

/** The conditions of a filter, not those of filters in it. */
function conditions(filter: Node): Node[] {
  const minShould = isNode(filter.min_should) ? list(filter.min_should.conditions) : [];
  return [...KEYS.flatMap((key) => list(filter[key])), ...minShould].filter(isNode);
}

/** The filter inside a condition: a nested one, or one that is a condition itself. */
function inner(condition: Node): { filter: Node; prefix?: string } | undefined {
  if (isNode(condition.nested) && isNode(condition.nested.filter))
    return { filter: condition.nested.filter, prefix: arrayKey(String(condition.nested.key)) };
  if ('min_should' in condition || KEYS.some((key) => key in condition)) return { filter: condition };
  return undefined;
}

function arrayKey(key: string): string {
  return key.endsWith('[]') ? key : `${key}[]`;
}

/** All conditions, also of filters in filters, each with the path of the array that it stands under. */
export function* allConditions(
  filter: unknown,
  prefix = '',
  depth = 0,
): Generator<{ node: Node; prefix: string }> {
  if (!isNode(filter) || depth > MAX_DEPTH) return;
  for (const condition of conditions(filter)) {
    const below = inner(condition);
    if (!below) yield { node: condition, prefix };
    else yield* allConditions(below.filter, below.prefix ? join(prefix, below.prefix) : prefix, depth + 1);
  }
}

function join(prefix: string, key: string): string {
  return prefix === '' ? key : `${prefix}.${key}`;
}

/** Number of conditions, those of filters in it counted instead of the filters. */
export function countConditions(filter: unknown): number {
  let count = 0;
  for (const _ of allConditions(filter)) count++;
  return count;
}

/** Elements of the longest list: `any`, `except` or `has_id`. */
export function largestCondition(filter: unknown): number {
  let largest = 0;
  for (const { node } of allConditions(filter)) {
    const match = isNode(node.match) ? (node.match.any ?? node.match.except) : undefined;
    largest = Math.max(largest, list(node.has_id).length, Array.isArray(match) ? match.length : 0);
  }
  return largest;
}

/** The first field that the filter uses and that no declared index can answer for. */
export function unindexedField(filter: unknown, declared: DeclaredIndexes): Unindexed | undefined {
  for (const { node, prefix } of allConditions(filter)) {
    const found = unindexed(node, prefix, declared);
    if (found) return found;
  }
  return undefined;
}

function unindexed(node: Node, prefix: string, declared: DeclaredIndexes): Unindexed | undefined {
  const field = isNode(node.is_empty) ? node.is_empty : isNode(node.is_null) ? node.is_null : node;
  if (typeof field.key !== 'string') return undefined;
  const needed = field === node ? needs(node) : EVERY;
  return missing(join(prefix, field.key), needed, declared);
}

function missing(key: string, needed: readonly Ability[], declared: DeclaredIndexes): Unindexed | undefined {
  if (needed.length === 0) return undefined;
  const has = Object.hasOwn(declared, key) ? abilities(declared[key]) : [];
  if (needed.some((ability) => has.includes(ability))) return undefined;
  return { key, types: [...new Set(needed.map((ability) => ability.split(' ')[0]!))].sort() };
}

const EVERY: readonly Ability[] = [
  'integer match',
  'keyword match',
  'float range',
  'text',
  'bool match',
  'uuid match',
  'datetime range',
  'geo',
];

/** What an index of this type can answer. */
function abilities(declared: unknown): readonly Ability[] {
  const params = isNode(declared) ? declared : { type: declared };
  switch (params.type) {
    case 'integer': {
      const match: Ability[] = params.lookup === false ? [] : ['integer match'];
      return params.range === false ? match : [...match, 'integer range'];
    }
    case 'keyword':
      return params.prefix === true ? ['keyword match', 'keyword prefix'] : ['keyword match'];
    case 'text':
      return params.phrase_matching === true ? ['text', 'text phrase'] : ['text'];
    case 'float':
      return ['float range'];
    case 'bool':
      return ['bool match'];
    case 'uuid':
      return ['uuid match'];
    case 'datetime':
      return ['datetime range'];
    case 'geo':
      return ['geo'];
    default:
      return [];
  }
}

/** Whether groups can be formed by an index of this type. */
export function supportsMatch(declared: unknown): boolean {
  return abilities(declared).some((ability) => /^(keyword|integer|uuid|bool) match$/.test(ability));
}

/** What a condition on a field needs; nothing when it decides nothing. */
function needs(node: Node): Ability[] {
  const needed: Ability[] = [];
  if (isNode(node.match)) needed.push(...matchNeeds(node.match));
  if (isNode(node.range)) {
    const dates = Object.values(node.range).some((bound) => typeof bound === 'string');
    needed.push(...(dates ? (['datetime range'] as const) : (['float range', 'integer range'] as const)));
  }
  if (node.geo_bounding_box || node.geo_radius || node.geo_polygon) needed.push('geo');
  if (node.values_count || typeof node.is_empty === 'boolean' || typeof node.is_null === 'boolean')
    needed.push(...EVERY);
  return needed;
}

function matchNeeds(match: Node): Ability[] {
  if (match.value !== undefined) return valuesNeed([match.value]);
  const any = match.any ?? match.except;
  if (Array.isArray(any)) return any.length === 0 ? [] : valuesNeed(any);
  if (match.phrase !== undefined) return ['text phrase'];
  if (match.prefix !== undefined) return ['keyword prefix'];
  return ['text'];
}

function valuesNeed(values: readonly unknown[]): Ability[] {
  if (typeof values[0] === 'boolean') return ['bool match'];
  if (typeof values[0] !== 'string') return ['integer match'];
  const uuids = values.every((value) => typeof value === 'string' && parseUuid(value) !== undefined);
  return uuids ? ['uuid match', 'keyword match'] : ['keyword match'];
}

/** The first payload field of a formula that no declared index can answer for. */
export function unindexedVariable(
  expression: unknown,
  declared: DeclaredIndexes,
  depth = 0,
): Unindexed | undefined {
  if (depth > MAX_DEPTH) return undefined;
  if (typeof expression === 'string')
    return expression.startsWith('$')
      ? undefined
      : missing(expression, ['integer match', 'integer range', 'float range'], declared);
  if (Array.isArray(expression)) return first(expression, declared, depth);
  if (!isNode(expression)) return undefined;
  if (isNode(expression.geo_distance)) return missing(String(expression.geo_distance.to), ['geo'], declared);
  if (typeof expression.datetime_key === 'string')
    return missing(expression.datetime_key, ['datetime range'], declared);
  if (expression.datetime !== undefined) return undefined;
  if (inner(expression)) return unindexedField(expression, declared);
  if (typeof expression.key === 'string' || expression.is_empty || expression.is_null)
    return unindexed(expression, '', declared);
  return first(Object.values(expression), declared, depth);
}

function first(parts: readonly unknown[], declared: DeclaredIndexes, depth: number): Unindexed | undefined {
  for (const part of parts) {
    const found = unindexedVariable(part, declared, depth + 1);
    if (found) return found;
  }
  return undefined;
}
