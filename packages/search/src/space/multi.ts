/**
 * A space of several vectors to a point, compared by MaxSim: every token of the query takes the best score among
 * the point's tokens, and these are summed (Khattab and Zaharia, arXiv 2004.12832).
 *
 * The tokens are rows of one index. A search looks up each token of the query there, estimates from these hits
 * what each point's score may be, and compares the most promising points in full. Where encodings are wanted (MUVERA), it
 * compares the points with the most promising encodings instead, and tokens are not linked.
 *
 * @module
 */
import { rm } from 'node:fs/promises';
import { FletchError, type LongWork } from '@fletch/base';
import type { Bitset } from '../index/bitset.js';
import { type IndexHits, largerIsBetter, type SnapshotOwner, type VectorIndex } from '../index/types.js';
import type { VectorOutput } from '../types/index.js';
import { type EncodingIndexMaker, Encodings, type IndexLoader } from './encodings.js';
import { Lengths } from './lengths.js';
import { readMulti } from './read.js';
import type { MultiSpec } from './spec.js';
import { TokenRows } from './token-rows.js';
import { bestHits } from './top.js';
import type { MultiValue, NearestOptions, SpaceStats, StoredSpace, VectorValue } from './types.js';

/** Hits of each token of a query, unless `ef` says otherwise; per hit that is wanted, at least so many. */
const TOKEN_HITS = 256;
const HITS_PER_RESULT = 4;
/** Points that are compared in full, beside as many for each that is wanted; more when that costs no more than walks. */
const COMPARED = 192;
const COMPARED_PER_RESULT = 8;
/** The same of points that encodings found. */
const ENCODED = 256;
const ENCODED_PER_RESULT = 32;
/** With more points the best of them come later among the candidates: at least so many times the root of their number. */
const ENCODED_PER_ROOT = 12;
/** Candidates of a walk through encodings for each that is compared. */
const ENCODED_EF = 1.5;
/** How many times as many points there must be that looking for candidates pays. */
const ENCODED_SHARE = 2;
/** Distances that a walk through the index computes per hit, and what each costs against one in a scan. */
const VISITS = 16;
const WALK_COST = 1.5;

/** Where the encodings are kept that belong to a snapshot. */
export function encodingsPath(snapshot: string): string {
  return snapshot.replace(/\.snapshot$/, '-encodings.snapshot');
}

export class MultiSpace implements StoredSpace {
  readonly index: VectorIndex;
  readonly #spec: MultiSpec;
  readonly #tokens: TokenRows;
  readonly #lengths: Lengths | undefined;
  readonly #encodings: Encodings | undefined;

  /**
   * @param encode - makes the index of encodings; without it tokens are looked up one by one
   * @param tokens - what the index holds already
   */
  constructor(spec: MultiSpec, index: VectorIndex, encode?: EncodingIndexMaker, tokens = new TokenRows()) {
    this.#spec = spec;
    this.index = index;
    this.#tokens = tokens;
    this.#lengths = Lengths.for(spec);
    this.#encodings = encode && new Encodings(tokens, index, encode);
  }

  /**
   * A space over an index that {@link save} wrote; undefined when it does not hold what its owner says.
   *
   * @param files - `path`: where it was saved; `load`: reads an index
   * @throws FletchError `OUT_OF_MEMORY`
   */
  static async adopt(
    spec: MultiSpec,
    index: VectorIndex,
    owner: SnapshotOwner,
    files: { readonly path: string; readonly load: IndexLoader; readonly encode?: EncodingIndexMaker },
  ): Promise<MultiSpace | undefined> {
    const tokens = TokenRows.read(String(owner.tokens ?? ''));
    if (tokens.count !== index.size) return undefined;
    for (const point of tokens.points())
      for (const row of tokens.tokens(point)!) if (!index.has(row)) return undefined;
    const space = new MultiSpace(spec, index, files.encode, tokens);
    await space.#encodings?.open(encodingsPath(files.path), owner, files.load);
    return space;
  }

  get name(): string {
    return this.#spec.name;
  }

  get distance(): MultiSpec['distance'] {
    return this.#spec.distance;
  }

  get size(): number {
    return this.#tokens.size;
  }

  has(row: number): boolean {
    return this.#tokens.has(row);
  }

  vector(row: number): MultiValue {
    const rows = this.#tokens.tokens(row);
    if (!rows) throw new FletchError('NOT_FOUND', `There is no row ${row}.`, { details: { row } });
    const { dimension } = this.#spec;
    const values = new Float32Array(rows.length * dimension);
    rows.forEach((token, i) => {
      const vector = this.index.vector(token);
      this.#lengths?.restore(token, vector);
      values.set(vector, i * dimension);
    });
    return { tokens: rows.length, values };
  }

  readQuery(input: unknown, at: string): MultiValue {
    return readMulti(input, this.#spec, at);
  }

  async nearest(query: VectorValue, k: number, options: NearestOptions = {}): Promise<IndexHits> {
    const value = query as MultiValue;
    const { filter, ef, exact } = options;
    const wanted = Math.min(k, this.size);
    const rows = exact ? undefined : await this.#candidates(value, wanted, filter, ef);
    if (rows && rows.length >= Math.min(wanted, filter?.count ?? wanted)) return this.#best(value, rows, k);
    return this.#best(value, this.#all(filter), k);
  }

  /** Points among which the best are, if it pays to look for such. */
  async #candidates(
    value: MultiValue,
    wanted: number,
    filter: Bitset | undefined,
    ef: number | undefined,
  ): Promise<number[] | undefined> {
    if (this.#encodings) return this.#encoded(value, wanted, filter, ef);
    const hits = Math.max(ef ?? TOKEN_HITS, wanted * HITS_PER_RESULT);
    const compared = Math.max(
      COMPARED + wanted * COMPARED_PER_RESULT,
      (hits * VISITS * WALK_COST) / this.#each,
    );
    if (!this.#walkPays(value, hits, compared, filter)) return undefined;
    return this.#promising(value, hits, compared, filter);
  }

  /** The points that look best by their encodings. */
  async #encoded(
    { values }: MultiValue,
    wanted: number,
    filter: Bitset | undefined,
    ef: number | undefined,
  ): Promise<number[] | undefined> {
    const byDefault = Math.max(
      ENCODED + wanted * ENCODED_PER_RESULT,
      Math.ceil(ENCODED_PER_ROOT * Math.sqrt(this.size)),
    );
    const compared = Math.max(ef ?? byDefault, wanted);
    const matching = Math.min(this.size, filter?.count ?? this.size);
    if (!this.#encodings!.ready || matching < compared * ENCODED_SHARE) return undefined;
    const found = await this.#encodings!.nearest(values, compared, {
      ef: Math.ceil(compared * ENCODED_EF),
      ...(filter && { filter }),
    });
    // Without a filter a point may have been removed meanwhile.
    return Array.from(found).filter((row) => this.#tokens.has(row));
  }

  async compare(query: VectorValue, rows: Uint32Array): Promise<Float32Array> {
    return this.index.maxSim((query as MultiValue).values, this.#tokens.groups(rows));
  }

  output(vector: VectorValue): VectorOutput {
    const { tokens, values } = vector as MultiValue;
    const { dimension } = this.#spec;
    return Array.from({ length: tokens }, (_, i) =>
      Array.from(values.subarray(i * dimension, (i + 1) * dimension)),
    );
  }

  async add(rows: readonly number[], values: readonly VectorValue[]): Promise<void> {
    const { dimension } = this.#spec;
    const multi = values as readonly MultiValue[];
    const count = multi.reduce((sum, { tokens }) => sum + tokens, 0);
    const vectors = new Float32Array(count * dimension);
    const tokenRows = new Uint32Array(count);
    let at = 0;
    const placed = multi.map(({ tokens, values: components }) => {
      const own = this.#tokens.allocate(tokens);
      vectors.set(components, at * dimension);
      tokenRows.set(own, at);
      at += tokens;
      return own;
    });
    try {
      await this.index.add(tokenRows, vectors);
    } catch (error) {
      this.#tokens.release(tokenRows);
      throw error;
    }
    rows.forEach((row, i) => {
      this.#tokens.place(row, placed[i]!);
      this.know(row, multi[i]!);
    });
    try {
      await this.#encodings?.add(rows);
    } catch (error) {
      await this.remove(rows);
      throw error;
    }
  }

  /** Takes note of a row that the index has already. */
  know(row: number, { values }: MultiValue): void {
    if (!this.#lengths) return;
    const { dimension } = this.#spec;
    this.#tokens.tokens(row)!.forEach((token, i) => {
      this.#lengths!.set(token, values.subarray(i * dimension, (i + 1) * dimension));
    });
  }

  async remove(rows: readonly number[]): Promise<void> {
    const tokens = rows.flatMap((row) => Array.from(this.#tokens.tokens(row) ?? []));
    await this.#encodings?.remove(rows);
    // Their rows may be taken again only once the index is rid of them.
    if (tokens.length > 0) await this.index.remove(tokens);
    for (const row of rows) this.#tokens.remove(row);
  }

  stats(): SpaceStats {
    const { size, linked, memoryBytes } = this.index.stats();
    const points = this.size;
    if (this.#encodings)
      return {
        size: points,
        linked: this.#encodings.linked,
        memoryBytes: memoryBytes + this.#encodings.memoryBytes,
      };
    return { size: points, linked: size === 0 ? points : Math.floor((points * linked) / size), memoryBytes };
  }

  async settled(options?: LongWork): Promise<void> {
    await this.index.settled(options);
    await this.#encodings?.settled(options);
  }

  async save(path: string, owner: SnapshotOwner): Promise<void> {
    await this.index.save(path, { ...owner, tokens: this.#tokens.write() });
    if (!(await this.#encodings?.save(encodingsPath(path), owner)))
      await rm(encodingsPath(path), { force: true });
  }

  async close(): Promise<void> {
    await this.index.close();
    await this.#encodings?.close();
  }

  /** Tokens of a point, on the average. */
  get #each(): number {
    return this.size === 0 ? 1 : this.#tokens.count / this.size;
  }

  /** Whether walks through the index cost less than comparing every point that may be returned. */
  #walkPays({ tokens }: MultiValue, hits: number, compared: number, filter: Bitset | undefined): boolean {
    if (this.#spec.hnsw.m === 0) return false;
    const { size } = this.#tokens;
    const matching = Math.min(size, filter?.count ?? size);
    const each = this.#each;
    const walks = (hits * VISITS * WALK_COST * size) / Math.max(1, matching);
    return tokens * (walks + compared * each) < tokens * matching * each;
  }

  /** The points that look best from the hits of the query's tokens. */
  async #promising(
    query: MultiValue,
    hits: number,
    most: number,
    filter: Bitset | undefined,
  ): Promise<number[]> {
    const rows = filter && this.#tokens.bits(filter);
    const estimates = new Map<number, number>();
    const options = { ef: hits, ...(rows && { filter: rows }) };
    for (const found of await this.index.searchBatch(query.values, hits, options)) {
      // What was not found is at best as good as the last hit.
      const floor = found.rows.length === 0 ? 0 : this.#gain(found.scores.at(-1)!);
      const met = new Set<number>();
      found.rows.forEach((row, i) => {
        const point = this.#tokens.point(row);
        // Without a filter it may have been removed meanwhile.
        if (point < 0 || met.has(point)) return;
        met.add(point);
        estimates.set(point, (estimates.get(point) ?? 0) + this.#gain(found.scores[i]!) - floor);
      });
    }
    return [...estimates]
      .sort((a, b) => b[1] - a[1] || a[0] - b[0])
      .slice(0, most)
      .map(([point]) => point);
  }

  /** A token's score as a summand of which more is better. */
  #gain(score: number): number {
    if (largerIsBetter(this.distance)) return score;
    return this.distance === 'Euclid' ? -score * score : -score;
  }

  #all(filter: Bitset | undefined): number[] {
    if (!filter) return [...this.#tokens.points()];
    return Array.from(filter).filter((row) => this.#tokens.has(row));
  }

  async #best(query: MultiValue, rows: readonly number[], k: number): Promise<IndexHits> {
    const scores = await this.index.maxSim(query.values, this.#tokens.groups(rows));
    return bestHits(rows, scores, k, largerIsBetter(this.distance));
  }
}
