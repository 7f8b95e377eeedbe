/**
 * What stands at a field of each row: something, null, or nothing; and how many values.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import { Bitset } from '../index/bitset.js';
import { type Posting, withoutRow, withRow } from './posting.js';
import type { RowSet } from './row-set.js';

/** Answers `is_empty`, `is_null` and `values_count`. */
export class Presence {
  /** Rows where anything stands, even null. */
  readonly present = new Bitset();
  /** Rows where something other than null and `[]` stands. */
  readonly filled = new Bitset();
  /** Rows where null or `[]` stands. */
  readonly empty = new Bitset();
  /** Rows where null stands. */
  readonly nulls = new Bitset();
  /** Rows where null stands, or an array with null in it. */
  readonly nullish = new Bitset();
  /** Rows where something stands that is neither null nor an array with null in it. */
  readonly solid = new Bitset();
  /** Number of values → rows. */
  readonly #counts = new Map<number, Posting>();
  #rows = 0;

  add(row: number, values: readonly Json[]): void {
    this.#rows = Math.max(this.#rows, row + 1);
    this.present.add(row);
    for (const value of values) {
      (isFilled(value) ? this.filled : this.empty).add(row);
      (isNullish(value) ? this.nullish : this.solid).add(row);
      if (value === null) this.nulls.add(row);
    }
    for (const count of countsOf(values))
      this.#counts.set(count, withRow(this.#counts.get(count), row, this.#rows));
  }

  remove(row: number, values: readonly Json[]): void {
    for (const set of [this.present, this.filled, this.empty, this.nulls, this.nullish, this.solid])
      set.delete(row);
    for (const count of countsOf(values)) {
      const posting = withoutRow(this.#counts.get(count), row);
      if (posting === undefined) this.#counts.delete(count);
      else this.#counts.set(count, posting);
    }
  }

  /** Adds the rows with so many values as `test` takes; rows without the field are not among them. */
  collectCounts(test: (count: number) => boolean, into: RowSet): void {
    for (const [count, posting] of this.#counts) if (test(count)) into.addPosting(posting);
  }
}

/** Whether a value counts against `is_empty`. */
export function isFilled(value: Json): boolean {
  return value !== null && !(Array.isArray(value) && value.length === 0);
}

/** Whether a value is null, or an array with null in it. */
export function isNullish(value: Json): boolean {
  return value === null || (Array.isArray(value) && value.includes(null));
}

/** How many values one value is. */
export function countOf(value: Json): number {
  return value === null ? 0 : Array.isArray(value) ? value.length : 1;
}

function countsOf(values: readonly Json[]): Iterable<number> {
  return values.length === 1 ? [countOf(values[0]!)] : new Set(values.map(countOf));
}
