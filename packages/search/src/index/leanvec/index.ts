/**
 * The index of reduced vectors: LeanVec (Tepper, Bhati, Aguerrebere, Hildebrand and Willke, arXiv 2312.16335).
 *
 * Searches walk a graph over short codes of linearly reduced vectors and compare what they find by longer codes of whole
 * ones. Until enough rows came to learn from, they are kept as vectors.
 *
 * @module
 */
import type { LongWork } from '@fletch/base';
import { Drift } from '../drift.js';
import { Gate } from '../gate.js';
import { Generation } from '../generation.js';
import { HnswIndex } from '../hnsw.js';
import type { Rows } from '../rows.js';
import type {
  Distance,
  IndexHits,
  IndexSearchOptions,
  IndexStats,
  LeanVecStats,
  RowGroups,
  SnapshotOwner,
  VectorIndex,
} from '../types.js';
import { type Grown, grow, lostOf } from './grow.js';
import { givenCoding } from './learn.js';
import { createGeneration, type LeanVecPlan } from './plan.js';
import { Queries } from './queries.js';
import type { GivenProjection, LeanVecFacts } from './settings.js';

/** A graph of codes, and of vectors before. */
export class LeanVecIndex implements VectorIndex {
  readonly dimension: number;
  readonly distance: Distance;
  readonly #plan: LeanVecPlan;
  /** Adds, removals, snapshots and changes of the generation, one after the other. */
  readonly #order = new Gate();
  readonly #queries: Queries | undefined;
  readonly #closing = new AbortController();
  #current: Generation<HnswIndex>;
  #drift: Drift | undefined;
  /** What takes the place of the current one; it gets all changes meanwhile. */
  #successor: HnswIndex | undefined;
  #training: Promise<void> | undefined;
  #trouble: string | undefined;
  #generation = 0;

  /** @param fit - of the coding of `index`, when it has one */
  constructor(plan: LeanVecPlan, index: HnswIndex, fit?: Drift) {
    this.#plan = plan;
    this.dimension = plan.dimension;
    this.distance = plan.distance;
    this.#current = new Generation(index);
    this.#drift = fit;
    if (plan.settings.method !== 'id') this.#queries = new Queries(plan.dimension);
  }

  static async create(plan: LeanVecPlan, projection?: GivenProjection): Promise<LeanVecIndex> {
    if (!projection) return new LeanVecIndex(plan, await createGeneration(plan));
    const coding = givenCoding(projection, plan, plan.settings);
    return new LeanVecIndex(
      plan,
      await createGeneration(plan, coding),
      new Drift({ learned: 1, count: 0, lost: 0 }),
    );
  }

  /** Goes on from a snapshot. */
  static resume(plan: LeanVecPlan, rows: Rows, { fit }: LeanVecFacts): LeanVecIndex {
    const index = new HnswIndex(rows, plan.settings.efSearch, plan.threads);
    index.resume();
    const leanvec = new LeanVecIndex(plan, index, fit && new Drift(fit));
    leanvec.#maintain();
    return leanvec;
  }

  get #index(): HnswIndex {
    return this.#current.index;
  }

  get size(): number {
    return this.#index.size;
  }

  get generation(): number {
    return this.#generation;
  }

  get isLossy(): boolean {
    const { coding } = this.#index.rows.options;
    return coding !== undefined && coding.secondary !== 'f32';
  }

  async add(rows: ArrayLike<number>, vectors: Float32Array): Promise<void> {
    await this.#order.alone(async () => {
      await this.#index.add(rows, vectors);
      await this.#tellSuccessor((successor) => successor.add(rows, vectors));
      if (this.#index.rows.options.coding) this.#drift?.note(lostOf(this.#index.rows, rows), this.size);
    });
    this.#maintain();
  }

  async remove(rows: ArrayLike<number>): Promise<number> {
    // The graph is repaired outside the turn, so that adds need not wait for it.
    const { removed } = await this.#order.alone(async () => {
      const removed = this.#current.use((index) => index.remove(rows));
      removed.catch(() => undefined);
      await this.#tellSuccessor((successor) => successor.remove(rows));
      return { removed };
    });
    return removed;
  }

  /** A successor that cannot follow is given up. */
  async #tellSuccessor(change: (successor: HnswIndex) => Promise<unknown>): Promise<void> {
    const successor = this.#successor;
    if (!successor) return;
    try {
      await change(successor);
    } catch (error) {
      this.#trouble = (error as Error).message;
      this.#successor = undefined;
    }
  }

  has(row: number): boolean {
    return this.#index.has(row);
  }

  vector(row: number): Float32Array {
    return this.#index.vector(row);
  }

  search(query: Float32Array, k: number, options: IndexSearchOptions = {}): IndexHits {
    const hits = this.#index.search(query, k, options);
    this.#queries?.note(query);
    return hits;
  }

  async searchAsync(query: Float32Array, k: number, options: IndexSearchOptions = {}): Promise<IndexHits> {
    this.#queries?.note(query);
    return this.#current.use((index) => index.searchAsync(query, k, options));
  }

  async compare(query: Float32Array, rows: Uint32Array): Promise<Float32Array> {
    return this.#current.use((index) => index.compare(query, rows));
  }

  async searchBatch(
    queries: Float32Array,
    k: number,
    options: IndexSearchOptions = {},
  ): Promise<IndexHits[]> {
    this.#queries?.note(queries);
    return this.#current.use((index) => index.searchBatch(queries, k, options));
  }

  async maxSim(query: Float32Array, groups: RowGroups): Promise<Float32Array> {
    return this.#current.use((index) => index.maxSim(query, groups));
  }

  /** Resolves when every row is linked, and codes that are being learned are in use. */
  async settled(options: LongWork = {}): Promise<void> {
    let settled: Generation<HnswIndex>;
    do {
      await this.#training;
      settled = this.#current;
      await settled.use((index) => index.settled(options));
    } while (this.#training || settled !== this.#current);
  }

  async save(path: string, owner: SnapshotOwner = {}): Promise<void> {
    await this.#order.alone(() => {
      const { settings } = this.#plan;
      const leanvec = { settings, ...(this.#drift && { fit: this.#drift.fit }) };
      return this.#index.saveAs(path, { kind: 'leanvec', efSearch: settings.efSearch, leanvec, owner });
    });
  }

  stats(): IndexStats {
    return { ...this.#index.stats(), kind: 'leanvec', leanvec: this.#leanvecStats() };
  }

  #leanvecStats(): LeanVecStats {
    const { coding } = this.#index.rows.options;
    const drift = this.#drift;
    return {
      trained: coding !== undefined,
      training: this.#training !== undefined,
      ...(coding && { reduced: coding.reduced, bits: coding.bits, secondary: coding.secondary }),
      ...(drift && { lost: drift.fit.learned, drift: drift.ratio }),
      ...(this.#trouble !== undefined && { trouble: this.#trouble }),
    };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#training;
    await this.#order.alone(() => this.#index.close());
  }

  /** Learns a coding when it is time to. */
  #maintain(): void {
    if (this.#training || this.#closing.signal.aborted || !this.#isDue) return;
    this.#training = this.#train().finally(() => {
      this.#training = undefined;
    });
  }

  get #isDue(): boolean {
    const { trainAt, driftLimit } = this.#plan.settings;
    if (this.#trouble !== undefined) return false;
    return this.#drift ? this.#drift.ratio > driftLimit : this.size >= trainAt;
  }

  async #train(): Promise<void> {
    const before = this.#index;
    // Links of the first vectors would be made anew in a moment.
    if (!this.#drift) before.isPaused = true;
    try {
      await grow({
        plan: this.#plan,
        current: this.#index,
        queries: this.#queries?.sample(this.distance === 'Cosine') ?? new Float32Array(0),
        signal: this.#closing.signal,
        begin: (successor) =>
          this.#order.alone(() => {
            this.#successor = successor;
          }),
        inTurn: (work) => this.#order.alone(() => (this.#successor ? work() : undefined)),
        end: (grown) => this.#order.alone(() => this.#change(grown)),
      });
    } catch (error) {
      this.#trouble = (error as Error).message;
    } finally {
      const left = this.#successor;
      this.#successor = undefined;
      if (before === this.#index && !this.#closing.signal.aborted) before.isPaused = false;
      await left?.close();
    }
  }

  #change({ index, fit }: Grown): void {
    const before = this.#current;
    if (this.#successor !== index || this.#closing.signal.aborted) return;
    this.#current = new Generation(index);
    this.#successor = undefined;
    this.#drift = new Drift(fit);
    this.#generation++;
    void before.retire();
  }
}
