/**
 * A space of sparse vectors, compared by dot product.
 *
 * @module
 */
import type { Bitset } from '../index/bitset.js';
import type { IndexHits } from '../index/types.js';
import type { VectorOutput } from '../types/index.js';
import { Accumulator, toScore, type WeightedTerms } from './accumulate.js';
import { Postings } from './postings.js';
import { readSparse } from './read.js';
import type { SparseSpec } from './spec.js';
import type { NearestOptions, SpaceStats, SparseValue, StoredSpace, VectorValue } from './types.js';

export class SparseSpace implements StoredSpace {
  readonly distance = 'Dot';
  readonly #spec: () => SparseSpec;
  readonly #postings = new Postings();
  readonly #accumulator = new Accumulator(this.#postings);

  /** @param spec - looked up at every search: its modifier may change */
  constructor(spec: () => SparseSpec) {
    this.#spec = spec;
  }

  get name(): string {
    return this.#spec().name;
  }

  get size(): number {
    return this.#postings.present.count;
  }

  has(row: number): boolean {
    return this.#postings.present.has(row);
  }

  vector(row: number): SparseValue {
    return this.#postings.vector(row);
  }

  readQuery(input: unknown, at: string): SparseValue {
    return readSparse(input, at);
  }

  /** As {@link StoredSpace.nearest}, without rows that share no term with the query. */
  async nearest(query: VectorValue, k: number, options: NearestOptions = {}): Promise<IndexHits> {
    const terms = this.#weighted(query as SparseValue, options.corpus);
    return this.#accumulator.search(terms, k, options.filter);
  }

  /** As {@link StoredSpace.compare}; 0 for rows that share no term with the query. */
  async compare(query: VectorValue, rows: Uint32Array, options: NearestOptions = {}): Promise<Float32Array> {
    const { terms, weights } = this.#weighted(query as SparseValue, options.corpus);
    return Float32Array.from(rows, (row) => toScore(this.#postings.dot(row, terms, weights) || 0));
  }

  output(vector: VectorValue): VectorOutput {
    const { indices, values } = vector as SparseValue;
    return { indices: Array.from(indices), values: Array.from(values) };
  }

  async add(rows: readonly number[], values: readonly VectorValue[]): Promise<void> {
    rows.forEach((row, i) => {
      this.#postings.add(row, values[i] as SparseValue);
    });
  }

  async remove(rows: readonly number[]): Promise<void> {
    for (const row of rows) this.#postings.remove(row);
  }

  stats(): SpaceStats {
    return { size: this.size, linked: this.size, memoryBytes: this.#postings.memoryBytes };
  }

  async settled(): Promise<void> {}

  async close(): Promise<void> {}

  /** The query's weights, under IDF times ln((N − n + ½) / (n + ½) + 1): n of the N rows of the corpus have the term. */
  #weighted({ indices, values }: SparseValue, corpus: Bitset | undefined): WeightedTerms {
    if (this.#spec().modifier !== 'idf') return { terms: indices, weights: Float64Array.from(values) };
    const { present } = this.#postings;
    const among = corpus?.and(present);
    const all = (among ?? present).count;
    const weights = Float64Array.from(indices, (term, i) => {
      const having = this.#having(term, among);
      return values[i]! * Math.log((all - having + 0.5) / (having + 0.5) + 1);
    });
    return { terms: indices, weights };
  }

  /** How many rows (of `among`) have a term. */
  #having(term: number, among: Bitset | undefined): number {
    const posting = this.#postings.posting(term);
    if (!posting || !among) return posting?.length ?? 0;
    let count = 0;
    if (among.count * 8 < posting.length) {
      for (const row of among) if (this.#postings.hasTerm(row, term)) count++;
    } else for (let i = 0; i < posting.length; i++) if (among.has(posting.rows[i]!)) count++;
    return count;
  }
}
