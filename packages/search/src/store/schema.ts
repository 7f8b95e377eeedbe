/**
 * Declared payload indexes.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Scalar } from '../filter/column.js';
import type { PayloadFieldType } from '../types/index.js';
import { parseUuid } from './ids.js';

/** Which values an index of each type holds; the others of the field do not count as indexed. */
const holds: { readonly [T in PayloadFieldType]?: (value: Scalar) => boolean } = {
  keyword: (value) => typeof value === 'string',
  text: (value) => typeof value === 'string',
  integer: (value) => Number.isInteger(value),
  float: (value) => typeof value === 'number',
  bool: (value) => typeof value === 'boolean',
  uuid: (value) => typeof value === 'string' && parseUuid(value) !== undefined,
  datetime: (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
};

/** Declared fields and their types. */
export type Schema = { readonly [field: string]: PayloadFieldType };

/**
 * Whether a value belongs into an index of this type.
 *
 * @throws FletchError `INVALID_ARGUMENT` for a type that cannot be indexed
 */
export function indexTest(type: PayloadFieldType): (value: Scalar) => boolean {
  const test = Object.hasOwn(holds, type) ? holds[type] : undefined;
  if (test) return test;
  throw new FletchError(
    'INVALID_ARGUMENT',
    `A payload index is of type ${Object.keys(holds).join(', ')}, not ${String(type)}.`,
    { details: { type, types: Object.keys(holds) } },
  );
}
