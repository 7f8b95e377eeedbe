/**
 * Collecting rows: raw bits while they are many, counted once at the end.
 *
 * @module
 */
import { Bitset } from '../index/bitset.js';
import type { Posting } from './posting.js';

/** Rows that are being collected; {@link done} makes a {@link Bitset} of them. */
export class RowSet {
  #words: Uint32Array;

  /** @param rows - number of rows that fit without growing */
  constructor(rows: number) {
    this.#words = new Uint32Array((rows + 31) >>> 5);
  }

  /** A copy of a set. */
  static from(set: Bitset): RowSet {
    const rows = new RowSet(0);
    rows.#words = set.words.slice();
    return rows;
  }

  has(row: number): boolean {
    return ((this.#words[row >>> 5] ?? 0) & (1 << (row & 31))) !== 0;
  }

  add(row: number): void {
    this.#reserve((row >>> 5) + 1);
    this.#words[row >>> 5]! |= 1 << (row & 31);
  }

  delete(row: number): void {
    if (row >>> 5 < this.#words.length) this.#words[row >>> 5]! &= ~(1 << (row & 31));
  }

  /** Adds `rows[start]` to `rows[end - 1]`, all but those in `except`. */
  addSome(rows: Uint32Array, start: number, end: number, except?: ReadonlySet<number>): void {
    for (let i = start; i < end; i++) {
      const row = rows[i]!;
      if (except?.has(row)) continue;
      if (row >>> 5 >= this.#words.length) this.#reserve((row >>> 5) + 1);
      this.#words[row >>> 5]! |= 1 << (row & 31);
    }
  }

  addPosting(posting: Posting | undefined): void {
    if (posting === undefined) return;
    if (typeof posting === 'number') this.add(posting);
    else if (posting instanceof Bitset) this.addSet(posting);
    else for (const row of posting) this.add(row);
  }

  addSet(set: Bitset): void {
    const { words } = set;
    this.#reserve(words.length);
    for (let i = 0; i < words.length; i++) this.#words[i]! |= words[i]!;
  }

  /** Removes the rows of a set. */
  deleteSet(set: Bitset): void {
    const { words } = set;
    for (let i = Math.min(words.length, this.#words.length) - 1; i >= 0; i--) this.#words[i]! &= ~words[i]!;
  }

  /** The rows as a set; nothing may be added afterwards. */
  done(): Bitset {
    return Bitset.fromWords(this.#words);
  }

  #reserve(words: number): void {
    if (words <= this.#words.length) return;
    const grown = new Uint32Array(Math.max(words, this.#words.length * 2));
    grown.set(this.#words);
    this.#words = grown;
  }
}
