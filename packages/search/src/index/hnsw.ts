/**
 * The graph index: hierarchical navigable small worlds (Malkov and Yashunin, arXiv 1603.09320).
 *
 * @module
 */
import { type LongWork, throwIfAborted } from '@fletch/base';
import { Header, State } from '@fletch/kernels';
import { planSearch, type SearchPlan } from './cost.js';
import { Engine } from './engine.js';
import { Gate } from './gate.js';
import { Graph } from './graph.js';
import type { Rows } from './rows.js';
import { type SnapshotFacts, saveSnapshot } from './snapshot.js';
import { type StagedBatch, stage } from './stage.js';
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

/** Vectors linked to their neighbours on several levels; searches walk from coarse to fine. */
export class HnswIndex implements VectorIndex {
  readonly dimension: number;
  readonly distance: Distance;
  readonly efSearch: number;
  readonly #rows: Rows;
  readonly #engine: Engine;
  /** Adds, removals and snapshots, in the order in which they were asked for. */
  readonly #order = new Gate();
  readonly #graph: Graph;

  constructor(rows: Rows, efSearch: number, threads?: number) {
    this.#rows = rows;
    this.dimension = rows.options.dimension;
    this.distance = rows.options.distance;
    this.efSearch = efSearch;
    this.#engine = new Engine(rows, threads);
    this.#graph = new Graph(this.#engine);
  }

  get size(): number {
    return this.#rows.live;
  }

  /** Where the rows are. */
  get rows(): Rows {
    return this.#rows;
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
    await this.#order.alone(async () => {
      await this.#graph.room();
      this.#engine.checkOpen();
      const { quiet } = this.#engine;
      if (Array.from(rows).some((row) => this.#isLeaving(row))) await this.#finishLeaving();
      await quiet.alone(() => {
        this.#rows.reserve(rows);
        this.#graph.tail.reserve(rows.length);
      });
      for await (const batch of stage(this.#engine, rows, vectors, factors)) await this.#take(batch);
    });
    this.#graph.start();
  }

  async #take({ rows, write }: StagedBatch): Promise<void> {
    const present = rows.filter((row) => this.#rows.has(row));
    const writeAll = () => this.#write(rows, write);
    if (present.length === 0) await this.#engine.quiet.alone(writeAll);
    else await this.#graph.structure.alone(() => this.#graph.replace(present, writeAll));
  }

  /** Whether a row was removed but is still a node, or in the tail. */
  #isLeaving(row: number): boolean {
    const state = row < this.#rows.reach ? this.#rows.state(row) : 0;
    return (state & State.present) === 0 && (state & (State.linked | State.tail)) !== 0;
  }

  #finishLeaving(): Promise<void> {
    return this.#graph.structure.alone(() => this.#graph.takeOut());
  }

  #write(rows: readonly number[], write: StagedBatch['write']): void {
    const added: number[] = [];
    rows.forEach((row, i) => {
      write(i);
      if (!this.#rows.has(row)) added.push(row);
    });
    for (const row of added) this.#rows.setState(row, State.present);
    this.#graph.tail.push(added);
    this.#rows.addLive(added.length);
  }

  async remove(rows: ArrayLike<number>): Promise<number> {
    this.#engine.checkOpen();
    const present = await this.#order.alone(() => {
      this.#engine.checkOpen();
      const found = [...new Set(Array.from(rows))].filter((row) => this.#rows.has(row));
      for (const row of found) this.#rows.setState(row, 0, State.present);
      this.#rows.addLive(-found.length);
      return { found, out: found.length > 0 ? this.#graph.leave(found) : undefined };
    });
    await present.out;
    return present.found.length;
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

  readonly #plan = (k: number, options: IndexSearchOptions): SearchPlan => {
    if (options.ef !== undefined) checkInteger('ef', options.ef, 1, Number.MAX_SAFE_INTEGER);
    const guided = this.#rows.header(Header.leaving) > 0;
    const coded = this.#rows.options.coding !== undefined;
    return planSearch(k, options, { efSearch: this.efSearch, live: this.size, guided, coded });
  };

  async maxSim(query: Float32Array, groups: RowGroups): Promise<Float32Array> {
    return this.#engine.maxSim(query, groups);
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
    await this.saveAs(path, { kind: 'hnsw', efSearch: this.efSearch, owner });
  }

  /** {@link save} for those who build on this index. */
  async saveAs(path: string, facts: SnapshotFacts): Promise<void> {
    this.#engine.checkOpen();
    await this.#order.alone(() =>
      this.#graph.structure.alone(async () => {
        this.#engine.checkOpen();
        await this.#graph.finishBatch();
        await this.#graph.takeOut();
        await saveSnapshot(path, this.#rows, facts);
      }),
    );
  }

  stats(): IndexStats {
    this.#engine.checkOpen();
    return {
      kind: 'hnsw',
      dimension: this.dimension,
      distance: this.distance,
      size: this.size,
      linked: this.#graph.linked,
      vectorBytes: this.size * (this.#rows.options.coding ? this.#rows.codeBytes : this.dimension * 4),
      linkBytes: this.#rows.linkBytes,
      memoryBytes: this.#rows.arena.memory.buffer.byteLength,
    };
  }

  async close(): Promise<void> {
    await this.#order.alone(() =>
      this.#graph.structure.alone(async () => {
        await this.#graph.finishBatch();
        await this.#graph.takeOut();
        await this.#engine.quiet.alone(() => this.#engine.close());
      }),
    );
  }
}
