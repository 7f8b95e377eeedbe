/**
 * A test of the values at one field.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import type { Bitset } from '../index/bitset.js';
import type { Column } from './column.js';
import { elements } from './values.js';

/** One key beside `key`, compiled. */
export interface FieldTest {
  /** Whether it is answered by the field's text index. */
  readonly byText?: boolean;
  /** Whether it holds for rows without the field. Default false. */
  readonly whenMissing?: boolean;
  /** Rows where it holds, of those that have the field. Not to be changed. */
  rows(column: Column): Bitset;
  /** Whether it holds for a row; `values` are those at the field, at least one. */
  holds(values: readonly Json[]): boolean;
}

/** Holds where `test` holds for any value; of an array, for any element. */
export function anyElement(test: (value: Json) => boolean): FieldTest['holds'] {
  return (values) => elements(values).some(test);
}
