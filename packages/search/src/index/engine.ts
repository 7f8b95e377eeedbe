/**
 * Searching, shared by all indexes: prepares the query, calls the kernel once, reads the hits.
 *
 * @module
 */
import { availableParallelism } from 'node:os';
import { FletchError } from '@fletch/base';
import { Area, Header, MAX_THREADS } from '@fletch/kernels';
import type { Bitset } from './bitset.js';
import type { Planner } from './cost.js';
import { Crowd } from './crowd.js';
import { Gate } from './gate.js';
import { maxSimByScores } from './max-sim.js';
import type { Rows } from './rows.js';
import { Slots } from './slots.js';
import type { IndexHits, IndexSearchOptions, RowGroups } from './types.js';
import { checkInteger, checkLength, checkVectors, MAX_K } from './validate.js';

/** Up to this `k` a scan answers several queries in one pass over the rows. */
const MAX_SHARED_K = 4096;
const SHARED_QUERIES = 8;
/** Multiplications of a MaxSim that are not worth a thread: a few milliseconds. */
const MAX_INLINE = 20_000_000;
/** Walks of a batch between two chances for writes, per thread. */
const WALKS = 64;
/** Components compared in about a millisecond: what costs more has no place on the event loop. */
const HEAVY = 2_500_000;
/** Components compared in the time that handing a search to a thread takes from the event loop, about 0.05 ms. */
const LIGHT = 250_000;

/** Keys of candidates to a hit: as many as the kernels keep, where rows are kept as codes. */
const KEEP = 2;

/** Queries in the index's memory, and how they are answered. */
interface Batch {
  readonly queries: Float32Array;
  readonly factors: Float64Array;
  /** The queries from `first` on, `count` of them. */
  readonly first: number;
  readonly count: number;
  readonly k: number;
  readonly options: IndexSearchOptions;
  readonly plan: Planner;
}

/** The searching half of an index. */
export class Engine {
  readonly rows: Rows;
  readonly slots: Slots;
  /**
   * Searches in threads are inside together. Who changes what such a search must not see half-way is inside alone, and
   * never for longer than a moment.
   */
  readonly quiet = new Gate();
  readonly #filter: Area;
  readonly #out: Area;
  readonly #list: Area;
  readonly #crowd = new Crowd();
  #closed = false;
  #lastSearch = Number.NEGATIVE_INFINITY;

  /** @throws FletchError `INVALID_ARGUMENT` for a bad number of threads */
  constructor(rows: Rows, threads: number = Math.min(MAX_THREADS, availableParallelism())) {
    checkInteger('threads', threads, 1, MAX_THREADS);
    this.rows = rows;
    this.slots = new Slots(rows, threads);
    this.#filter = new Area(rows.arena);
    this.#out = new Area(rows.arena);
    this.#list = new Area(rows.arena);
  }

  /** @throws FletchError `CLOSED` after {@link close} */
  checkOpen(): void {
    if (this.#closed) throw new FletchError('CLOSED', 'The index was closed.');
  }

  /** Milliseconds since the last search began. */
  get idleFor(): number {
    return performance.now() - this.#lastSearch;
  }

  close(): void {
    this.#closed = true;
    this.slots.close();
  }

  search(query: Float32Array, k: number, options: IndexSearchOptions, planner: Planner): IndexHits {
    const factor = this.#check(query, 1)[0]!;
    const wanted = this.#wanted(k);
    if (wanted === 0) return noHits();
    const { ef, budget, probe, least } = planner(wanted, options);
    const { arena, kernels } = this.rows;
    this.slots.ensureOwn({ buffer: Math.max(wanted * KEEP, ef), frontier: budget });
    const filter = options.filter ? this.#copyFilter(options.filter, this.#filter) : 0;
    const out = this.#out.ensure(wanted * 8);
    this.rows.writeAt(kernels.queryAddress(), query, 0, factor);
    const count = kernels.search(wanted, ef, filter, budget, probe, least, out);
    return read(arena.words, arena.floats, out, wanted, count);
  }

  /** {@link search} in a thread when it is long work, or when others want to search meanwhile. */
  async searchAsync(
    query: Float32Array,
    k: number,
    options: IndexSearchOptions,
    planner: Planner,
  ): Promise<IndexHits> {
    const factors = this.#check(query, 1);
    const wanted = this.#wanted(k);
    if (wanted === 0) return noHits();
    const { cost } = planner(wanted, options);
    const components = (cost + this.rows.header(Header.tailCount)) * this.rows.weight;
    const crowded = this.#crowd.begin();
    if (components < LIGHT || (components < HEAVY && !crowded)) {
      if (this.#crowd.isLong) await this.#crowd.nextTurn();
      return this.search(query, k, options, planner);
    }
    const batch = { queries: query, factors, first: 0, count: 1, k, options, plan: planner };
    const run = () => this.quiet.together(() => this.#runBatch(batch));
    return (await this.#crowd.during(run))[0]!;
  }

  /** {@link search} for many queries, on the threads. */
  async searchBatch(
    queries: Float32Array,
    k: number,
    options: IndexSearchOptions,
    plan: Planner,
  ): Promise<IndexHits[]> {
    const total = Math.ceil(queries.length / this.rows.options.dimension);
    const factors = this.#check(queries, total);
    const scans = plan(Math.max(1, this.#wanted(k)), options).ef === 0;
    const turn = (scans ? SHARED_QUERIES : WALKS) * this.slots.threads;
    const hits: IndexHits[] = [];
    for (let first = 0; first < total; first += turn) {
      const count = Math.min(turn, total - first);
      const batch = { queries, factors, first, count, k, options, plan };
      hits.push(...(await this.quiet.together(() => this.#runBatch(batch))));
    }
    return hits;
  }

  /** Scores of rows that are present, in their order; in threads when they are many. */
  async compare(query: Float32Array, list: Uint32Array): Promise<Float32Array> {
    const factor = this.#check(query, 1)[0]!;
    const { rows, slots } = this;
    const heavy = list.length * rows.padded > HEAVY;
    if (!heavy) return this.#compareHere(query, factor, list);
    return this.quiet.together(async () => {
      this.#checkPresent(list);
      const { arena, padded } = rows;
      const area = new Area(arena);
      try {
        const at = area.ensure(padded * 4 + list.length * 8);
        const listAt = at + padded * 4;
        const out = listAt + list.length * 4;
        this.#writeQuery(at, query, 0, factor);
        arena.words.set(list, listAt >>> 2);
        const share = Math.ceil(list.length / slots.threads);
        const parts: Promise<number>[] = [];
        for (let from = 0; from < list.length; from += share) {
          const count = Math.min(share, list.length - from);
          const args = [at, listAt + from * 4, count, out + from * 4];
          parts.push(slots.runAnywhere('compare', args, { buffer: 0, frontier: 0 }));
        }
        await Promise.all(parts);
        return arena.floats.slice(out >>> 2, (out >>> 2) + list.length);
      } finally {
        area.free();
      }
    });
  }

  #compareHere(query: Float32Array, factor: number, list: Uint32Array): Float32Array {
    this.#checkPresent(list);
    const { arena, kernels } = this.rows;
    this.slots.ensureOwn({ buffer: 0, frontier: 0 });
    const listAt = this.#list.ensure(list.length * 4);
    const out = this.#out.ensure(list.length * 4);
    const at = kernels.queryAddress();
    this.rows.writeAt(at, query, 0, factor);
    arena.words.set(list, listAt >>> 2);
    kernels.compare(at, listAt, list.length, out);
    return arena.floats.slice(out >>> 2, (out >>> 2) + list.length);
  }

  #checkPresent(list: Uint32Array): void {
    for (const row of list)
      if (!this.rows.has(row))
        throw new FletchError('NOT_FOUND', `There is no row ${row}.`, { details: { row } });
  }

  /** Answers a batch in the search threads. The rows must not change meanwhile. */
  async #runBatch({ queries, factors, first, count, k, options, plan }: Batch): Promise<IndexHits[]> {
    this.checkOpen();
    const wanted = this.#wanted(k);
    if (wanted === 0) return Array.from({ length: count }, noHits);
    const { ef, budget, probe, least } = plan(wanted, options);
    const together = wanted <= MAX_SHARED_K ? SHARED_QUERIES : 1;
    const { arena, padded } = this.rows;
    const areas = Array.from({ length: 4 }, () => new Area(arena)) as [Area, Area, Area, Area];
    const [filterArea, queryArea, outArea, countArea] = areas;
    try {
      const filter = options.filter ? this.#copyFilter(options.filter, filterArea) : 0;
      const vectors = queryArea.ensure(count * padded * 4);
      const out = outArea.ensure(count * wanted * 8);
      const counts = countArea.ensure(count * 4 + 4);
      const cursor = counts + count * 4;
      arena.words[cursor >>> 2] = 0;
      for (let i = 0; i < count; i++)
        this.#writeQuery(vectors + i * padded * 4, queries, first + i, factors[first + i]!);
      const args = [vectors, count, wanted, ef, filter, budget, probe, least, together, out, counts, cursor];
      const needs = { buffer: ef === 0 ? wanted * together : Math.max(wanted * KEEP, ef), frontier: budget };
      const threads = Math.ceil(count / (ef === 0 ? together : 1));
      if (threads === 1) await this.slots.runAnywhere('searchMany', args, needs);
      else await this.slots.runSearches('searchMany', args, needs, threads);
      const { words, floats } = arena;
      return Array.from({ length: count }, (_, i) =>
        read(words, floats, out + i * wanted * 8, wanted, words[(counts >>> 2) + i]!),
      );
    } finally {
      for (const area of areas) area.free();
    }
  }

  /** Checks queries; returns what to multiply each with. */
  #check(queries: Float32Array, count: number): Float64Array {
    this.checkOpen();
    const { dimension, distance } = this.rows.options;
    checkLength(queries, count, dimension);
    this.#lastSearch = performance.now();
    return checkVectors(queries, dimension, distance);
  }

  /**
   * MaxSim of a query of several tokens with points of several rows: for each token of the query the best score
   * among the point's rows, summed (distances: squared, summed, and the root taken, under `Euclid`). Small jobs are
   * done at once, large ones on the threads.
   *
   * @param query - tokens × dimension values
   */
  async maxSim(query: Float32Array, { rows, starts }: RowGroups): Promise<Float32Array> {
    const { dimension, distance, coding } = this.rows.options;
    if (coding)
      return maxSimByScores(query, { rows, starts }, this.rows.options, (token) => this.compare(token, rows));
    const tokens = Math.ceil(query.length / dimension);
    const factors = this.#check(query, tokens);
    const count = starts.length - 1;
    if (count <= 0) return new Float32Array(0);
    const { arena, kernels, padded } = this.rows;
    const areas = Array.from({ length: 4 }, () => new Area(arena)) as [Area, Area, Area, Area];
    const [queryArea, rowArea, startArea, sumArea] = areas;
    try {
      const queries = queryArea.ensure(tokens * padded * 4);
      const list = rowArea.ensure(rows.length * 4);
      const from = startArea.ensure(starts.length * 4);
      const sums = sumArea.ensure(count * 8 + 4);
      const cursor = sums + count * 8;
      for (let i = 0; i < tokens; i++) this.#writeQuery(queries + i * padded * 4, query, i, factors[i]!);
      arena.words.set(rows, list >>> 2);
      arena.words.set(starts, from >>> 2);
      arena.words[cursor >>> 2] = 0;
      const args = [queries, tokens, list, from, count, sums, cursor] as const;
      const needs = { buffer: tokens * 2, frontier: 0 };
      if (tokens * rows.length * padded <= MAX_INLINE) {
        this.slots.ensureOwn(needs);
        kernels.maxSim(...args);
      } else {
        const threads = Math.ceil(count / 16);
        await this.quiet.together(() => this.slots.runSearches('maxSim', args, needs, threads));
      }
      const found = new Float64Array(arena.memory.buffer, sums, count);
      return Float32Array.from(found, (sum) =>
        distance === 'Euclid' ? Math.sqrt(sum) : distance === 'Manhattan' ? sum : 0 - sum,
      );
    } finally {
      for (const area of areas) area.free();
    }
  }

  /** @throws FletchError `INVALID_ARGUMENT` for a bad `k` */
  #wanted(k: number): number {
    checkInteger('k', k, 1, MAX_K);
    return Math.min(k, this.rows.live);
  }

  /** Writes a query with its padding, as memory is not always fresh. */
  #writeQuery(address: number, queries: Float32Array, position: number, factor: number): void {
    this.rows.writeAt(address, queries, position, factor);
    const start = address >>> 2;
    this.rows.arena.floats.fill(0, start + this.rows.options.dimension, start + this.rows.padded);
  }

  /** Copies the bits that rows can have; the rest of the reach is zero. */
  #copyFilter(filter: Bitset, area: Area): number {
    const length = Math.ceil(this.rows.reach / 32);
    const address = area.ensure(length * 4);
    const start = address >>> 2;
    const words =
      filter.words.length > length ? filter.words.subarray(0, length) : (filter.words as Uint32Array);
    this.rows.arena.words.set(words, start);
    this.rows.arena.words.fill(0, start + words.length, start + length);
    return address;
  }
}

function noHits(): IndexHits {
  return { rows: new Uint32Array(0), scores: new Float32Array(0) };
}

function read(
  words: Uint32Array,
  floats: Float32Array,
  out: number,
  wanted: number,
  count: number,
): IndexHits {
  const at = out >>> 2;
  const rows = new Uint32Array(count);
  const scores = new Float32Array(count);
  rows.set(words.subarray(at, at + count));
  scores.set(floats.subarray(at + wanted, at + wanted + count));
  return { rows, scores };
}
