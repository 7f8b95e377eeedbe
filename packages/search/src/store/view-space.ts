/**
 * A vector space as a view sees it: without the rows that were added after the view was made.
 *
 * @module
 */
import type { Bitset } from '../index/bitset.js';
import type { IndexHits } from '../index/types.js';
import type { NearestOptions, VectorSpace, VectorValue } from '../space/types.js';
import type { VectorOutput } from '../types/index.js';

/** Rows that were removed meanwhile are still in the space for the sake of the view. */
export class ViewSpace implements VectorSpace {
  readonly #space: VectorSpace;
  readonly #live: Bitset;
  readonly #isExact: () => boolean;

  /** @param isExact - whether the space holds the live rows and no others */
  constructor(space: VectorSpace, live: Bitset, isExact: () => boolean) {
    this.#space = space;
    this.#live = live;
    this.#isExact = isExact;
  }

  get name(): string {
    return this.#space.name;
  }

  get distance(): VectorSpace['distance'] {
    return this.#space.distance;
  }

  get size(): number {
    return this.#space.size;
  }

  has(row: number): boolean {
    return this.#space.has(row);
  }

  vector(row: number): VectorValue {
    return this.#space.vector(row);
  }

  readQuery(input: unknown, at: string): VectorValue {
    return this.#space.readQuery(input, at);
  }

  async nearest(query: VectorValue, k: number, options: NearestOptions = {}): Promise<IndexHits> {
    if (options.filter) return this.#space.nearest(query, k, this.#ofView(options));
    if (this.#isExact()) {
      const hits = await this.#space.nearest(query, k, options);
      // A search that had to wait for its thread may have met rows of a later commit.
      if (hits.rows.every((row) => this.#live.has(row))) return hits;
    }
    return this.#space.nearest(query, k, { ...this.#ofView(options), filter: this.#live });
  }

  compare(query: VectorValue, rows: Uint32Array, options: NearestOptions = {}): Promise<Float32Array> {
    return this.#space.compare(query, rows, this.#ofView(options));
  }

  /** Lets frequencies of terms be counted over the view's rows. */
  #ofView(options: NearestOptions): NearestOptions {
    return options.corpus || this.#isExact() ? options : { ...options, corpus: this.#live };
  }

  output(vector: VectorValue): VectorOutput {
    return this.#space.output(vector);
  }
}
