/**
 * Searching, shared by all indexes: prepares the query, calls the kernel once, reads the hits.
 *
 * @module
 */
import { availableParallelism } from 'node:os';
import { FletchError } from '@fletch/base';
import { Area, MAX_THREADS } from '@fletch/kernels';
import type { Bitset } from './bitset.js';
import type { Gate } from './gate.js';
import type { Rows } from './rows.js';
import { Slots } from './slots.js';
import type { IndexHits, IndexSearchOptions, RowGroups } from './types.js';
import { checkInteger, checkLength, checkVectors, MAX_K } from './validate.js';

/** How a search is carried out: `ef` 0 scans; `budget` bounds the distances of a filtered walk. */
export interface SearchPlan {
  readonly ef: number;
  readonly budget: number;
}

export const scanPlan: SearchPlan = { ef: 0, budget: 0 };

/** Chooses the plan for `k` hits. */
export type Planner = (k: number, options: IndexSearchOptions) => SearchPlan;

/** Up to this `k` a scan answers several queries in one pass over the rows. */
const MAX_SHARED_K = 4096;
const SHARED_QUERIES = 8;
/** Multiplications of a MaxSim that are not worth a thread: a few milliseconds. */
const MAX_INLINE = 20_000_000;

/** The searching half of an index. */
export class Engine {
  readonly rows: Rows;
  readonly slots: Slots;
  readonly #filter: Area;
  readonly #out: Area;
  #closed = false;

  /** @throws FletchError `INVALID_ARGUMENT` for a bad number of threads */
  constructor(rows: Rows, threads: number = Math.min(MAX_THREADS, availableParallelism())) {
    checkInteger('threads', threads, 1, MAX_THREADS);
    this.rows = rows;
    this.slots = new Slots(rows, threads);
    this.#filter = new Area(rows.arena);
    this.#out = new Area(rows.arena);
  }

  /** @throws FletchError `CLOSED` after {@link close} */
  checkOpen(): void {
    if (this.#closed) throw new FletchError('CLOSED', 'The index was closed.');
  }

  close(): void {
    this.#closed = true;
    this.slots.close();
  }

  search(query: Float32Array, k: number, options: IndexSearchOptions, plan: Planner): IndexHits {
    this.checkOpen();
    const { dimension, distance } = this.rows.options;
    checkLength(query, 1, dimension);
    const factor = checkVectors(query, dimension, distance)[0]!;
    const wanted = this.#wanted(k);
    if (wanted === 0) return { rows: new Uint32Array(0), scores: new Float32Array(0) };
    const { ef, budget } = plan(wanted, options);
    const { arena, kernels } = this.rows;
    this.slots.ensureOwn({ buffer: Math.max(wanted, ef), frontier: budget });
    const filter = options.filter ? this.#copyFilter(options.filter, this.#filter) : 0;
    const out = this.#out.ensure(wanted * 8);
    this.rows.writeAt(kernels.queryAddress(), query, 0, factor);
    const count = kernels.search(wanted, ef, filter, budget, out);
    return read(arena.words, arena.floats, out, wanted, count);
  }

  /** {@link search} for many queries, on the threads. The rows must not change meanwhile. */
  async searchBatch(
    queries: Float32Array,
    k: number,
    options: IndexSearchOptions,
    plan: Planner,
  ): Promise<IndexHits[]> {
    this.checkOpen();
    const { dimension, distance } = this.rows.options;
    const total = Math.ceil(queries.length / dimension);
    checkLength(queries, total, dimension);
    const factors = checkVectors(queries, dimension, distance);
    const wanted = this.#wanted(k);
    if (wanted === 0 || total === 0)
      return Array.from({ length: total }, () => ({ rows: new Uint32Array(0), scores: new Float32Array(0) }));
    const { ef, budget } = plan(wanted, options);
    const together = wanted <= MAX_SHARED_K ? SHARED_QUERIES : 1;
    const { arena, padded } = this.rows;
    const areas = Array.from({ length: 4 }, () => new Area(arena)) as [Area, Area, Area, Area];
    const [filterArea, queryArea, outArea, countArea] = areas;
    try {
      const filter = options.filter ? this.#copyFilter(options.filter, filterArea) : 0;
      const vectors = queryArea.ensure(total * padded * 4);
      const out = outArea.ensure(total * wanted * 8);
      const counts = countArea.ensure(total * 4 + 4);
      const cursor = counts + total * 4;
      arena.words[cursor >>> 2] = 0;
      for (let i = 0; i < total; i++) {
        const at = vectors + i * padded * 4;
        this.rows.writeAt(at, queries, i, factors[i]!);
        arena.floats.fill(0, (at >>> 2) + dimension, (at >>> 2) + padded);
      }
      await this.slots.runAll(
        'searchMany',
        [vectors, total, wanted, ef, filter, budget, together, out, counts, cursor],
        { buffer: ef === 0 ? wanted * together : Math.max(wanted, ef), frontier: budget },
        Math.ceil(total / (ef === 0 ? together : 1)),
      );
      const { words, floats } = arena;
      return Array.from({ length: total }, (_, i) =>
        read(words, floats, out + i * wanted * 8, wanted, words[(counts >>> 2) + i]!),
      );
    } finally {
      for (const area of areas) area.free();
    }
  }

  /**
   * MaxSim of a query of several tokens with points of several rows: for each token of the query the best score
   * among the point's rows, summed (distances: squared, summed, and the root taken, under `Euclid`). Small jobs are
   * done at once, large ones on the threads, together with others in `gate`.
   *
   * @param query - tokens × dimension values
   */
  async maxSim(query: Float32Array, { rows, starts }: RowGroups, gate: Gate): Promise<Float32Array> {
    this.checkOpen();
    const { dimension, distance } = this.rows.options;
    const tokens = Math.ceil(query.length / dimension);
    checkLength(query, tokens, dimension);
    const factors = checkVectors(query, dimension, distance);
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
      for (let i = 0; i < tokens; i++) {
        const at = queries + i * padded * 4;
        this.rows.writeAt(at, query, i, factors[i]!);
        arena.floats.fill(0, (at >>> 2) + dimension, (at >>> 2) + padded);
      }
      arena.words.set(rows, list >>> 2);
      arena.words.set(starts, from >>> 2);
      arena.words[cursor >>> 2] = 0;
      const args = [queries, tokens, list, from, count, sums, cursor] as const;
      const needs = { buffer: tokens * 2, frontier: 0 };
      if (tokens * rows.length * padded <= MAX_INLINE) {
        this.slots.ensureOwn(needs);
        kernels.maxSim(...args);
      } else await gate.together(() => this.slots.runAll('maxSim', args, needs, Math.ceil(count / 16)));
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
