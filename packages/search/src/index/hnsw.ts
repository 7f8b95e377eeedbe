/**
 * The graph index: hierarchical navigable small worlds (Malkov and Yashunin, arXiv 1603.09320).
 *
 * @module
 */
import { type LongWork, throwIfAborted } from '@fletch/base';
import { Header, State } from '@fletch/kernels';
import { Engine, type SearchPlan, scanPlan } from './engine.js';
import { Gate } from './gate.js';
import { Graph } from './graph.js';
import type { Rows } from './rows.js';
import { saveSnapshot } from './snapshot.js';
import type {
  Distance,
  IndexHits,
  IndexSearchOptions,
  IndexStats,
  RowGroups,
  SnapshotOwner,
  VectorIndex,
} from './types.js';
import { checkInteger, checkLength, checkRows, checkVectors } from './validate.js';

/** Candidate lists longer than this are slower than a scan. */
const MAX_EF = 8192;
/** Distances that a walk without a filter computes per entry of its candidate list, about. */
const VISITS = 16;
/** What comparing a row costs in a scan, against a walk that jumps through memory. */
const SCAN_COST = 0.7;
/** How much longer than expected a walk may take before a scan takes over, as when all matches are far away. */
const PATIENCE = 2;

/** Vectors linked to their neighbours on several levels; searches walk from coarse to fine. */
export class HnswIndex implements VectorIndex {
  readonly dimension: number;
  readonly distance: Distance;
  readonly efSearch: number;
  readonly #rows: Rows;
  readonly #engine: Engine;
  readonly #gate = new Gate();
  readonly #graph: Graph;

  constructor(rows: Rows, efSearch: number, threads?: number) {
    this.#rows = rows;
    this.dimension = rows.options.dimension;
    this.distance = rows.options.distance;
    this.efSearch = efSearch;
    this.#engine = new Engine(rows, threads);
    this.#graph = new Graph(this.#engine, this.#gate);
  }

  get size(): number {
    return this.#rows.live;
  }

  /** Goes on from the rows that a snapshot brought: counts the nodes, links the others. */
  resume(): void {
    const waiting: number[] = [];
    let linked = 0;
    for (let row = 0; row < this.#rows.reach; row++) {
      const state = this.#rows.state(row);
      if ((state & State.linked) !== 0) linked++;
      else if ((state & State.present) !== 0) waiting.push(row);
    }
    this.#graph.adopt(linked);
    this.#graph.tail.push(waiting);
    this.#graph.start();
  }

  async add(rows: ArrayLike<number>, vectors: Float32Array): Promise<void> {
    this.#engine.checkOpen();
    checkLength(vectors, rows.length, this.dimension);
    checkRows(rows, this.#rows.rowLimit);
    const factors = checkVectors(vectors, this.dimension, this.distance);
    await this.#gate.alone(() => {
      this.#engine.checkOpen();
      this.#rows.reserve(rows);
      this.#graph.tail.reserve(rows.length);
      const present = Array.from(rows).filter((row) => this.#rows.has(row));
      if (present.length === 0) return this.#write(rows, vectors, factors);
      return this.#replace(present, () => this.#write(rows, vectors, factors));
    });
    this.#graph.start();
  }

  #write(rows: ArrayLike<number>, vectors: Float32Array, factors: Float64Array): void {
    const added: number[] = [];
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      this.#rows.write(row, vectors, i, factors[i]!);
      if (!this.#rows.has(row)) added.push(row);
    }
    for (const row of added) this.#rows.setState(row, State.present);
    this.#graph.tail.push(added);
    this.#rows.addLive(added.length);
  }

  /** Takes present rows out of the graph, found through the tail with their old vectors until `write`. */
  async #replace(rows: readonly number[], write: () => void): Promise<void> {
    await this.#graph.finishBatch();
    const nodes = rows.filter((row) => (this.#rows.state(row) & State.linked) !== 0);
    this.#graph.tail.push(nodes);
    await this.#graph.detach(nodes);
    write();
  }

  async remove(rows: ArrayLike<number>): Promise<number> {
    this.#engine.checkOpen();
    const removed = await this.#gate.alone(() => {
      this.#engine.checkOpen();
      const present = [...new Set(Array.from(rows))].filter((row) => this.#rows.has(row));
      for (const row of present) this.#rows.setState(row, 0, State.present);
      this.#rows.addLive(-present.length);
      return present.length === 0 ? 0 : this.#takeOut(present);
    });
    this.#graph.start();
    return removed;
  }

  async #takeOut(rows: readonly number[]): Promise<number> {
    await this.#graph.finishBatch();
    this.#graph.tail.drop(new Set(rows));
    await this.#graph.detach(rows.filter((row) => (this.#rows.state(row) & State.linked) !== 0));
    return rows.length;
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

  async searchBatch(
    queries: Float32Array,
    k: number,
    options: IndexSearchOptions = {},
  ): Promise<IndexHits[]> {
    this.#engine.checkOpen();
    return this.#gate.together(() => this.#engine.searchBatch(queries, k, options, this.#plan));
  }

  /** Scans when that is cheaper than a walk, or the only way to be right. */
  readonly #plan = (k: number, options: IndexSearchOptions): SearchPlan => {
    if (options.ef !== undefined) checkInteger('ef', options.ef, 1, Number.MAX_SAFE_INTEGER);
    const ef = Math.max(k, options.ef ?? this.efSearch);
    const live = this.size;
    const matches = Math.min(live, options.filter?.count ?? live);
    if (options.exact || ef > MAX_EF || matches === 0) return scanPlan;
    const walkCost = (ef * VISITS * live) / matches;
    const scanCost = matches * SCAN_COST;
    if (scanCost <= walkCost) return scanPlan;
    const guided = options.filter !== undefined || this.#rows.header(Header.leaving) > 0;
    return { ef, budget: guided ? Math.ceil(PATIENCE * walkCost) : 0 };
  };

  async maxSim(query: Float32Array, groups: RowGroups): Promise<Float32Array> {
    return this.#engine.maxSim(query, groups, this.#gate);
  }

  async settled(options: LongWork = {}): Promise<void> {
    this.#engine.checkOpen();
    throwIfAborted(options.signal);
    const { watchers } = this.#graph;
    let abort: (() => void) | undefined;
    const report = () =>
      options.onProgress?.({ done: this.#graph.linked, total: this.size, stage: 'linking' });
    watchers.add(report);
    try {
      const aborted = new Promise<void>((resolve) => {
        abort = resolve;
        options.signal?.addEventListener('abort', abort, { once: true });
      });
      await Promise.race([this.#graph.settle(), aborted]);
      throwIfAborted(options.signal);
      report();
    } finally {
      watchers.delete(report);
      if (abort) options.signal?.removeEventListener('abort', abort);
    }
  }

  async save(path: string, owner: SnapshotOwner = {}): Promise<void> {
    this.#engine.checkOpen();
    await this.#gate.alone(async () => {
      this.#engine.checkOpen();
      await this.#graph.finishBatch();
      await saveSnapshot(path, this.#rows, { kind: 'hnsw', efSearch: this.efSearch, owner });
    });
  }

  stats(): IndexStats {
    this.#engine.checkOpen();
    return {
      kind: 'hnsw',
      dimension: this.dimension,
      distance: this.distance,
      size: this.size,
      linked: this.#graph.linked,
      vectorBytes: this.size * this.dimension * 4,
      linkBytes: this.#rows.linkBytes,
      memoryBytes: this.#rows.arena.memory.buffer.byteLength,
    };
  }

  async close(): Promise<void> {
    await this.#gate.alone(async () => {
      await this.#graph.finishBatch();
      this.#engine.close();
    });
  }
}
