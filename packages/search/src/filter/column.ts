/**
 * One payload field of all points, turned around: value → rows.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import { Bitset } from '../index/bitset.js';
import type { Payload } from '../types/index.js';
import { isObject, type Path, valuesAt } from './path.js';
import { addTo, type Posting, sharedWith, sizeOf, withoutRow, withRow } from './posting.js';
import { SortedNumbers } from './sorted-numbers.js';

/** A value that can be matched. */
export type Scalar = string | number | boolean;

/** Rough bytes of a map entry and of a row in a list. */
const ENTRY_BYTES = 64;
const ROW_BYTES = 8;

/** Answers every condition on one field without looking at a payload; kept up to date row by row. */
export class Column {
  readonly path: Path;
  readonly #values = new Map<Scalar, Posting>();
  readonly #numbers = new SortedNumbers(() => this.#numericValues());
  readonly #filled = new Bitset();
  readonly #nulls = new Bitset();
  readonly #compound = new Bitset();
  /** Rough memory in bytes. */
  bytes = 0;
  #rows = 0;

  constructor(path: Path) {
    this.path = path;
  }

  /** Takes a row in. */
  add(row: number, payload: Payload): void {
    this.#rows = Math.max(this.#rows, row + 1);
    const values = valuesAt(payload, this.path);
    if (values.length === 0) return;
    if (values.some(isFilled)) this.#filled.add(row);
    if (values.includes(null)) this.#nulls.add(row);
    for (const value of distinct(values)) {
      if (!isScalar(value)) {
        if (value !== null) this.#compound.add(row);
        continue;
      }
      const posting = this.#values.get(value);
      if (posting === undefined) {
        this.bytes += ENTRY_BYTES + (typeof value === 'string' ? value.length * 2 : 0);
        if (typeof value === 'number') this.#numbers.add(value);
      } else this.bytes += ROW_BYTES;
      this.#values.set(value, withRow(posting, row, this.#rows));
    }
  }

  /** Takes a row out; `payload` is the one it was added with. */
  remove(row: number, payload: Payload): void {
    this.#filled.delete(row);
    this.#nulls.delete(row);
    this.#compound.delete(row);
    for (const value of distinct(valuesAt(payload, this.path))) {
      if (!isScalar(value)) continue;
      const posting = withoutRow(this.#values.get(value), row);
      if (posting === undefined) this.#values.delete(value);
      else this.#values.set(value, posting);
    }
  }

  /** Rows with any of these values. */
  equal(values: Iterable<Scalar>): Bitset {
    const rows = new Bitset(this.#rows);
    let first: Posting | undefined;
    for (const value of values) {
      const posting = this.#values.get(value);
      if (first === undefined && posting instanceof Bitset && rows.count === 0) first = posting;
      else addTo(rows, posting);
    }
    return first instanceof Bitset ? (rows.count === 0 ? first.clone() : first.or(rows)) : rows;
  }

  /** Rows with a value, other than null, that is none of these. */
  except(values: ReadonlySet<Scalar>): Bitset {
    const rows = this.#compound.clone();
    for (const [value, posting] of this.#values) if (!values.has(value)) addTo(rows, posting);
    return rows;
  }

  /** Rows with a string that passes the test. */
  strings(test: (value: string) => boolean): Bitset {
    const rows = new Bitset(this.#rows);
    for (const [value, posting] of this.#values)
      if (typeof value === 'string' && test(value)) addTo(rows, posting);
    return rows;
  }

  /** Rows with a number between the bounds. */
  between(least: number, most: number, withLeast: boolean, withMost: boolean): Bitset {
    const rows = new Bitset(this.#rows);
    for (const value of this.#numbers.between(least, most, withLeast, withMost))
      addTo(rows, this.#values.get(value));
    return rows;
  }

  /** The rows of one value, in no particular order. */
  rowsOf(value: Scalar): Iterable<number> {
    const posting = this.#values.get(value);
    return posting === undefined ? [] : typeof posting === 'number' ? [posting] : posting;
  }

  /** Rows where something other than null and `[]` stands. */
  filled(): Bitset {
    return this.#filled;
  }

  /** Rows where null stands. */
  nulls(): Bitset {
    return this.#nulls;
  }

  /** Every value with the number of its rows, of those in `within` when given. */
  *counts(within?: Bitset): Generator<[Scalar, number]> {
    for (const [value, posting] of this.#values) {
      const count = within ? sharedWith(posting, within) : sizeOf(posting);
      if (count > 0) yield [value, count];
    }
  }

  /** Number of rows that hold a value of which `test` holds. */
  countRows(test: (value: Scalar) => boolean): number {
    const rows = new Bitset(this.#rows);
    for (const [value, posting] of this.#values) if (test(value)) addTo(rows, posting);
    return rows.count;
  }

  *#numericValues(): Generator<number> {
    for (const value of this.#values.keys()) if (typeof value === 'number') yield value;
  }
}

/** Whether a value counts against `is_empty`. */
export function isFilled(value: Json): boolean {
  return value !== null && !(Array.isArray(value) && value.length === 0);
}

/** The values that conditions look at: arrays are opened once. */
export function elements(values: readonly Json[]): Json[] {
  return values.some(Array.isArray) ? values.flat(1) : (values as Json[]);
}

export function isScalar(value: Json): value is Scalar {
  return value !== null && !Array.isArray(value) && !isObject(value);
}

function distinct(values: readonly Json[]): Iterable<Json> {
  const all = elements(values);
  return all.length > 1 ? new Set(all) : all;
}
