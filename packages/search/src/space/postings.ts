/**
 * Sparse vectors in memory, found by row and by term.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { Bitset } from '../index/bitset.js';
import type { SparseValue } from './types.js';

/** Entries that may be unused before the vectors are moved together, beside as many as are in use. */
const MAX_GARBAGE = 65_536;

/** The rows that have a term, in no order, with the term's weight in each. */
export class Posting {
  rows = new Uint32Array(2);
  weights = new Float32Array(2);
  length = 0;
  /** No weight is above or below these. */
  most = Number.NEGATIVE_INFINITY;
  least = Number.POSITIVE_INFINITY;

  /** Returns the entry's place. */
  push(row: number, weight: number): number {
    const at = this.length++;
    if (at === this.rows.length) {
      this.rows = grown(this.rows, at + 1);
      this.weights = grown(this.weights, at + 1);
    }
    this.rows[at] = row;
    this.weights[at] = weight;
    if (weight > this.most) this.most = weight;
    if (weight < this.least) this.least = weight;
    return at;
  }
}

/**
 * Every vector lies in one piece of three parallel arrays: its terms in ascending order, their weights, and the
 * places of its entries in the postings, by which they are removed without a search.
 */
export class Postings {
  readonly #postings = new Map<number, Posting>();
  /** Rows that have a vector. */
  readonly present = new Bitset();
  #terms = new Uint32Array(1024);
  #weights = new Float32Array(1024);
  #places = new Uint32Array(1024);
  #end = 0;
  #used = 0;
  /** By row. */
  #starts = new Uint32Array(256);
  #counts = new Uint32Array(256);

  /** Rows that can be named by now. */
  get reach(): number {
    return this.#starts.length;
  }

  get memoryBytes(): number {
    let bytes = this.#terms.byteLength * 3 + this.#starts.byteLength * 2;
    for (const { rows } of this.#postings.values()) bytes += rows.byteLength * 2;
    return bytes;
  }

  posting(term: number): Posting | undefined {
    return this.#postings.get(term);
  }

  /** Adds a row that has no vector. */
  add(row: number, { indices, values }: SparseValue): void {
    const count = indices.length;
    this.#reserve(row, count);
    const start = this.#end;
    this.#starts[row] = start;
    this.#counts[row] = count;
    this.#end += count;
    this.#used += count;
    this.#terms.set(indices, start);
    this.#weights.set(values, start);
    for (let i = 0; i < count; i++) {
      let posting = this.#postings.get(indices[i]!);
      if (!posting) {
        posting = new Posting();
        this.#postings.set(indices[i]!, posting);
      }
      this.#places[start + i] = posting.push(row, values[i]!);
    }
    this.present.add(row);
  }

  /** Whether there was a vector. */
  remove(row: number): boolean {
    if (!this.present.delete(row)) return false;
    const start = this.#starts[row]!;
    const end = start + this.#counts[row]!;
    for (let at = start; at < end; at++) this.#takeOut(this.#terms[at]!, this.#places[at]!);
    this.#used -= end - start;
    if (this.#end - this.#used > Math.max(MAX_GARBAGE, this.#used)) this.#compact();
    return true;
  }

  /** A copy of a row's vector. Throws `NOT_FOUND`. */
  vector(row: number): SparseValue {
    if (!this.present.has(row))
      throw new FletchError('NOT_FOUND', `There is no row ${row}.`, { details: { row } });
    const start = this.#starts[row]!;
    const end = start + this.#counts[row]!;
    return { indices: this.#terms.slice(start, end), values: this.#weights.slice(start, end) };
  }

  /** Number of terms of a present row. */
  count(row: number): number {
    return this.#counts[row]!;
  }

  /** Whether a present row has a term. */
  hasTerm(row: number, term: number): boolean {
    return this.#find(row, term) >= 0;
  }

  /**
   * The dot product with a present row, added up in the order of the terms.
   *
   * @param terms - ascending
   * @returns NaN when no term is shared
   */
  dot(row: number, terms: Uint32Array, weights: Float64Array): number {
    let at = this.#starts[row]!;
    const end = at + this.#counts[row]!;
    const own = this.#terms;
    let sum = 0;
    let shared = false;
    for (let i = 0; i < terms.length && at < end; i++) {
      const term = terms[i]!;
      while (at < end && own[at]! < term) at++;
      if (at < end && own[at] === term) {
        sum += weights[i]! * this.#weights[at]!;
        shared = true;
      }
    }
    return shared ? sum : Number.NaN;
  }

  #takeOut(term: number, place: number): void {
    const posting = this.#postings.get(term)!;
    const last = --posting.length;
    if (last === 0) {
      this.#postings.delete(term);
      return;
    }
    if (place === last) return;
    const moved = posting.rows[last]!;
    posting.rows[place] = moved;
    posting.weights[place] = posting.weights[last]!;
    this.#places[this.#find(moved, term)] = place;
  }

  /** Where a row's term stands, or −1. */
  #find(row: number, term: number): number {
    let low = this.#starts[row]!;
    let high = low + this.#counts[row]! - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const there = this.#terms[middle]!;
      if (there === term) return middle;
      if (there < term) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  #reserve(row: number, count: number): void {
    if (row >= this.#starts.length) {
      this.#starts = grown(this.#starts, row + 1);
      this.#counts = grown(this.#counts, row + 1);
    }
    const needed = this.#end + count;
    if (needed <= this.#terms.length) return;
    this.#terms = grown(this.#terms, needed);
    this.#weights = grown(this.#weights, needed);
    this.#places = grown(this.#places, needed);
  }

  /** Moves the vectors together. */
  #compact(): void {
    const room = Math.max(1024, Math.ceil(this.#used * 1.5));
    const terms = new Uint32Array(room);
    const weights = new Float32Array(room);
    const places = new Uint32Array(room);
    let end = 0;
    for (const row of this.present) {
      const start = this.#starts[row]!;
      const stop = start + this.#counts[row]!;
      terms.set(this.#terms.subarray(start, stop), end);
      weights.set(this.#weights.subarray(start, stop), end);
      places.set(this.#places.subarray(start, stop), end);
      this.#starts[row] = end;
      end += stop - start;
    }
    this.#terms = terms;
    this.#weights = weights;
    this.#places = places;
    this.#end = end;
  }
}

function grown<A extends Uint32Array | Float32Array>(array: A, least: number): A {
  const Kind = array.constructor as new (length: number) => A;
  const bigger = new Kind(Math.max(least, array.length * 2));
  bigger.set(array as never);
  return bigger;
}
