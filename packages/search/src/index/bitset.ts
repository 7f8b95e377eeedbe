/**
 * A set of rows as bits.
 *
 * @module
 */

/** Rows as bits, 32 to a word; grows as rows are added. */
export class Bitset {
  /** Bit `row & 31` of `words[row >>> 5]`. */
  words: Uint32Array;
  #count = 0;

  constructor(capacity = 0) {
    this.words = new Uint32Array((capacity + 31) >>> 5);
  }

  static of(rows: Iterable<number>): Bitset {
    const set = new Bitset();
    for (const row of rows) set.add(row);
    return set;
  }

  /** The set of the bits of `words`, which it keeps. */
  static fromWords(words: Uint32Array): Bitset {
    return Bitset.#from(words);
  }

  /** How many rows are in the set. */
  get count(): number {
    return this.#count;
  }

  has(row: number): boolean {
    const word = this.words[row >>> 5];
    return word !== undefined && (word & (1 << (row & 31))) !== 0;
  }

  add(row: number): void {
    const index = row >>> 5;
    if (index >= this.words.length) this.#grow(index + 1);
    const bit = 1 << (row & 31);
    if ((this.words[index]! & bit) !== 0) return;
    this.words[index]! |= bit;
    this.#count++;
  }

  delete(row: number): boolean {
    if (!this.has(row)) return false;
    this.words[row >>> 5]! &= ~(1 << (row & 31));
    this.#count--;
    return true;
  }

  clone(): Bitset {
    return Bitset.#from(this.words.slice());
  }

  /** Rows in both sets. */
  and(other: Bitset): Bitset {
    const words = this.words.slice(0, Math.min(this.words.length, other.words.length));
    for (let i = 0; i < words.length; i++) words[i]! &= other.words[i]!;
    return Bitset.#from(words);
  }

  /** Rows in either set. */
  or(other: Bitset): Bitset {
    const [long, short] = this.words.length >= other.words.length ? [this, other] : [other, this];
    const words = long.words.slice();
    for (let i = 0; i < short.words.length; i++) words[i]! |= short.words[i]!;
    return Bitset.#from(words);
  }

  /** Rows of this set that are not in `other`. */
  andNot(other: Bitset): Bitset {
    const words = this.words.slice();
    const shared = Math.min(words.length, other.words.length);
    for (let i = 0; i < shared; i++) words[i]! &= ~other.words[i]!;
    return Bitset.#from(words);
  }

  /** Rows in ascending order. */
  *[Symbol.iterator](): Generator<number> {
    for (let index = 0; index < this.words.length; index++) {
      for (let word = this.words[index]!; word !== 0; word &= word - 1) {
        yield (index << 5) + 31 - Math.clz32(word & -word);
      }
    }
  }

  #grow(words: number): void {
    const grown = new Uint32Array(Math.max(words, this.words.length * 2));
    grown.set(this.words);
    this.words = grown;
  }

  static #from(words: Uint32Array): Bitset {
    const set = new Bitset();
    set.words = words;
    for (const word of words) set.#count += popcount(word);
    return set;
  }
}

function popcount(word: number): number {
  let n = word - ((word >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return (((n + (n >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}
