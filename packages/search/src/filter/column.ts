/**
 * One payload field of all points, turned around: value → rows.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import { Bitset } from '../index/bitset.js';
import type { Payload } from '../types/index.js';
import type { Area } from './geo/area.js';
import { geoPointOf, isOnGlobe } from './geo/point.js';
import { GeoRows } from './geo/rows.js';
import { type DateBounds, OrderedDates } from './ordered-dates.js';
import { type Bounds, OrderedRows, type SortedPairs } from './ordered-rows.js';
import { isObject, type Path, valuesAt } from './path.js';
import { type Posting, rowsOf, sharedWith, sizeOf, withoutRow, withRow } from './posting.js';
import { Presence } from './presence.js';
import { RowSet } from './row-set.js';
import type { Analyzer } from './text/analyzer.js';
import { TextRows } from './text/rows.js';

/** A value that can be matched. */
export type Scalar = string | number | boolean;

/** Rough bytes of a map entry, of a row in a list, of a number in order and of a point on the globe. */
const ENTRY_BYTES = 64;
const ROW_BYTES = 8;
const NUMBER_BYTES = 16;
const POINT_BYTES = 128;

/** Answers every condition on one field without looking at a payload; kept up to date row by row. */
export class Column {
  readonly path: Path;
  readonly presence = new Presence();
  /** The tokens of texts, in a column made for a text index; such a column holds no values. */
  readonly text: TextRows | undefined;
  readonly #values = new Map<Scalar, Posting>();
  readonly #numbers = new OrderedRows(() => this.#sortedNumbers());
  readonly #dates = new OrderedDates(() => this.#strings());
  readonly #points = new GeoRows();
  /** Rows with an element other than null. */
  readonly #some = new Bitset();
  /** How many distinct elements other than null the rows have that have more than one. */
  readonly #several = new Map<number, number>();
  #valueBytes = 0;
  #rows = 0;

  constructor(path: Path, analyzer?: Analyzer) {
    this.path = path;
    this.text = analyzer && new TextRows(analyzer);
  }

  /** Rough memory in bytes. */
  get bytes(): number {
    return this.#valueBytes + (this.text?.bytes ?? 0);
  }

  /** Takes a row in. */
  add(row: number, payload: Payload): void {
    this.#rows = Math.max(this.#rows, row + 1);
    const values = valuesAt(payload, this.path);
    if (values.length === 0) return;
    this.presence.add(row, values);
    if (this.text) this.text.add(row, textsOf(values));
    else this.#addValues(row, values);
  }

  /** Takes a row out; `payload` is the one it was added with. */
  remove(row: number, payload: Payload): void {
    const values = valuesAt(payload, this.path);
    if (values.length === 0) return;
    this.presence.remove(row, values);
    if (this.text) this.text.remove(row, textsOf(values));
    else this.#removeValues(row, values);
  }

  /** Rows with any of these values. Not to be changed. */
  equal(values: Iterable<Scalar>): Bitset {
    let only: Posting | undefined;
    let rows: RowSet | undefined;
    for (const value of values) {
      const posting = this.#values.get(value);
      if (posting === undefined) continue;
      if (only === undefined) only = posting;
      else {
        if (!rows) {
          rows = new RowSet(this.#rows);
          rows.addPosting(only);
        }
        rows.addPosting(posting);
      }
    }
    if (!rows && only instanceof Bitset) return only;
    if (!rows) {
      rows = new RowSet(this.#rows);
      rows.addPosting(only);
    }
    return rows.done();
  }

  /** Rows with a value, other than null, that is none of these. */
  except(values: Iterable<Scalar>): Bitset {
    const rows = RowSet.from(this.#some);
    const unwanted = new Map<number, number>();
    for (const value of values) {
      const posting = this.#values.get(value);
      if (posting === undefined) continue;
      if (this.#several.size === 0 && posting instanceof Bitset) rows.deleteSet(posting);
      else
        for (const row of rowsOf(posting)) {
          const count = this.#several.get(row);
          const found = (unwanted.get(row) ?? 0) + 1;
          if (count === undefined || found === count) rows.delete(row);
          else unwanted.set(row, found);
        }
    }
    return rows.done();
  }

  /** Rows with a string that passes the test. */
  strings(test: (value: string) => boolean): Bitset {
    const rows = new RowSet(this.#rows);
    for (const [value, posting] of this.#strings()) if (test(value)) rows.addPosting(posting);
    return rows.done();
  }

  /** Rows with a number between the bounds. */
  between(least: number, most: number, withLeast: boolean, withMost: boolean): Bitset {
    const bounds: Bounds = { least, most, withLeast, withMost };
    return this.#collected((rows) => this.#numbers.collect(bounds, rows));
  }

  /** Rows with a date between bounds. */
  dates(bounds: DateBounds): Bitset {
    return this.#collected((rows) => this.#dates.collect(bounds, rows));
  }

  /** Rows with a point in an area. */
  within(area: Area): Bitset {
    return this.#collected((rows) => this.#points.collect(area, rows));
  }

  /** Rows with so many values as `test` takes. Rows without the field are not among them. */
  counted(test: (count: number) => boolean): Bitset {
    return this.#collected((rows) => this.presence.collectCounts(test, rows));
  }

  /** Rows where something other than null and `[]` stands. */
  filled(): Bitset {
    return this.presence.filled;
  }

  /** Rows where null stands. */
  nulls(): Bitset {
    return this.presence.nulls;
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
    return this.#collected((rows) => {
      for (const [value, posting] of this.#values) if (test(value)) rows.addPosting(posting);
    }).count;
  }

  /** Number of rows with a point on the globe. */
  countPoints(): number {
    return this.#points.size;
  }

  #addValues(row: number, values: readonly Json[]): void {
    let count = 0;
    for (const value of distinct(values)) {
      if (value === null) continue;
      count++;
      if (isScalar(value)) this.#addScalar(row, value);
      else {
        const point = geoPointOf(value);
        if (!point) continue;
        this.#points.add(row, point);
        this.#valueBytes += POINT_BYTES;
      }
    }
    if (count > 0) this.#some.add(row);
    if (count > 1) this.#several.set(row, count);
  }

  #addScalar(row: number, value: Scalar): void {
    const posting = this.#values.get(value);
    if (posting === undefined)
      this.#valueBytes += ENTRY_BYTES + (typeof value === 'string' ? value.length * 2 : 0);
    else this.#valueBytes += ROW_BYTES;
    this.#values.set(value, withRow(posting, row, this.#rows));
    if (typeof value === 'number') {
      this.#valueBytes += NUMBER_BYTES;
      this.#numbers.add(value, row);
    } else if (typeof value === 'string') this.#dates.add(value, row);
  }

  #removeValues(row: number, values: readonly Json[]): void {
    this.#some.delete(row);
    this.#several.delete(row);
    this.#numbers.remove(row);
    this.#dates.remove(row);
    this.#points.remove(row);
    for (const value of distinct(values)) {
      if (!isScalar(value)) continue;
      const posting = withoutRow(this.#values.get(value), row);
      if (posting === undefined) this.#values.delete(value);
      else this.#values.set(value, posting);
    }
  }

  #collected(collect: (rows: RowSet) => void): Bitset {
    const rows = new RowSet(this.#rows);
    collect(rows);
    return rows.done();
  }

  *#strings(): Generator<[string, Posting]> {
    for (const entry of this.#values) if (typeof entry[0] === 'string') yield entry as [string, Posting];
  }

  #sortedNumbers(): SortedPairs {
    const numbers: number[] = [];
    let count = 0;
    for (const [value, posting] of this.#values)
      if (typeof value === 'number') {
        numbers.push(value);
        count += sizeOf(posting);
      }
    const keys = new Float64Array(count);
    const rows = new Uint32Array(count);
    let at = 0;
    for (const value of Float64Array.from(numbers).sort())
      for (const row of rowsOf(this.#values.get(value)!)) {
        keys[at] = value;
        rows[at++] = row;
      }
    return { keys, rows };
  }
}

/** The values that conditions look at: arrays are opened once. */
export function elements(values: readonly Json[]): Json[] {
  return values.some(Array.isArray) ? values.flat(1) : (values as Json[]);
}

export function isScalar(value: Json): value is Scalar {
  return value !== null && !Array.isArray(value) && !isObject(value);
}

/** The strings among the values. */
export function textsOf(values: readonly Json[]): string[] {
  return elements(values).filter((value) => typeof value === 'string');
}

/** Whether a value is a point that an index of type `geo` holds. */
export function isGeoPoint(value: Json): boolean {
  const point = geoPointOf(value);
  return point !== undefined && isOnGlobe(point);
}

function distinct(values: readonly Json[]): Iterable<Json> {
  const all = elements(values);
  return all.length > 1 ? new Set(all) : all;
}
