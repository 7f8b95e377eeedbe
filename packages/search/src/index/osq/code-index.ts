/**
 * An index whose rows are codes of a codebook that stays.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { Matrix } from '@fletch/linalg';
import { Gate } from '../gate.js';
import { maxSimByScores } from '../max-sim.js';
import type { Distance, IndexHits, IndexSearchOptions, RowGroups } from '../types.js';
import { checkInteger, checkLength, checkRows, checkVectors, MAX_K } from '../validate.js';
import { type CodeRows, ROW_LIMIT } from './code-rows.js';
import { type CodeQuery, compareCodes, searchCodes } from './search.js';
import type { OsqSettings } from './settings.js';

/** Rows that are coded in one turn of the event loop. */
const BATCH = 256;
/** Milliseconds after which others have a turn. */
const PATIENCE_MS = 1;

/** Codes that are searched, and change. */
export class CodeIndex {
  readonly codes: CodeRows;
  readonly distance: Distance;
  readonly dimension: number;
  readonly #settings: OsqSettings;
  /** Searches that take turns are inside together, who changes codes alone. */
  readonly #quiet = new Gate();
  #closed = false;

  constructor(codes: CodeRows, settings: OsqSettings) {
    this.codes = codes;
    this.distance = codes.distance;
    this.dimension = codes.dimension;
    this.#settings = settings;
  }

  get size(): number {
    return this.codes.size;
  }

  rows(): Iterable<number> {
    return this.codes.rows();
  }

  /** Returns the share of its squared length that each row lost. */
  async add(rows: ArrayLike<number>, vectors: Float32Array): Promise<number[]> {
    this.checkOpen();
    checkLength(vectors, rows.length, this.dimension);
    checkRows(rows, ROW_LIMIT);
    const factors = checkVectors(vectors, this.dimension, this.distance);
    const names = Array.from(rows);
    const lost: number[] = [];
    for (let from = 0; from < names.length; from += BATCH) {
      if (from > 0) await new Promise(setImmediate);
      const part = names.slice(from, from + BATCH);
      const x = new Matrix(new Float32Array(part.length * this.dimension), part.length, this.dimension);
      for (let i = 0; i < x.data.length; i++)
        x.data[i] = vectors[from * this.dimension + i]! * factors[from + Math.floor(i / this.dimension)]!;
      await this.#quiet.alone(() => {
        lost.push(...this.codes.put(part, x));
      });
    }
    return lost;
  }

  async remove(rows: ArrayLike<number>): Promise<number> {
    this.checkOpen();
    return this.#quiet.alone(() => {
      let removed = 0;
      for (let i = 0; i < rows.length; i++) if (this.codes.take(rows[i]!)) removed++;
      return removed;
    });
  }

  has(row: number): boolean {
    this.checkOpen();
    return this.codes.has(row);
  }

  vector(row: number): Float32Array {
    this.checkOpen();
    const vector = this.codes.decode(row);
    if (this.distance !== 'Cosine') return vector;
    const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    return length > 0 ? vector.map((value) => value / length) : vector;
  }

  search(query: Float32Array, k: number, options: IndexSearchOptions = {}): IndexHits {
    const turns = this.#begin(query, k, options, options.exact ? 'score' : 'distance');
    for (;;) {
      const { done, value } = turns.next();
      if (done) return value;
    }
  }

  searchAsync(query: Float32Array, k: number, options: IndexSearchOptions = {}): Promise<IndexHits> {
    return this.#inTurns(query, k, options, options.exact ? 'score' : 'distance');
  }

  /** See `VectorIndex.bounds`. */
  bounds(
    query: Float32Array,
    k: number,
    options: Pick<IndexSearchOptions, 'filter'> = {},
  ): Promise<IndexHits> {
    return this.#inTurns(query, k, options, 'bound');
  }

  /** Lets others have a turn whenever a search took long. */
  #inTurns(
    query: Float32Array,
    k: number,
    options: IndexSearchOptions,
    by: CodeQuery['by'],
  ): Promise<IndexHits> {
    return this.#quiet.together(async () => {
      const turns = this.#begin(query, k, options, by);
      for (let start = performance.now(); ; ) {
        const { done, value } = turns.next();
        if (done) return value;
        if (performance.now() - start < PATIENCE_MS) continue;
        await new Promise(setImmediate);
        start = performance.now();
      }
    });
  }

  #begin(
    query: Float32Array,
    k: number,
    { filter, ef }: IndexSearchOptions,
    by: CodeQuery['by'],
  ): Generator<void, IndexHits> {
    this.checkOpen();
    checkLength(query, 1, this.dimension);
    checkInteger('k', k, 1, MAX_K);
    if (ef !== undefined) checkInteger('ef', ef, 1, Number.MAX_SAFE_INTEGER);
    const factor = checkVectors(query, this.dimension, this.distance)[0]!;
    const asked = {
      query: factor === 1 ? query : query.map((value) => value * factor),
      k: Math.min(k, this.size),
      ...{ filter, percent: this.#settings.hammingPercent, by },
    };
    return searchCodes(this.codes, asked);
  }

  async searchBatch(queries: Float32Array, k: number, options?: IndexSearchOptions): Promise<IndexHits[]> {
    this.checkOpen();
    const count = Math.ceil(queries.length / this.dimension);
    checkLength(queries, count, this.dimension);
    const hits: IndexHits[] = [];
    for (let i = 0; i < count; i++)
      hits.push(
        await this.searchAsync(queries.subarray(i * this.dimension, (i + 1) * this.dimension), k, options),
      );
    return hits;
  }

  async compare(query: Float32Array, rows: Uint32Array): Promise<Float32Array> {
    this.checkOpen();
    checkLength(query, 1, this.dimension);
    const factor = checkVectors(query, this.dimension, this.distance)[0]!;
    return compareCodes(
      this.codes,
      query.map((value) => value * factor),
      rows,
    );
  }

  maxSim(query: Float32Array, groups: RowGroups): Promise<Float32Array> {
    return maxSimByScores(query, groups, this, (token) => this.compare(token, groups.rows));
  }

  /** @throws FletchError `CLOSED` after {@link close} */
  checkOpen(): void {
    if (this.#closed) throw new FletchError('CLOSED', 'The index was closed.');
  }

  async close(): Promise<void> {
    await this.#quiet.alone(() => {
      this.#closed = true;
    });
  }
}
