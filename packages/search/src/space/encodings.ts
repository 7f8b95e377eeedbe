/**
 * Fixed dimensional encodings of a space's points, so that MaxSim is searched through one vector to a point.
 *
 * They are made once there are enough points that it pays, from the token vectors that are stored: the same points and
 * parameters give the same encodings, and what is lost is made again.
 *
 * @module
 */
import { setImmediate } from 'node:timers/promises';
import { isFletchError, type LongWork } from '@fletch/base';
import { Matrix } from '@fletch/linalg';
import type { IndexSearchOptions, SnapshotOwner, VectorIndex } from '../index/types.js';
import { FDE } from '../muvera/fde.js';
import { type FdeOptions, type FdeParameters, readFdeOptions } from '../muvera/parameters.js';
import type { MultiSpec } from './spec.js';
import type { TokenRows } from './token-rows.js';

/** Points from which on they are searched through encodings; fewer are all compared. */
export const ENCODED_FROM = 2048;
/** Tokens that are encoded at a time, which keeps the event loop for some milliseconds. */
const CHUNK = 512;
/** Points whose tokens make the mean. */
const SAMPLE = 2048;

/** How points are encoded. Empty cells stay empty: without their mean, tokens are not alike. */
const MAP: Omit<FdeOptions, 'dim'> = {
  repetitions: 20,
  simhash: 4,
  fillEmpty: false,
  seed: 1,
};

/** Makes an empty index of encodings, compared by dot product. */
export type EncodingIndexMaker = (dimension: number) => Promise<VectorIndex>;

/** Reads an index that was saved. */
export type IndexLoader = (path: string) => Promise<{ index: VectorIndex; owner: SnapshotOwner }>;

/** Encodings that are there: a map and the index of what it made, by the points' rows. */
interface Made {
  readonly fde: FDE;
  readonly index: VectorIndex;
}

/** The encodings of one space. */
export class Encodings {
  readonly #tokens: TokenRows;
  readonly #vectors: VectorIndex;
  readonly #make: EncodingIndexMaker;
  #made: Made | undefined;

  /**
   * @param tokens - which rows of `vectors` are whose tokens
   * @param vectors - the token vectors
   */
  constructor(tokens: TokenRows, vectors: VectorIndex, make: EncodingIndexMaker) {
    this.#tokens = tokens;
    this.#vectors = vectors;
    this.#make = make;
  }

  /** Whether points of such a space are encoded; others are searched through a graph of their tokens. */
  static wanted({ hnsw, params }: Pick<MultiSpec, 'hnsw' | 'params'>): boolean {
    return params?.multivector_config?.encodings === true && hnsw.m > 0;
  }

  /** Whether points can be searched through them. */
  get ready(): boolean {
    return this.#made !== undefined;
  }

  /** How points are encoded; absent until they are. */
  get parameters(): FdeParameters | undefined {
    return this.#made?.fde.parameters;
  }

  /** Encodes points that the space has just taken; all of them when there are enough for the first time. */
  async add(points: readonly number[]): Promise<void> {
    if (this.#made) return this.#encode(this.#made, points);
    if (this.#tokens.size < ENCODED_FROM) return;
    const fde = new FDE({ ...MAP, dim: this.#vectors.dimension, mean: this.#mean() });
    const made = { fde, index: await this.#make(fde.dim) };
    try {
      await this.#encode(made, [...this.#tokens.points()]);
    } catch (error) {
      await made.index.close();
      throw error;
    }
    this.#made = made;
  }

  async remove(points: readonly number[]): Promise<void> {
    await this.#made?.index.remove(points);
  }

  /** The points whose encodings have the largest dot product with the query's. */
  async nearest(query: Float32Array, count: number, options: IndexSearchOptions): Promise<Uint32Array> {
    const { fde, index } = this.#made!;
    const { dim } = fde.parameters;
    const code = fde.query(new Matrix(query, query.length / dim, dim));
    return (await index.searchAsync(code, count, options)).rows;
  }

  /** Points that are linked in the graph of encodings; all while there is none. */
  get linked(): number {
    return this.#made ? this.#made.index.stats().linked : this.#tokens.size;
  }

  get memoryBytes(): number {
    return this.#made ? this.#made.index.stats().memoryBytes : 0;
  }

  async settled(options?: LongWork): Promise<void> {
    await this.#made?.index.settled(options);
  }

  /** Writes them beside the snapshot of the tokens; returns whether there are any. */
  async save(path: string, owner: SnapshotOwner): Promise<boolean> {
    if (!this.#made) return false;
    const { fde, index } = this.#made;
    await index.save(path, { ...owner, encoding: JSON.stringify(fde.parameters) });
    return true;
  }

  /**
   * Takes up those that {@link save} wrote, when they are of the tokens' snapshot; otherwise points are encoded again.
   *
   * @param owner - that of the tokens' snapshot
   * @throws FletchError `OUT_OF_MEMORY`
   */
  async open(path: string, owner: SnapshotOwner, load: IndexLoader): Promise<void> {
    try {
      const loaded = await load(path);
      const made = this.#madeOf(loaded, owner);
      if (made) {
        this.#made = made;
        return;
      }
      await loaded.index.close();
    } catch (error) {
      // Nothing is lost with them: they follow from the tokens.
      if (isFletchError(error, 'OUT_OF_MEMORY')) throw error;
    }
    await this.add([]);
  }

  #madeOf(
    { index, owner: { encoding, ...found } }: { index: VectorIndex; owner: SnapshotOwner },
    owner: SnapshotOwner,
  ): Made | undefined {
    const same = ['collection', 'vector', 'version'].every((fact) => found[fact] === owner[fact]);
    if (!same || index.size !== this.#tokens.size || index.distance !== 'Dot') return undefined;
    for (const point of this.#tokens.points()) if (!index.has(point)) return undefined;
    const fde = new FDE(readFdeOptions(JSON.parse(String(encoding)) as FdeOptions));
    const fits = fde.dim === index.dimension && fde.parameters.dim === this.#vectors.dimension;
    return fits ? { fde, index } : undefined;
  }

  async close(): Promise<void> {
    await this.#made?.index.close();
  }

  async #encode({ fde, index }: Made, points: readonly number[]): Promise<void> {
    const done: number[] = [];
    try {
      for (let first = 0; first < points.length; ) {
        let end = first;
        let count = 0;
        while (end < points.length && (end === first || count + this.#count(points[end]!) <= CHUNK))
          count += this.#count(points[end++]!);
        const some = points.slice(first, end);
        await index.add(some, fde.documents(some.map((point) => this.#set(point))).data);
        done.push(...some);
        first = end;
        if (first < points.length) await setImmediate();
      }
    } catch (error) {
      await index.remove(done);
      throw error;
    }
  }

  #count(point: number): number {
    return this.#tokens.tokens(point)!.length;
  }

  /** A point's tokens as they are compared: of unit length under `Cosine`. */
  #set(point: number): Matrix<Float32Array> {
    const rows = this.#tokens.tokens(point)!;
    const { dimension } = this.#vectors;
    const set = new Matrix(new Float32Array(rows.length * dimension), rows.length, dimension);
    rows.forEach((row, i) => {
      set.data.set(this.#vectors.vector(row), i * dimension);
    });
    return set;
  }

  /** The mean of the tokens of some points, evenly spread. */
  #mean(): Float64Array {
    const points = [...this.#tokens.points()];
    const step = Math.max(1, Math.floor(points.length / SAMPLE));
    const sum = new Float64Array(this.#vectors.dimension);
    let count = 0;
    for (let i = 0; i < points.length; i += step) {
      const { data, rows, cols } = this.#set(points[i]!);
      for (let j = 0; j < data.length; j++) sum[j % cols]! += data[j]!;
      count += rows;
    }
    return sum.map((value) => value / count);
  }
}
