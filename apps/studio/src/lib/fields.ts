/**
 * Which fields of a collection can be filtered, from its schema or, where that says nothing, from a few points.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import type { CollectionInfo, Payload, PayloadFieldType } from '@fletch/search';
import type { TypedField } from './conditions.js';
import { valueAt } from './display.js';

/** A field that people can filter by. */
export interface Field {
  readonly key: string;
  readonly kind: 'choice' | 'number';
}

const KINDS: { readonly [T in PayloadFieldType]?: Field['kind'] } = {
  keyword: 'choice',
  bool: 'choice',
  uuid: 'choice',
  integer: 'number',
  float: 'number',
};

const LONGEST_CHOICE = 40;

/** Paths of a payload's leaves; lists count as leaves. */
function paths(payload: Payload, depth = 0): string[] {
  return Object.entries(payload).flatMap(([key, value]) =>
    value !== null && typeof value === 'object' && !Array.isArray(value) && depth < 2
      ? paths(value as Payload, depth + 1).map((rest) => `${key}.${rest}`)
      : [key],
  );
}

const isChoice = (value: Json): boolean =>
  typeof value === 'boolean' || (typeof value === 'string' && value.length <= LONGEST_CHOICE);

/** What the values of one field look like; undefined when they are not worth a filter. */
function kindOf(values: readonly Json[]): Field['kind'] | undefined {
  const flat = values.flat() as Json[];
  if (flat.length === 0) return undefined;
  if (flat.every((value) => typeof value === 'number')) return 'number';
  // Values that hardly repeat are names, not choices.
  const repeats = new Set(flat).size <= Math.max(2, flat.length * 0.6);
  return flat.every(isChoice) && repeats ? 'choice' : undefined;
}

/** Whether next to no value repeats in the sample. Counting such a field would cost the server for nothing. */
function areNames(key: string, sample: readonly Payload[]): boolean {
  const values = sample.flatMap((payload) => valueAt(payload, key) ?? []);
  return values.length >= 20 && new Set(values).size > values.length * 0.9;
}

/** The fields of the payload schema; of the sample's payloads when no field is indexed. */
export function filterableFields(
  schema: CollectionInfo['payload_schema'],
  sample: readonly Payload[],
): Field[] {
  const indexed = Object.entries(schema).flatMap(([key, { data_type }]) => {
    const kind = KINDS[data_type];
    return kind === undefined || (kind === 'choice' && areNames(key, sample)) ? [] : [{ key, kind }];
  });
  if (Object.keys(schema).length > 0) return indexed;
  const keys = [...new Set(sample.flatMap((payload) => paths(payload)))];
  return keys.flatMap((key) => {
    const values = sample.map((payload) => valueAt(payload, key));
    const kind = kindOf(values.filter((value): value is Json => value !== undefined && value !== null));
    return kind === undefined ? [] : [{ key, kind }];
  });
}

const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i;
const DATE = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d|$)/;

/** The type that an index of these values would have; undefined for objects and where values differ in kind. */
function typeOf(values: readonly Json[]): PayloadFieldType | undefined {
  const flat = values.flat().filter((value) => value !== null) as Json[];
  const all = (is: (value: Json) => boolean) => flat.length > 0 && flat.every(is);
  const texts = (is: (text: string) => boolean) => all((value) => typeof value === 'string' && is(value));
  if (all((value) => typeof value === 'boolean')) return 'bool';
  if (all(Number.isInteger)) return 'integer';
  if (all((value) => typeof value === 'number')) return 'float';
  if (texts((text) => UUID.test(text))) return 'uuid';
  if (texts((text) => DATE.test(text))) return 'datetime';
  if (texts((text) => text.length <= LONGEST_CHOICE)) return 'keyword';
  return texts(() => true) ? 'text' : undefined;
}

/** All fields that conditions can be about: those with an index, then those seen in the sample. */
export function typedFields(
  schema: CollectionInfo['payload_schema'],
  sample: readonly Payload[],
): TypedField[] {
  const indexed = Object.entries(schema).map(([key, { data_type }]) => ({
    key,
    type: data_type,
    indexed: true,
  }));
  const keys = [...new Set(sample.flatMap((payload) => paths(payload)))];
  const seen = keys.flatMap((key): TypedField[] => {
    if (Object.hasOwn(schema, key)) return [];
    const type = typeOf(sample.flatMap((payload) => valueAt(payload, key) ?? []));
    return type === undefined ? [] : [{ key, type, indexed: false }];
  });
  return [...indexed, ...seen];
}
