/**
 * One payload field of all points, turned around: value → rows.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import { Bitset } from '../index/bitset.js';
import type { Payload } from '../types/index.js';
import type { Area } from './geo/area.js';
import { geoPointOf } from './geo/point.js';
import { GeoRows } from './geo/rows.js';
import { type DateBounds, OrderedDates } from './ordered-dates.js';
import { type Bounds, OrderedRows, sortedPairs } from './ordered-rows.js';
import { type Path, valuesAt } from './path.js';
import { type Posting, rowsOf, sharedWith, sizeOf, withoutRow, withRow } from './posting.js';
import { Presence } from './presence.js';
import { RowSet } from './row-set.js';
import type { Analyzer } from './text/analyzer.js';
import { TextRows } from './text/rows.js';
import { distinctElements, isScalar, type Scalar, textsOf } from './values.js';

export type { Scalar } from './values.js';

/** Rough bytes of a map entry, of a row in a list, of a number in order and of a point on the globe. */
const ENTRY_BYTES = 64;
const ROW_BYTES = 8;
const NUMBER_BYTES = 16;
const POINT_BYTES = 128;
/** So many distinct values are quickly gone through. */
const FEW_VALUES = 2048;

/** Answers every condition on one field without looking at a payload; kept up to date row by row. */
export class Column {
  readonly path: Path;
  readonly presence = new Presence();
  /** The tokens of texts, in a column made for a text index; such a column holds no values. */
  readonly text: TextRows | undefined;
  readonly #values = new Map<Scalar, Posting>();
  readonly #numbers = new OrderedRows(() => sortedPairs([...this.#postings('number')]));
  readonly #dates = new OrderedDates(() => this.#postings('string'));
  readonly #points = new GeoRows();
  /** Rows with an element other than null. */
  readonly #some = new Bitset();
  /** Rows with an element that is an object or an array. */
  readonly #compound = new Bitset();
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
    const unwanted = new Set(values);
    return this.#values.size <= FEW_VALUES ? this.#withOthers(unwanted) : this.#withoutAll(unwanted);
  }

  /** Rows with a string that passes the test. */
  strings(test: (value: string) => boolean): Bitset {
    return this.#collected((rows) => {
      for (const value of this.#values.keys())
        if (typeof value === 'string' && test(value)) rows.addPosting(this.#values.get(value));
    });
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

  /** The rows of one value, in no particular order. */
  rowsOf(value: Scalar): Iterable<number> {
    const posting = this.#values.get(value);
    return posting === undefined ? [] : typeof posting === 'number' ? [posting] : posting;
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

  /**
   * The number of rows, of those in `within` when given, that hold each value.
   *
   * @param read - the value that a stored one stands for; undefined for those that do not count
   */
  countsOf(read: (value: Scalar) => Scalar | undefined, within?: Bitset): Map<Scalar, number> {
    const postings = new Map<Scalar, Posting>();
    for (const [stored, posting] of this.#values) {
      const value = read(stored);
      if (value === undefined) continue;
      const other = postings.get(value);
      postings.set(value, other === undefined ? posting : this.#union(other, posting));
    }
    const counts = new Map<Scalar, number>();
    for (const [value, posting] of postings) {
      const count = within ? sharedWith(posting, within) : sizeOf(posting);
      if (count > 0) counts.set(value, count);
    }
    return counts;
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

  /** {@link except}, by the rows of all other values. */
  #withOthers(unwanted: ReadonlySet<Scalar>): Bitset {
    return this.#collected((rows) => {
      rows.addSet(this.#compound);
      for (const [value, posting] of this.#values) if (!unwanted.has(value)) rows.addPosting(posting);
    });
  }

  /** {@link except}, by taking out the rows that have nothing but these values. */
  #withoutAll(unwanted: ReadonlySet<Scalar>): Bitset {
    const rows = RowSet.from(this.#some);
    const found = new Map<number, number>();
    for (const value of unwanted)
      for (const row of rowsOf(this.#values.get(value) ?? [])) {
        const count = this.#several.get(row);
        const so = (found.get(row) ?? 0) + 1;
        if (count === undefined || so === count) rows.delete(row);
        else found.set(row, so);
      }
    return rows.done();
  }

  #addValues(row: number, values: readonly Json[]): void {
    let count = 0;
    for (const value of distinctElements(values)) {
      if (value === null) continue;
      count++;
      if (isScalar(value)) this.#addScalar(row, value);
      else {
        this.#compound.add(row);
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
    this.#compound.delete(row);
    this.#several.delete(row);
    this.#numbers.remove(row);
    this.#dates.remove(row);
    this.#points.remove(row);
    for (const value of distinctElements(values)) {
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

  #union(a: Posting, b: Posting): Bitset {
    return this.#collected((rows) => {
      rows.addPosting(a);
      rows.addPosting(b);
    });
  }

  /** Every value of a type with its rows. */
  *#postings<T extends 'string' | 'number'>(
    type: T,
  ): Generator<[T extends 'string' ? string : number, Posting]> {
    for (const entry of this.#values)
      if (typeof entry[0] === type) yield entry as [T extends 'string' ? string : number, Posting];
  }
}
