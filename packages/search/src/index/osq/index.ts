/**
 * The index of the smallest codes: OSQ, of SQUASH (Oakley and Ferhatosmanoglu, arXiv 2502.01528).
 *
 * Rows are a few bits a dimension, in partitions that have axes of their own. Searches narrow candidates down by one bit a
 * dimension, then by lower bounds of distances; who has the whole vectors compares the best of these. Until enough rows came to learn
 * from, they are kept as vectors.
 *
 * @module
 */
import type { LongWork } from '@fletch/base';
import { Drift } from '../drift.js';
import { FlatIndex } from '../flat.js';
import { Gate } from '../gate.js';
import { Generation } from '../generation.js';
import { Rows } from '../rows.js';
import type {
  Distance,
  IndexHits,
  IndexSearchOptions,
  IndexStats,
  OsqStats,
  RowGroups,
  SnapshotOwner,
  VectorIndex,
} from '../types.js';
import { CodeIndex } from './code-index.js';
import { grow, type Part } from './grow.js';
import { saveCodes } from './saved.js';
import type { OsqFacts, OsqSettings, WholeVectors } from './settings.js';

/** With so many times as many rows as when codes were learned, they are learned anew: of more rows, for more partitions. */
const GROWN = 4;

/** What an OSQ index is made with, when its options were read. */
export interface OsqPlan {
  readonly dimension: number;
  readonly distance: Distance;
  readonly settings: OsqSettings;
  readonly threads?: number | undefined;
  readonly memoryLimit?: number | undefined;
  readonly whole?: WholeVectors | undefined;
}

/** Codes of rows, and vectors before. */
export class OsqIndex implements VectorIndex {
  readonly dimension: number;
  readonly distance: Distance;
  readonly #plan: OsqPlan;
  /** Adds, removals, snapshots and changes of the generation, one after the other. */
  readonly #order = new Gate();
  readonly #closing = new AbortController();
  #current: Generation<Part>;
  #drift: Drift | undefined;
  #learnedAt: number;
  /** What takes the place of the current one; it gets all changes meanwhile. */
  #successor: CodeIndex | undefined;
  #training: Promise<void> | undefined;
  #trouble: string | undefined;
  #generation = 0;

  /** @param facts - of the codes of `part`, when it has some */
  constructor(plan: OsqPlan, part: Part, { fit, learnedAt = 0 }: Omit<OsqFacts, 'settings'> = {}) {
    this.#plan = plan;
    this.dimension = plan.dimension;
    this.distance = plan.distance;
    this.#current = new Generation(part);
    this.#drift = fit && new Drift(fit);
    this.#learnedAt = learnedAt;
  }

  static async create(plan: OsqPlan): Promise<OsqIndex> {
    const { dimension, distance, memoryLimit, threads } = plan;
    const rows = await Rows.create({ dimension, distance, m: 0, efConstruction: 0, seed: 0, memoryLimit });
    return new OsqIndex(plan, new FlatIndex(rows, threads));
  }

  /** Goes on from a snapshot. */
  static resume(plan: OsqPlan, part: Part, facts: OsqFacts): OsqIndex {
    const index = new OsqIndex(plan, part, facts);
    index.#maintain();
    return index;
  }

  get #part(): Part {
    return this.#current.index;
  }

  get size(): number {
    return this.#part.size;
  }

  get generation(): number {
    return this.#generation;
  }

  get isLossy(): boolean {
    return this.#part instanceof CodeIndex;
  }

  get refine(): number {
    return this.#plan.settings.refine;
  }

  async add(rows: ArrayLike<number>, vectors: Float32Array): Promise<void> {
    await this.#order.alone(async () => {
      const lost = await this.#part.add(rows, vectors);
      await this.#tellSuccessor((successor) => successor.add(rows, vectors));
      if (lost) this.#drift?.note(lost, this.size);
    });
    this.#maintain();
  }

  async remove(rows: ArrayLike<number>): Promise<number> {
    return this.#order.alone(async () => {
      const removed = await this.#part.remove(rows);
      await this.#tellSuccessor((successor) => successor.remove(rows));
      return removed;
    });
  }

  /** A successor that cannot follow is given up. */
  async #tellSuccessor(change: (successor: CodeIndex) => Promise<unknown>): Promise<void> {
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
    return this.#part.has(row);
  }

  vector(row: number): Float32Array {
    return this.#part.vector(row);
  }

  search(query: Float32Array, k: number, options: IndexSearchOptions = {}): IndexHits {
    return this.#part.search(query, k, options);
  }

  searchAsync(query: Float32Array, k: number, options: IndexSearchOptions = {}): Promise<IndexHits> {
    return this.#current.use((part) => part.searchAsync(query, k, options));
  }

  bounds(
    query: Float32Array,
    k: number,
    options: Pick<IndexSearchOptions, 'filter'> = {},
  ): Promise<IndexHits> {
    return this.#current.use((part) =>
      part instanceof CodeIndex
        ? part.bounds(query, k, options)
        : part.searchAsync(query, k, { ...options, exact: true }),
    );
  }

  searchBatch(queries: Float32Array, k: number, options: IndexSearchOptions = {}): Promise<IndexHits[]> {
    return this.#current.use((part) => part.searchBatch(queries, k, options));
  }

  compare(query: Float32Array, rows: Uint32Array): Promise<Float32Array> {
    return this.#current.use((part) => part.compare(query, rows));
  }

  maxSim(query: Float32Array, groups: RowGroups): Promise<Float32Array> {
    return this.#current.use((part) => part.maxSim(query, groups));
  }

  /** Resolves when codes that are being learned are in use. */
  async settled(options: LongWork = {}): Promise<void> {
    this.#checkOpen();
    while (this.#training) await this.#training;
    options.onProgress?.({ done: this.size, total: this.size, stage: 'linking' });
  }

  async save(path: string, owner: SnapshotOwner = {}): Promise<void> {
    await this.#order.alone(async () => {
      const { settings } = this.#plan;
      const fit = this.#drift && { fit: this.#drift.fit, learnedAt: this.#learnedAt };
      const facts = { kind: 'osq', osq: { settings, ...fit }, owner } as const;
      const part = this.#part;
      if (!(part instanceof CodeIndex)) return part.saveAs(path, facts);
      part.checkOpen();
      return saveCodes(path, part.codes, facts);
    });
  }

  stats(): IndexStats {
    this.#checkOpen();
    const part = this.#part;
    if (!(part instanceof CodeIndex)) return { ...part.stats(), kind: 'osq', osq: this.#osqStats() };
    const { codes, size, dimension, distance } = part;
    return {
      ...{ kind: 'osq', dimension, distance, size, linked: size, linkBytes: 0 },
      vectorBytes: size * codes.partitions[0]!.rowBytes,
      memoryBytes: codes.bytes,
      osq: this.#osqStats(),
    };
  }

  #osqStats(): OsqStats {
    const part = this.#part;
    const partitions = part instanceof CodeIndex ? part.codes.partitions : undefined;
    return {
      trained: partitions !== undefined,
      training: this.#training !== undefined,
      ...(partitions && { partitions: partitions.length, rowBytes: partitions[0]!.rowBytes }),
      ...(this.#drift && { lost: this.#drift.fit.learned, drift: this.#drift.ratio }),
      ...(this.#trouble !== undefined && { trouble: this.#trouble }),
    };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#training;
    await this.#order.alone(() => this.#part.close());
  }

  #checkOpen(): void {
    const part = this.#part;
    if (part instanceof CodeIndex) part.checkOpen();
    else part.stats();
  }

  /** Learns codes when it is time to. */
  #maintain(): void {
    if (this.#training || this.#closing.signal.aborted || !this.#isDue) return;
    this.#training = this.#train().finally(() => {
      this.#training = undefined;
    });
  }

  get #isDue(): boolean {
    const { trainAt, driftLimit } = this.#plan.settings;
    if (this.#trouble !== undefined) return false;
    if (!this.#drift) return this.size >= trainAt;
    return this.#drift.ratio > driftLimit || this.size >= GROWN * this.#learnedAt;
  }

  async #train(): Promise<void> {
    const { dimension, distance, settings, whole } = this.#plan;
    try {
      await grow({
        ...{ dimension, distance, settings, whole },
        current: this.#part,
        signal: this.#closing.signal,
        begin: (successor) =>
          this.#order.alone(() => {
            this.#successor = successor;
          }),
        inTurn: (work) => this.#order.alone(() => (this.#successor ? work() : undefined)),
        end: (successor, lost) => this.#order.alone(() => this.#change(successor, lost)),
      });
    } catch (error) {
      this.#trouble = (error as Error).message;
    } finally {
      this.#successor = undefined;
    }
  }

  #change(successor: CodeIndex, lost: number): void {
    const before = this.#current;
    if (this.#successor !== successor || this.#closing.signal.aborted) return;
    this.#current = new Generation<Part>(successor);
    this.#successor = undefined;
    this.#drift = new Drift({ learned: lost, count: 0, lost: 0 });
    this.#learnedAt = successor.size;
    this.#generation++;
    void before.retire();
  }
}
