/**
 * The vectors as they were stored, for an index that keeps less of them.
 *
 * @module
 */
import type { Bitset } from '../index/bitset.js';
import { type IndexHits, largerIsBetter, type VectorIndex } from '../index/types.js';
import { scoreOf } from './score.js';
import type { DenseValue, NearestOptions } from './types.js';

/** The stored vector of a row; undefined when there is none (any longer). */
export type StoredVectors = (row: number) => DenseValue | undefined;

/** Candidates beside the hits from which an exact search begins. */
const MARGIN_ROWS = 64;
/** How much larger than the largest error seen among them the error of any other row is taken to be, at most. */
const MARGIN = 4;
/** Rows that are read in one turn of the event loop. */
const TURN = 2048;

/** Finds by an index that keeps codes, and tells the scores of the stored vectors. */
export class Rescorer {
  readonly #index: VectorIndex;
  readonly #stored: StoredVectors;

  constructor(index: VectorIndex, stored: StoredVectors) {
    this.#index = index;
    this.#stored = stored;
  }

  async nearest(query: DenseValue, k: number, options: NearestOptions): Promise<IndexHits> {
    const { refine } = this.#index;
    const { filter, ef, exact, rescore = true, oversampling = refine ?? 1 } = options;
    const search = { ...(filter && { filter }), ...(ef && { ef }), ...(exact && { exact }) };
    if (exact) return this.#index.bounds ? this.#bounded(query, k, search) : this.#exact(query, k, search);
    if (!rescore) return this.#index.searchAsync(query, k, search);
    const wanted = Math.max(k * oversampling, refine === undefined ? 0 : (ef ?? 0));
    const most = Math.max(k, Math.min(Math.ceil(wanted), this.#index.size));
    const { hits } = this.#rescored(query, await this.#index.searchAsync(query, most, search));
    return { rows: hits.rows.slice(0, k), scores: hits.scores.slice(0, k) };
  }

  /**
   * Asks for more candidates until all others are further away than the last hit, by a margin of several times the largest
   * difference between the scores of codes and vectors that was seen.
   */
  async #exact(query: DenseValue, k: number, search: { readonly exact?: boolean }): Promise<IndexHits> {
    for (let most = 4 * k + MARGIN_ROWS; ; most *= 4) {
      const found = await this.#index.searchAsync(query, Math.min(most, this.#index.size), search);
      const { hits, error } = this.#rescored(query, found);
      const all = found.rows.length < most;
      const last = hits.scores[k - 1];
      const worst = found.scores.at(-1);
      const gap =
        last === undefined || worst === undefined
          ? 0
          : largerIsBetter(this.#index.distance)
            ? last - worst
            : worst - last;
      if (all || gap > MARGIN * error)
        return { rows: hits.rows.slice(0, k), scores: hits.scores.slice(0, k) };
    }
  }

  /** Reads rows from the best bound on, until that of all others is worse than the last hit. */
  async #bounded(query: DenseValue, k: number, search: { readonly filter?: Bitset }): Promise<IndexHits> {
    const best = new Best(k, largerIsBetter(this.#index.distance));
    const read = new Set<number>();
    for (let most = 4 * k + MARGIN_ROWS; ; most *= 4) {
      const { rows, scores } = await this.#index.bounds!(query, Math.min(most, this.#index.size), search);
      for (let i = 0; i < rows.length; i++) {
        if (best.isBetterThan(scores[i]!)) return best.hits();
        const row = rows[i]!;
        if (read.has(row)) continue;
        read.add(row);
        if (read.size % TURN === 0) await new Promise((resolve) => setImmediate(resolve));
        const vector = this.#stored(row);
        if (vector) best.offer(row, Math.fround(scoreOf(this.#index.distance, query, vector)));
      }
      if (rows.length < most) return best.hits();
    }
  }

  /** The hits with their true scores, in their order; rows that are gone are left out. */
  #rescored(query: DenseValue, { rows, scores }: IndexHits): { hits: IndexHits; error: number } {
    const { distance } = this.#index;
    const known: { row: number; score: number }[] = [];
    let error = 0;
    rows.forEach((row, i) => {
      const vector = this.#stored(row);
      if (!vector) return;
      const score = Math.fround(scoreOf(distance, query, vector));
      error = Math.max(error, Math.abs(score - scores[i]!));
      known.push({ row, score });
    });
    const sign = largerIsBetter(distance) ? -1 : 1;
    known.sort((a, b) => sign * (a.score - b.score) || a.row - b.row);
    return {
      hits: {
        rows: Uint32Array.from(known, ({ row }) => row),
        scores: Float32Array.from(known, ({ score }) => score),
      },
      error,
    };
  }

  /** The true score of every one of `rows`. */
  async compare(query: DenseValue, rows: Uint32Array): Promise<Float32Array> {
    const scores = new Float32Array(rows.length);
    for (let i = 0; i < rows.length; i++) {
      if (i % TURN === TURN - 1) await new Promise((resolve) => setImmediate(resolve));
      scores[i] = scoreOf(this.#index.distance, query, this.vector(rows[i]!));
    }
    return scores;
  }

  /** The stored vector; what the index has of a row that is gone since. */
  vector(row: number): DenseValue {
    return this.#stored(row) ?? this.#index.vector(row);
  }
}

/** The best of what it is offered, best first; equal scores by row. */
class Best {
  readonly #count: number;
  readonly #sign: 1 | -1;
  readonly #kept: { row: number; score: number }[] = [];

  constructor(count: number, largerIsBetter: boolean) {
    this.#count = count;
    this.#sign = largerIsBetter ? 1 : -1;
  }

  /** Whether it is full, and all it keeps is better than that. */
  isBetterThan(score: number): boolean {
    const last = this.#kept[this.#count - 1];
    return last !== undefined && this.#sign * (last.score - score) > 0;
  }

  offer(row: number, score: number): void {
    let [low, high] = [0, this.#kept.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#kept[middle]!;
      const gap = this.#sign * (other.score - score);
      if (gap > 0 || (gap === 0 && other.row < row)) low = middle + 1;
      else high = middle;
    }
    if (low >= this.#count) return;
    this.#kept.splice(low, 0, { row, score });
    if (this.#kept.length > this.#count) this.#kept.pop();
  }

  hits(): IndexHits {
    return {
      rows: Uint32Array.from(this.#kept, ({ row }) => row),
      scores: Float32Array.from(this.#kept, ({ score }) => score),
    };
  }
}
