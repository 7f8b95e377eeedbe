/**
 * Rows in the order of a number each, for ranges.
 *
 * @module
 */
import { type Posting, rowsOf, sizeOf } from './posting.js';
import type { RowSet } from './row-set.js';

/** Numbers in ascending order, and beside each the row that has it. */
export interface SortedPairs {
  readonly keys: Float64Array;
  readonly rows: Uint32Array;
}

/** More changes than this and a share of all: sorting anew pays. */
const CHANGES_LEAST = 1024;
const CHANGES_SHARE = 4;

/** Bounds of a range of numbers. */
export interface Bounds {
  readonly least: number;
  readonly most: number;
  readonly withLeast: boolean;
  readonly withMost: boolean;
}

/** Whether a number lies between bounds. */
export function isWithin(value: number | bigint, { least, most, withLeast, withMost }: Bounds): boolean {
  return (withLeast ? value >= least : value > least) && (withMost ? value <= most : value < most);
}

/**
 * Pairs of a number and a row; a row may have several numbers. They are sorted on first use; rows that changed
 * since are looked at one by one until sorting anew pays.
 */
export class OrderedRows {
  readonly #sort: () => SortedPairs;
  #sorted: SortedPairs | undefined;
  /** Rows whose sorted pairs no longer count. */
  readonly #stale = new Set<number>();
  readonly #fresh = new Map<number, number[]>();

  /** @param sort - gives all pairs there are */
  constructor(sort: () => SortedPairs) {
    this.#sort = sort;
  }

  /** Takes a pair in that the next {@link SortedPairs} will hold. */
  add(key: number, row: number): void {
    if (!this.#sorted) return;
    const keys = this.#fresh.get(row);
    if (keys) keys.push(key);
    else this.#fresh.set(row, [key]);
    this.#ageing();
  }

  /** Takes all pairs of a row out. */
  remove(row: number): void {
    if (!this.#sorted) return;
    this.#fresh.delete(row);
    this.#stale.add(row);
    this.#ageing();
  }

  /** Adds the rows with a number between bounds. */
  collect(bounds: Bounds, into: RowSet): void {
    const { keys, rows } = this.#current();
    const start = position(keys, bounds.least, !bounds.withLeast);
    const end = position(keys, bounds.most, bounds.withMost);
    into.addSome(rows, start, end, this.#stale.size > 0 ? this.#stale : undefined);
    for (const [row, values] of this.#fresh)
      if (values.some((value) => isWithin(value, bounds))) into.add(row);
  }

  #current(): SortedPairs {
    if (!this.#sorted) {
      this.#sorted = this.#sort();
      this.#stale.clear();
      this.#fresh.clear();
    }
    return this.#sorted;
  }

  #ageing(): void {
    const changes = this.#stale.size + this.#fresh.size;
    if (changes > CHANGES_LEAST + this.#sorted!.keys.length / CHANGES_SHARE) {
      this.#sorted = undefined;
      this.#stale.clear();
      this.#fresh.clear();
    }
  }
}

/** Sorts numbers with their rows; `entries` is sorted, too. */
export function sortedPairs(entries: [number, Posting][]): SortedPairs {
  entries.sort((a, b) => a[0] - b[0]);
  const count = entries.reduce((sum, [, posting]) => sum + sizeOf(posting), 0);
  const keys = new Float64Array(count);
  const rows = new Uint32Array(count);
  let at = 0;
  for (const [key, posting] of entries)
    for (const row of rowsOf(posting)) {
      keys[at] = key;
      rows[at++] = row;
    }
  return { keys, rows };
}

/** Index of the first number that is larger than `value`, or as large unless `after`. */
export function position(sorted: Float64Array | Uint32Array, value: number, after: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = sorted[middle]!;
    if (at < value || (after && at === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}
