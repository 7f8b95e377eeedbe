/**
 * The exact index: every search compares with every row.
 *
 * @module
 */
import type { LongWork } from '@fletch/base';
import { State } from '@fletch/kernels';
import { type SearchPlan, scanPlan } from './cost.js';
import { Engine } from './engine.js';
import { Gate } from './gate.js';
import type { Rows } from './rows.js';
import { type SnapshotFacts, saveSnapshot } from './snapshot.js';
import type {
  Distance,
  IndexHits,
  IndexSearchOptions,
  IndexStats,
  RowGroups,
  SnapshotOwner,
  VectorIndex,
} from './types.js';
import { checkLength, checkRows, checkVectors } from './validate.js';

/** Rows in order of arrival, scanned by every search; batches share each pass over them. */
export class FlatIndex implements VectorIndex {
  readonly dimension: number;
  readonly distance: Distance;
  readonly #rows: Rows;
  readonly #engine: Engine;
  /** Adds, removals and snapshots, in the order in which they were asked for. */
  readonly #order = new Gate();

  constructor(rows: Rows, threads?: number) {
    this.#rows = rows;
    this.dimension = rows.options.dimension;
    this.distance = rows.options.distance;
    this.#engine = new Engine(rows, threads);
  }

  get size(): number {
    return this.#rows.live;
  }

  /** The rows in ascending order. */
  *rows(): Generator<number> {
    for (let row = 0; row < this.#rows.reach; row++) if (this.#rows.has(row)) yield row;
  }

  async add(rows: ArrayLike<number>, vectors: Float32Array): Promise<void> {
    this.#engine.checkOpen();
    checkLength(vectors, rows.length, this.dimension);
    checkRows(rows, this.#rows.rowLimit);
    const factors = checkVectors(vectors, this.dimension, this.distance);
    await this.#alone(() => {
      this.#rows.reserve(rows);
      let added = 0;
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i]!;
        this.#rows.write(row, vectors, i, factors[i]!);
        if (this.#rows.has(row)) continue;
        this.#rows.setState(row, State.present);
        added++;
      }
      this.#rows.addLive(added);
    });
  }

  async remove(rows: ArrayLike<number>): Promise<number> {
    this.#engine.checkOpen();
    return this.#alone(() => {
      let removed = 0;
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i]!;
        if (!this.#rows.has(row)) continue;
        this.#rows.setState(row, 0, State.present);
        removed++;
      }
      this.#rows.addLive(-removed);
      return removed;
    });
  }

  /** Runs a change in its turn, while no thread searches. */
  #alone<T>(change: () => T): Promise<T> {
    return this.#order.alone(() =>
      this.#engine.quiet.alone(() => {
        this.#engine.checkOpen();
        return change();
      }),
    );
  }

  has(row: number): boolean {
    this.#engine.checkOpen();
    return this.#rows.has(row);
  }

  vector(row: number): Float32Array {
    this.#engine.checkOpen();
    return this.#rows.vector(row);
  }

  search(query: Float32Array, k: number, options: IndexSearchOptions = {}): IndexHits {
    return this.#engine.search(query, k, options, this.#plan);
  }

  async searchAsync(query: Float32Array, k: number, options: IndexSearchOptions = {}): Promise<IndexHits> {
    return this.#engine.searchAsync(query, k, options, this.#plan);
  }

  async searchBatch(
    queries: Float32Array,
    k: number,
    options: IndexSearchOptions = {},
  ): Promise<IndexHits[]> {
    return this.#engine.searchBatch(queries, k, options, this.#plan);
  }

  async compare(query: Float32Array, rows: Uint32Array): Promise<Float32Array> {
    return this.#engine.compare(query, rows);
  }

  async maxSim(query: Float32Array, groups: RowGroups): Promise<Float32Array> {
    return this.#engine.maxSim(query, groups);
  }

  readonly #plan = (_k: number, { filter }: IndexSearchOptions): SearchPlan =>
    scanPlan(Math.min(this.size, filter?.count ?? this.size));

  async settled(options: LongWork = {}): Promise<void> {
    this.#engine.checkOpen();
    options.onProgress?.({ done: this.size, total: this.size, stage: 'linking' });
  }

  async save(path: string, owner: SnapshotOwner = {}): Promise<void> {
    await this.saveAs(path, { kind: 'flat', owner });
  }

  /** {@link save} for those who build on this index. */
  async saveAs(path: string, facts: SnapshotFacts): Promise<void> {
    this.#engine.checkOpen();
    await this.#order.alone(() => {
      this.#engine.checkOpen();
      return saveSnapshot(path, this.#rows, facts);
    });
  }

  stats(): IndexStats {
    this.#engine.checkOpen();
    return {
      kind: 'flat',
      dimension: this.dimension,
      distance: this.distance,
      size: this.size,
      linked: this.size,
      vectorBytes: this.size * this.dimension * 4,
      linkBytes: 0,
      memoryBytes: this.#rows.arena.memory.buffer.byteLength,
    };
  }

  async close(): Promise<void> {
    await this.#order.alone(() => this.#engine.quiet.alone(() => this.#engine.close()));
  }
}
