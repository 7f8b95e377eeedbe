/**
 * The JSON values at a field, as conditions see them.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import { isObject } from './path.js';

/** A value that can be matched. */
export type Scalar = string | number | boolean;

/** The values that conditions look at: arrays are opened once. */
export function elements(values: readonly Json[]): Json[] {
  return values.some(Array.isArray) ? values.flat(1) : (values as Json[]);
}

/** {@link elements}, each scalar once. */
export function distinctElements(values: readonly Json[]): Iterable<Json> {
  const all = elements(values);
  return all.length > 1 ? new Set(all) : all;
}

export function isScalar(value: Json): value is Scalar {
  return value !== null && !Array.isArray(value) && !isObject(value);
}

/** The strings among the values. */
export function textsOf(values: readonly Json[]): string[] {
  return elements(values).filter((value) => typeof value === 'string');
}
