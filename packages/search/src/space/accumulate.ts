/**
 * Exact search among sparse vectors, term by term.
 *
 * Terms come in the order of what they can add at most. As soon as the terms that are left cannot lift a row that
 * was not met into the best k, and when that saves work, the rows that still may get there are compared one by one
 * instead (the max-score principle of Turtle and Flood, 1995).
 *
 * @module
 */
import type { Bitset } from '../index/bitset.js';
import type { IndexHits } from '../index/types.js';
import type { Posting, Postings } from './postings.js';
import { bestHits, Largest } from './top.js';

/** A query's terms, ascending, with the weights that they have in it. */
export interface WeightedTerms {
  readonly terms: Uint32Array;
  readonly weights: Float64Array;
}

/** A term of the query that some row has. */
interface Contribution {
  readonly posting: Posting;
  readonly weight: number;
  /** What it adds to a row at most and at least; rows without the term get nothing. */
  readonly most: number;
  readonly least: number;
}

/** Entries that are worth a look at whether the search can be cut short. */
const FIRST_LOOK = 4096;
/** What comparing a row costs per term, in entries. */
const COMPARE_COST = 1.5;
/** Two scores this far apart (relatively) may be the same 32-bit number. */
const ROUNDING = 2 ** -22;
const FLOAT32_MAX = 3.4028234663852886e38;

/** Searches one set of postings; keeps its working memory between searches. */
export class Accumulator {
  readonly #postings: Postings;
  #sums = new Float64Array(0);
  /** Bits of the rows that were met. */
  #met = new Uint32Array(0);

  constructor(postings: Postings) {
    this.#postings = postings;
  }

  /** The best `k` rows of `filter` that share a term with the query; equal scores by row. */
  search(query: WeightedTerms, k: number, filter?: Bitset): IndexHits {
    const found: Contribution[] = [];
    let entries = 0;
    query.terms.forEach((term, i) => {
      const posting = this.#postings.posting(term);
      const weight = query.weights[i]!;
      if (!posting) return;
      const ends = [0, weight * posting.most, weight * posting.least];
      entries += posting.length;
      found.push({ posting, weight, most: Math.max(...ends), least: Math.min(...ends) });
    });
    if (filter && filter.count * query.terms.length * COMPARE_COST <= entries)
      return this.#compareAll(query, k, filter);
    this.#open();
    try {
      return this.#compare(query, this.#candidates(found, entries, k, query.terms.length, filter), k);
    } finally {
      this.#clear();
    }
  }

  #open(): void {
    const { reach } = this.#postings;
    if (this.#sums.length >= reach) return;
    this.#sums = new Float64Array(reach);
    this.#met = new Uint32Array((reach + 31) >>> 5);
  }

  #clear(): void {
    const met = this.#met;
    for (let at = 0; at < met.length; at++)
      if (met[at] !== 0) {
        met[at] = 0;
        this.#sums.fill(0, at << 5, (at + 1) << 5);
      }
  }

  /** Rows among which the best are. */
  #candidates(
    found: Contribution[],
    entries: number,
    k: number,
    terms: number,
    filter: Bitset | undefined,
  ): number[] {
    found.sort((a, b) => b.most - a.most);
    const most = sumsFrom(found, (one) => one.most);
    const least = sumsFrom(found, (one) => one.least);
    let done = 0;
    let look = FIRST_LOOK;
    for (const [i, one] of found.entries()) {
      if (done >= look && entries - done > done / 2) {
        look = done * 2;
        const enough = slack(this.#kth(k, filter) + least[i]!);
        if (most[i]! < enough) {
          const rows = this.#metFrom(enough - most[i]!, filter);
          if (rows.length * terms * COMPARE_COST < entries - done) return rows;
        }
      }
      this.#accumulate(one);
      done += one.posting.length;
    }
    return this.#metFrom(slack(this.#kth(k, filter)), filter);
  }

  #accumulate({ posting: { rows, weights, length }, weight }: Contribution): void {
    const sums = this.#sums;
    const met = this.#met;
    for (let i = 0; i < length; i++) {
      const row = rows[i]!;
      sums[row]! += weight * weights[i]!;
      met[row >>> 5]! |= 1 << (row & 31);
    }
  }

  /** The k-th best sum so far, or −∞. */
  #kth(k: number, filter: Bitset | undefined): number {
    const largest = new Largest(Math.min(k, this.#sums.length));
    this.#eachMet(filter, (row) => largest.show(this.#sums[row]!));
    return Math.min(k, this.#sums.length) < k ? Number.NEGATIVE_INFINITY : largest.least;
  }

  #metFrom(least: number, filter: Bitset | undefined): number[] {
    const rows: number[] = [];
    this.#eachMet(filter, (row) => {
      if (this.#sums[row]! >= least) rows.push(row);
    });
    return rows;
  }

  #eachMet(filter: Bitset | undefined, visit: (row: number) => void): void {
    const met = this.#met;
    for (let at = 0; at < met.length; at++) {
      let word = filter ? met[at]! & (filter.words[at] ?? 0) : met[at]!;
      for (; word !== 0; word &= word - 1) visit((at << 5) + 31 - Math.clz32(word & -word));
    }
  }

  #compareAll(query: WeightedTerms, k: number, filter: Bitset): IndexHits {
    const rows: number[] = [];
    for (const row of filter) if (this.#postings.present.has(row)) rows.push(row);
    return this.#compare(query, rows, k);
  }

  /** Scores rows in one way, whichever way they were found. */
  #compare({ terms, weights }: WeightedTerms, rows: readonly number[], k: number): IndexHits {
    const shared: number[] = [];
    const scores = new Float32Array(rows.length);
    for (const row of rows) {
      const score = this.#postings.dot(row, terms, weights);
      if (Number.isNaN(score)) continue;
      scores[shared.length] = toScore(score);
      shared.push(row);
    }
    return bestHits(shared, scores.subarray(0, shared.length), k, true);
  }
}

/** A sum as a finite 32-bit number. */
export function toScore(sum: number): number {
  return Math.fround(Math.min(FLOAT32_MAX, Math.max(-FLOAT32_MAX, sum)));
}

/** The sum of the i-th and all later ones, for every i. */
function sumsFrom(found: readonly Contribution[], of: (one: Contribution) => number): Float64Array {
  const sums = new Float64Array(found.length);
  for (let i = found.length - 1; i >= 0; i--) sums[i] = of(found[i]!) + (sums[i + 1] ?? 0);
  return sums;
}

/** A bound, lowered by what rounding may make of it. */
function slack(bound: number): number {
  return bound - Math.abs(bound) * ROUNDING - Number.MIN_VALUE;
}
