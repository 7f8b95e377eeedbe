/**
 * A vector space: the vectors of one name in a collection, whatever their kind, found and compared in one way.
 *
 * @module
 */
import type { LongWork } from '@fletch/base';
import type { Bitset } from '../index/bitset.js';
import type { Distance, IndexHits, SnapshotOwner } from '../index/types.js';
import type { VectorOutput } from '../types/index.js';

export type DenseValue = Float32Array;

/** Indices ascending and distinct. */
export interface SparseValue {
  readonly indices: Uint32Array;
  readonly values: Float32Array;
}

/** `tokens × dimension` values, row-major. */
export interface MultiValue {
  readonly tokens: number;
  readonly values: Float32Array;
}

/** A vector in the form in which it is stored and compared. */
export type VectorValue = DenseValue | SparseValue | MultiValue;

export interface NearestOptions {
  /** Rows that may be returned. Default: all. */
  readonly filter?: Bitset;
  readonly ef?: number;
  readonly exact?: boolean;
  /** Of an index that keeps codes: whether hits get the scores of the stored vectors. Default: true. */
  readonly rescore?: boolean;
  /** Hits that are found by codes, of which the best are chosen by their true scores, as a multiple. Default: 1. */
  readonly oversampling?: number;
  /** Rows over which inverse document frequencies are counted (sparse vectors with IDF). Default: all. */
  readonly corpus?: Bitset;
  readonly signal?: AbortSignal;
}

export interface VectorSpace {
  /** `''` for the unnamed vector. */
  readonly name: string;
  /** Decides whether a larger score is a better one; sparse vectors are compared by `Dot`. */
  readonly distance: Distance;
  /** Rows that have a vector. */
  readonly size: number;
  has(row: number): boolean;
  /** The stored vector. Throws `NOT_FOUND`. */
  vector(row: number): VectorValue;
  /**
   * Checks a vector that a query brings; brings it to unit length under `Cosine`.
   *
   * @param at - where it stood, for messages
   * @throws FletchError `INVALID_ARGUMENT`, `DIMENSION_MISMATCH`, `NON_FINITE`, `ZERO_VECTOR`
   */
  readQuery(input: unknown, at: string): VectorValue;
  /** The best `k` rows, best first, equal scores by row. */
  nearest(query: VectorValue, k: number, options?: NearestOptions): Promise<IndexHits>;
  /** The score of every one of `rows` (each has a vector), in their order. */
  compare(query: VectorValue, rows: Uint32Array, options?: NearestOptions): Promise<Float32Array>;
  /** A stored vector in the form in which it is returned to users. */
  output(vector: VectorValue): VectorOutput;
}

/** What a space tells about its upkeep. */
export interface SpaceStats {
  /** Rows that have a vector. */
  readonly size: number;
  /** How many of them are in an index; the others are found by comparing with each. */
  readonly linked: number;
  /** Bytes of memory. */
  readonly memoryBytes: number;
}

/** A space as the store keeps it. */
export interface StoredSpace extends VectorSpace {
  /**
   * Adds rows that have no vector yet; none is added when it throws.
   *
   * @throws FletchError `OUT_OF_MEMORY`
   */
  add(rows: readonly number[], values: readonly VectorValue[]): Promise<void>;
  /** Takes out those of the rows that have a vector. */
  remove(rows: readonly number[]): Promise<void>;
  stats(): SpaceStats;
  /** How often its index changed by itself into another one, see `VectorIndex`. Absent when it does not. */
  readonly generation?: number;
  /** Resolves when every row is linked. */
  settled(options?: LongWork): Promise<void>;
  /** Writes what would be slow to make again, with facts of the owner. Absent when everything is quick to make. */
  readonly save?: (path: string, owner: SnapshotOwner) => Promise<void>;
  close(): Promise<void>;
}
