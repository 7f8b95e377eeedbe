/**
 * Rows in the order of their dates.
 *
 * @module
 */
import { parseDatetime } from './datetime.js';
import { type Bounds, isWithin, OrderedRows, sortedPairs } from './ordered-rows.js';
import { type Posting, rowsOf } from './posting.js';
import type { RowSet } from './row-set.js';

/** Bounds of a range of dates, in microseconds; exact however far away. */
export interface DateBounds {
  readonly least: number | bigint;
  readonly most: number | bigint;
  readonly withLeast: boolean;
  readonly withMost: boolean;
}

/** Whether a date lies between bounds. JavaScript compares a number with a bigint exactly. */
export function isDateWithin(date: number | bigint, bounds: DateBounds): boolean {
  return isWithin(date, bounds as Bounds);
}

/** The dates among the strings of a field; nothing is read before the first range is asked for. */
export class OrderedDates {
  readonly #strings: () => Iterable<readonly [string, Posting]>;
  #near: OrderedRows | undefined;
  /** Dates so far away that a double does not hold their microseconds. */
  readonly #far = new Map<number, bigint[]>();

  /** @param strings - every string with its rows */
  constructor(strings: () => Iterable<readonly [string, Posting]>) {
    this.#strings = strings;
  }

  add(text: string, row: number): void {
    if (!this.#near) return;
    const date = parseDatetime(text);
    if (typeof date === 'number') this.#near.add(date, row);
    else if (date !== undefined) this.#addFar(date, row);
  }

  remove(row: number): void {
    this.#near?.remove(row);
    this.#far.delete(row);
  }

  collect(bounds: DateBounds, into: RowSet): void {
    this.#near ??= this.#read();
    this.#near.collect(nearest(bounds), into);
    for (const [row, dates] of this.#far) if (dates.some((date) => isDateWithin(date, bounds))) into.add(row);
  }

  #read(): OrderedRows {
    const first = this.#nearDates((date, posting) => {
      for (const row of rowsOf(posting)) this.#addFar(date, row);
    });
    let known: typeof first | undefined = first;
    return new OrderedRows(() => {
      const dates = known ?? this.#nearDates();
      known = undefined;
      return sortedPairs(dates);
    });
  }

  /** @param far - called for the dates that a double does not hold */
  #nearDates(far?: (date: bigint, posting: Posting) => void): [number, Posting][] {
    const near: [number, Posting][] = [];
    for (const [text, posting] of this.#strings()) {
      const date = parseDatetime(text);
      if (typeof date === 'number') near.push([date, posting]);
      else if (date !== undefined) far?.(date, posting);
    }
    return near;
  }

  #addFar(date: bigint, row: number): void {
    const dates = this.#far.get(row);
    if (dates) dates.push(date);
    else this.#far.set(row, [date]);
  }
}

/** The bounds for dates that doubles hold. A bound that none holds lies beyond all of them. */
function nearest({ least, most, withLeast, withMost }: DateBounds): Bounds {
  const near = (bound: number | bigint) =>
    typeof bound === 'number' ? bound : bound < 0n ? -Infinity : Infinity;
  return { least: near(least), most: near(most), withLeast, withMost };
}
