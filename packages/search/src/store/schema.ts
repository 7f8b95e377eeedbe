/**
 * Declared payload indexes.
 *
 * @module
 */
import type { Column, Scalar } from '../filter/column.js';
import { declaredUse } from '../filter/columns.js';
import type { FieldUse } from '../filter/condition.js';
import { parseDatetime } from '../filter/datetime.js';
import { parsePath } from '../filter/path.js';
import type { PayloadFieldSchema, PayloadFieldType } from '../types/index.js';
import { parseUuid } from './ids.js';
import { paramsOf } from './index-params.js';

/** Declared fields and their indexes: the type alone, or an object with parameters. */
export type Schema = { readonly [field: string]: PayloadFieldSchema };

/** Which values an index of each type holds; the others of the field do not count as indexed. */
const holds: { readonly [T in Exclude<PayloadFieldType, 'geo' | 'text'>]: (value: Scalar) => boolean } = {
  keyword: (value) => typeof value === 'string',
  integer: (value) => Number.isInteger(value),
  float: (value) => typeof value === 'number',
  bool: (value) => typeof value === 'boolean',
  uuid: (value) => typeof value === 'string' && parseUuid(value) !== undefined,
  datetime: (value) => typeof value === 'string' && parseDatetime(value) !== undefined,
};

/** The type of an index. */
export function typeOf(schema: PayloadFieldSchema): PayloadFieldType {
  return typeof schema === 'string' ? schema : schema.type;
}

/** By what column an index answers. */
export function indexUse(field: string, schema: PayloadFieldSchema): FieldUse {
  return declaredUse(parsePath(field), paramsOf(schema));
}

/** How many rows an index of a type holds. */
export function countIndexed(column: Column, type: PayloadFieldType): number {
  if (type === 'text') return column.text?.rows.count ?? 0;
  return type === 'geo' ? column.countPoints() : column.countRows(holds[type]);
}

/** The facet that a value of a field counts as, if any; undefined when the index cannot tell. */
export function facetReader(
  schema: PayloadFieldSchema | undefined,
): ((value: Scalar) => Scalar | undefined) | undefined {
  const params = schema === undefined ? undefined : paramsOf(schema);
  switch (params?.type) {
    case 'uuid':
      return (value) => (typeof value === 'string' ? parseUuid(value) : undefined);
    case 'integer':
      return params.lookup === false ? undefined : held('integer');
    case 'keyword':
    case 'bool':
      return held(params.type);
    default:
      return undefined;
  }
}

function held(type: keyof typeof holds): (value: Scalar) => Scalar | undefined {
  return (value) => (holds[type](value) ? value : undefined);
}
