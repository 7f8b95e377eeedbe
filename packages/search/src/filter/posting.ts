/**
 * Rows that hold one value: a number while it is one row, a list while they are few, then bits.
 *
 * @module
 */
import { Bitset } from '../index/bitset.js';

export type Posting = number | number[] | Bitset;

/** A list of more rows than this share of all (one bit of them each) is kept as bits. */
const LIST_SHARE = 32;
const LIST_LEAST = 64;

/** The posting with `row` in it; `row` must not be in it yet. */
export function withRow(posting: Posting | undefined, row: number, rows: number): Posting {
  if (posting === undefined) return row;
  if (typeof posting === 'number') return [posting, row];
  if (posting instanceof Bitset) {
    posting.add(row);
    return posting;
  }
  posting.push(row);
  return posting.length > LIST_LEAST && posting.length > rows / LIST_SHARE ? Bitset.of(posting) : posting;
}

/** The posting without `row`; undefined when nothing is left. */
export function withoutRow(posting: Posting | undefined, row: number): Posting | undefined {
  if (posting === undefined || posting === row) return undefined;
  if (typeof posting === 'number') return posting;
  if (posting instanceof Bitset) {
    posting.delete(row);
    return posting.count === 0 ? undefined : posting;
  }
  const at = posting.indexOf(row);
  if (at >= 0) {
    posting[at] = posting.at(-1)!;
    posting.pop();
  }
  return posting.length === 0 ? undefined : posting;
}

/** The rows of a posting, in no order. */
export function rowsOf(posting: Posting): Iterable<number> {
  return typeof posting === 'number' ? [posting] : posting;
}

/** How many rows a posting holds. */
export function sizeOf(posting: Posting): number {
  return typeof posting === 'number' ? 1 : posting instanceof Bitset ? posting.count : posting.length;
}

/** How many rows a posting shares with a set. */
export function sharedWith(posting: Posting, set: Bitset): number {
  if (typeof posting === 'number') return set.has(posting) ? 1 : 0;
  if (posting instanceof Bitset) return posting.and(set).count;
  let shared = 0;
  for (const row of posting) if (set.has(row)) shared++;
  return shared;
}
