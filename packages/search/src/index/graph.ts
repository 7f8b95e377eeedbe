/**
 * Keeps the graph: links waiting rows in the background, takes rows out, reconnects what was cut off.
 *
 * @module
 */
import { Area, Header, State } from '@fletch/kernels';
import type { Engine } from './engine.js';
import type { Gate } from './gate.js';
import { Tail } from './tail.js';

/** Milliseconds that one batch of linking should take: removals and searches of many wait that long. */
const BATCH_MS = 80;
const MAX_BATCH = 8192;
/** Keys of the frontier of a repairing walk. */
const REPAIR_FRONTIER = 16384;
/** Share of the nodes that may change before the graph is checked for unreachable ones. */
const MEND_SHARE = 0.1;

/** The graph over the rows of an engine. */
export class Graph {
  readonly tail: Tail;
  readonly #engine: Engine;
  readonly #gate: Gate;
  readonly #efConstruction: number;
  #linked = 0;
  /** Rows that threads are linking, and when they are done. */
  #batch: Uint32Array = new Uint32Array(0);
  #job: Promise<unknown> = Promise.resolve();
  #batchSize: number;
  #batchMs = 0;
  #pumping: Promise<void> | undefined;
  #changes = 0;
  /** Called with the number of linked rows whenever it changes. */
  readonly watchers = new Set<() => void>();

  constructor(engine: Engine, gate: Gate) {
    this.#engine = engine;
    this.#gate = gate;
    this.#efConstruction = engine.rows.options.efConstruction;
    this.tail = new Tail(engine.rows);
    this.#batchSize = 16 * engine.slots.threads;
  }

  /** Rows that are nodes. */
  get linked(): number {
    return this.#linked;
  }

  /** Takes over nodes that a snapshot brought. */
  adopt(linked: number): void {
    this.#linked = linked;
  }

  /** Links the rows of the tail in the background, until it is empty. */
  start(): void {
    if (this.#pumping || this.tail.size === 0) return;
    this.#pumping = this.#pump();
    this.#pumping.catch(() => undefined);
  }

  async #pump(): Promise<void> {
    try {
      while (this.tail.size > 0) {
        await this.#gate.alone(() => this.#startBatch());
        await this.#job;
        await this.#gate.alone(() => this.finishBatch());
      }
    } finally {
      this.#pumping = undefined;
    }
    if (this.#changes > Math.max(1000, this.#linked * MEND_SHARE)) await this.mend();
  }

  /** Resolves when the tail is empty and every node can be reached. */
  async settle(): Promise<void> {
    while (this.tail.size > 0) {
      this.start();
      await this.#pumping;
    }
    await this.mend();
  }

  #startBatch(): void {
    this.#engine.checkOpen();
    const rows = this.tail.first(this.#batchSize);
    if (rows.length === 0) return;
    this.#batch = rows;
    this.#job = this.#link(rows);
    this.#job.catch(() => undefined);
  }

  async #link(rows: Uint32Array): Promise<void> {
    const start = performance.now();
    const needs = { buffer: this.#efConstruction, frontier: 0 };
    await this.#withList(rows, (list, cursor) =>
      this.#engine.slots.runAll('link', [list, rows.length, cursor], needs, rows.length),
    );
    this.#batchMs = performance.now() - start;
  }

  /** Waits for the running batch and makes its rows nodes. The caller is alone. */
  async finishBatch(): Promise<void> {
    await this.#job;
    if (this.#batch.length === 0) return;
    this.#adaptBatchSize(this.#batch.length, this.#batchMs);
    this.tail.dropFirst(this.#batch.length);
    this.#count(this.#batch.length);
    this.#batch = new Uint32Array(0);
  }

  #adaptBatchSize(rows: number, milliseconds: number): void {
    if (rows < this.#batchSize && milliseconds < BATCH_MS) return;
    const ideal = Math.ceil((rows * BATCH_MS) / Math.max(milliseconds, 1));
    this.#batchSize = Math.max(1, Math.min(MAX_BATCH, ideal, this.#batchSize * 2));
  }

  #count(change: number): void {
    this.#linked += change;
    this.#changes += Math.abs(change);
    for (const watcher of this.watchers) watcher();
  }

  /**
   * Takes nodes out of the graph. They are no longer walkable (their state says so), but still lead on until their
   * neighbours are relinked. When most nodes leave, the others are linked from scratch. The caller is alone and has
   * finished the batch.
   */
  async detach(rows: readonly number[]): Promise<void> {
    if (rows.length === 0) return;
    if (rows.length * 2 > this.#linked) return this.#dissolve();
    const { rows: store, slots } = this.#engine;
    const leaving = new Area(store.arena);
    try {
      const words = new Uint32Array(Math.ceil(store.reach / 32));
      for (const row of rows) words[row >>> 5]! |= 1 << (row & 31);
      const bits = leaving.ensure(words.byteLength);
      store.arena.words.set(words, bits >>> 2);
      store.setHeader(Header.leaving, rows.length);
      await this.#withList(rows, async (list, cursor) => {
        await slots.runAll('repair', [bits, cursor], {
          buffer: this.#efConstruction,
          frontier: REPAIR_FRONTIER,
        });
        store.kernels.forget(list, rows.length);
      });
      this.#count(-rows.length);
    } finally {
      store.setHeader(Header.leaving, 0);
      leaving.free();
    }
  }

  #dissolve(): void {
    const { rows } = this.#engine;
    const nodes: number[] = [];
    for (let row = 0; row < rows.reach; row++) {
      const state = rows.state(row);
      if ((state & State.linked) !== 0 && (state & (State.present | State.tail)) === State.present)
        nodes.push(row);
    }
    this.tail.reserve(nodes.length);
    rows.kernels.forgetAll();
    this.#count(-this.#linked);
    this.tail.push(nodes);
  }

  /** Reconnects nodes that nothing leads to. */
  async mend(): Promise<void> {
    await this.#gate.alone(async () => {
      this.#engine.checkOpen();
      await this.finishBatch();
      if (this.#changes === 0) return;
      const { rows, slots } = this.#engine;
      const reached = new Area(rows.arena);
      const queue = new Area(rows.arena);
      try {
        const bytes = Math.ceil(rows.reach / 8);
        const bits = reached.ensure(bytes);
        const needs = { buffer: this.#efConstruction, frontier: REPAIR_FRONTIER };
        await slots.runAll('mend', [bits, queue.ensure(rows.reach * 4)], needs, 1);
        this.#changes = 0;
      } finally {
        reached.free();
        queue.free();
      }
    });
  }

  /** A list of rows in memory with a cursor for threads to share it. */
  async #withList<T>(
    rows: ArrayLike<number>,
    work: (list: number, cursor: number) => Promise<T>,
  ): Promise<T> {
    const { arena } = this.#engine.rows;
    const area = new Area(arena);
    try {
      const cursor = area.ensure(rows.length * 4 + 4);
      arena.words[cursor >>> 2] = 0;
      arena.words.set(rows, (cursor >>> 2) + 1);
      return await work(cursor + 4, cursor);
    } finally {
      area.free();
    }
  }
}
