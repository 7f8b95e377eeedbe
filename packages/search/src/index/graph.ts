/**
 * Keeps the graph: links waiting rows in the background, takes rows out, reconnects what was cut off.
 *
 * @module
 */
import { Area, Header, State } from '@fletch/kernels';
import type { Engine } from './engine.js';
import { Gate } from './gate.js';
import { Tail } from './tail.js';

/** Milliseconds that one batch of linking should take: removals wait that long. */
const BATCH_MS = 80;
const MAX_BATCH = 8192;
/** Keys of the frontier of a repairing walk. */
const REPAIR_FRONTIER = 16384;
/** Share of the nodes that may change before the graph is checked for unreachable ones. */
const MEND_SHARE = 0.1;
/** Bytes of vectors that may wait for their links while somebody searches, as every search scans them. */
const WAITING_BYTES = 8 * 2 ** 20;
/** Milliseconds after a search during which more are expected. */
const SEARCH_MS = 1000;

/** Rows that are no longer present, but still in the graph or the tail. */
interface Leaving {
  readonly rows: readonly number[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** The graph over the rows of an engine. */
export class Graph {
  readonly tail: Tail;
  /** Who changes nodes and their links is inside alone. */
  readonly structure = new Gate();
  readonly #engine: Engine;
  #leaving: Leaving[] = [];
  /** Nodes that walks must leave out. */
  #ignored = 0;
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

  constructor(engine: Engine) {
    this.#engine = engine;
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

  /** Links the rows of the tail and takes out those that leave, in the background, until there are none. */
  start(): void {
    if (this.#pumping || this.#isIdle) return;
    this.#pumping = this.#pump();
    this.#pumping.catch(() => undefined);
  }

  get #isIdle(): boolean {
    return this.tail.size === 0 && this.#leaving.length === 0;
  }

  async #pump(): Promise<void> {
    try {
      while (!this.#isIdle) {
        await this.structure.alone(() => this.takeOut());
        await this.structure.alone(() => this.#startBatch());
        await this.#job;
        await this.structure.alone(() => this.finishBatch());
      }
    } finally {
      this.#pumping = undefined;
    }
    if (this.#changes > Math.max(1000, this.#linked * MEND_SHARE)) await this.mend();
  }

  /** Resolves when the tail is empty and every node can be reached. */
  async settle(): Promise<void> {
    while (!this.#isIdle) {
      this.start();
      await this.#pumping;
    }
    await this.mend();
  }

  /** Waits while more rows wait for their links than searches should have to scan, and somebody searches. */
  async room(): Promise<void> {
    const most = WAITING_BYTES / (this.#engine.rows.weight * 4);
    while (this.tail.size > most && this.#engine.idleFor < SEARCH_MS) {
      this.start();
      if (!this.#pumping) return;
      let watcher: (() => void) | undefined;
      const linked = new Promise<void>((resolve) => {
        watcher = resolve;
        this.watchers.add(resolve);
      });
      await Promise.race([linked, this.#pumping.catch(() => undefined)]);
      this.watchers.delete(watcher!);
    }
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

  /** Waits for the running batch and makes its rows nodes. The caller is inside {@link structure} alone. */
  async finishBatch(): Promise<void> {
    await this.#job;
    const { length } = this.#batch;
    if (length === 0) return;
    this.#adaptBatchSize(length, this.#batchMs);
    await this.#engine.quiet.alone(() => {
      this.tail.dropFirst(length);
      this.#batch = new Uint32Array(0);
      this.#count(length);
    });
  }

  /**
   * Lets walks leave out nodes that are no longer present. They stay until the batch that is being linked is finished;
   * resolves when they are out.
   */
  leave(rows: readonly number[]): Promise<void> {
    this.#ignore(rows.length);
    const out = new Promise<void>((resolve, reject) => this.#leaving.push({ rows, resolve, reject }));
    this.start();
    return out;
  }

  /** Takes the rows out that leave. The caller is inside {@link structure} alone. */
  async takeOut(): Promise<void> {
    const leaving = this.#leaving;
    if (leaving.length === 0) return;
    this.#leaving = [];
    const rows = leaving.flatMap((one) => one.rows);
    try {
      await this.finishBatch();
      await this.#engine.quiet.alone(() => this.tail.drop(new Set(rows)));
      await this.detach(rows.filter((row) => (this.#engine.rows.state(row) & State.linked) !== 0));
      for (const { resolve } of leaving) resolve();
    } catch (error) {
      for (const { reject } of leaving) reject(error);
    } finally {
      this.#ignore(-rows.length);
    }
  }

  #ignore(change: number): void {
    this.#ignored += change;
    this.#engine.rows.setHeader(Header.leaving, this.#ignored);
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
   * Replaces vectors of rows that are present: they are found through the tail with their old ones until `write`. The
   * caller is inside {@link structure} alone.
   */
  async replace(rows: readonly number[], write: () => void): Promise<void> {
    await this.finishBatch();
    const nodes = rows.filter((row) => (this.#engine.rows.state(row) & State.linked) !== 0);
    this.#ignore(nodes.length);
    try {
      await this.#engine.quiet.alone(() => this.tail.push(nodes));
      await this.detach(nodes);
      await this.#engine.quiet.alone(write);
    } finally {
      this.#ignore(-nodes.length);
    }
  }

  /**
   * Takes nodes out of the graph. They are no longer walkable (their state says so), but still lead on until their
   * neighbours are relinked. When most nodes leave, the others are linked from scratch. The caller is inside
   * {@link structure} alone and has finished the batch.
   */
  async detach(rows: readonly number[]): Promise<void> {
    if (rows.length === 0) return;
    if (rows.length * 2 > this.#linked) return this.#engine.quiet.alone(() => this.#dissolve());
    const { rows: store, slots, quiet } = this.#engine;
    const leaving = new Area(store.arena);
    try {
      const words = new Uint32Array(Math.ceil(store.reach / 32));
      for (const row of rows) words[row >>> 5]! |= 1 << (row & 31);
      const bits = leaving.ensure(words.byteLength);
      store.arena.words.set(words, bits >>> 2);
      await this.#withList(rows, async (list, cursor) => {
        const needs = { buffer: this.#efConstruction, frontier: REPAIR_FRONTIER };
        await slots.runAll('repair', [bits, cursor], needs);
        await quiet.alone(() => store.kernels.forget(list, rows.length));
      });
      this.#count(-rows.length);
    } finally {
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
    await this.structure.alone(async () => {
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
