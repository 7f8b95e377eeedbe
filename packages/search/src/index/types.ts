/**
 * The one interface of all vector indexes.
 *
 * An index maps **rows** (dense unsigned 32-bit numbers that the caller chooses and may reuse after `remove`)
 * to vectors. Points, payloads and ids of users live one floor up, in the collection store.
 *
 * @module
 */
import type { LongWork } from '@fletch/base';
import type { Bitset } from './bitset.js';

/** How two vectors are compared; the names are Qdrant's. */
export type Distance = 'Cosine' | 'Dot' | 'Euclid' | 'Manhattan';

/** Whether a larger score is a better one: true for `Cosine` and `Dot`, false for the two distances. */
export function largerIsBetter(distance: Distance): boolean {
  return distance === 'Cosine' || distance === 'Dot';
}

/** Options of one search. */
export interface IndexSearchOptions {
  /** Length of the candidate list of the graph walk; raised to `k` when smaller. Default: the index's `efSearch`. */
  readonly ef?: number;
  /** Compare with every (matching) row instead of walking the graph. Default: false. */
  readonly exact?: boolean;
  /** Rows that may be returned. Default: all. */
  readonly filter?: Bitset;
}

/** Hits, best first; equal scores are ordered by row. */
export interface IndexHits {
  /** Rows, `Uint32Array` of at most `k`. */
  readonly rows: Uint32Array;
  /**
   * Scores, as long as `rows`: cosine similarity, dot product, Euclidean or Manhattan distance
   * (see {@link largerIsBetter}).
   */
  readonly scores: Float32Array;
}

/** What an index tells about itself. */
export interface IndexStats {
  readonly kind: string;
  readonly dimension: number;
  readonly distance: Distance;
  /** Live rows. */
  readonly size: number;
  /** Live rows that are linked into the graph; the others are found by exact scan until they are. */
  readonly linked: number;
  /** Bytes of vectors (size × dimension × 4), or of their codes. */
  readonly vectorBytes: number;
  /** Bytes of graph links that are allocated. */
  readonly linkBytes: number;
  /** Bytes of WebAssembly memory in all. */
  readonly memoryBytes: number;
  /** Of an index that learns codes of its rows. */
  readonly leanvec?: LeanVecStats;
  readonly osq?: OsqStats;
}

/** How an index that learns codes is with it. */
export interface LearningStats {
  /** Whether rows are codes by now; until enough of them came they are vectors. */
  readonly trained: boolean;
  /** Whether it is learning, or turning rows into codes. */
  readonly training: boolean;
  /** Mean share of the squared length that the codes of the training sample lost. */
  readonly lost?: number;
  /** What the codes of rows added lately lose, as a multiple of that. */
  readonly drift?: number;
  /** Why learning failed the last time. */
  readonly trouble?: string;
}

/** How an OSQ index keeps its rows. */
export interface OsqStats extends LearningStats {
  readonly partitions?: number;
  /** Of a row: code, signs, number and length. */
  readonly rowBytes?: number;
}

/** How a LeanVec index keeps its rows. */
export interface LeanVecStats extends LearningStats {
  /** Components of the reduced vectors and their bits, and what candidates are compared by in the end. */
  readonly reduced?: number;
  readonly bits?: number;
  readonly secondary?: 'lvq8' | 'f32' | 'none';
}

/** What a snapshot's owner writes into it and gets back on load, e.g. the store's id and version. */
export type SnapshotOwner = Readonly<Record<string, string | number>>;

/** Rows that belong together: group i has `rows[starts[i]]` to `rows[starts[i + 1] - 1]`. */
export interface RowGroups {
  readonly rows: Uint32Array;
  /** One more than there are groups. */
  readonly starts: Uint32Array;
}

/** Vectors by row, searched by nearness. Made by `createFlatIndex`, `createHnswIndex` and `loadIndex`. */
export interface VectorIndex {
  readonly dimension: number;
  readonly distance: Distance;
  /** Live rows. */
  readonly size: number;
  /** Whether it keeps less of a vector than was added, so that scores and {@link vector} are near the true ones. Default: no. */
  readonly isLossy?: boolean;
  /** Of an index that learns: how often it changed over to what it learned, which its snapshots do not hold before. */
  readonly generation?: number;
  /**
   * Of an index whose codes are too short to order hits by: how many hits for each that is wanted should be compared by whole
   * vectors. `ef` then is how many in all.
   */
  readonly refine?: number;

  /**
   * Inserts or replaces vectors. When the promise resolves they are found by every later search: at first by
   * exact scan, then through the graph, which threads extend in the background (see {@link settled}).
   * Under `Cosine` vectors are normalised on the way in.
   *
   * @param rows - row of each vector; no duplicates
   * @param vectors - `rows.length × dimension` values, row-major
   * @throws FletchError `DIMENSION_MISMATCH`, `NON_FINITE`, `ZERO_VECTOR` (cosine), `DUPLICATE_ID`,
   *   `OUT_OF_MEMORY`; nothing of the batch is inserted then
   */
  add(rows: ArrayLike<number>, vectors: Float32Array): Promise<void>;

  /**
   * Removes rows, repairing the graph around them. They are never returned once the promise resolves, and may
   * then be added again.
   *
   * @returns how many of the rows were present
   */
  remove(rows: ArrayLike<number>): Promise<number>;

  /** Whether the row is live. */
  has(row: number): boolean;

  /** A copy of the stored vector (normalised under `Cosine`), as well as it is kept. Throws `NOT_FOUND`. */
  vector(row: number): Float32Array;

  /** The best `k` rows for `query` (`dimension` values). One synchronous WebAssembly call. */
  search(query: Float32Array, k: number, options?: IndexSearchOptions): IndexHits;

  /** {@link search}; what would keep the calling thread for more than about a millisecond is done in another one. */
  searchAsync(query: Float32Array, k: number, options?: IndexSearchOptions): Promise<IndexHits>;

  /**
   * The `k` rows with the best bounds of their scores, and these: no row's true score is better than its bound, so that a row
   * that is not among them is no better than the last one's. Of an index with {@link refine}.
   */
  bounds?(query: Float32Array, k: number, options?: { readonly filter?: Bitset }): Promise<IndexHits>;

  /** The score of every one of `rows`, in their order; in threads when they are many. Throws `NOT_FOUND`. */
  compare(query: Float32Array, rows: Uint32Array): Promise<Float32Array>;

  /** {@link search} for `n × dimension` values, spread over the threads. */
  searchBatch(queries: Float32Array, k: number, options?: IndexSearchOptions): Promise<IndexHits[]>;

  /**
   * MaxSim of a query of several vectors with groups of rows: for each vector of the query the best score in the
   * group, summed; under `Euclid` the root of the summed squares. Spread over the threads when it is much.
   *
   * @param query - any number × dimension values
   * @returns a score per group
   */
  maxSim(query: Float32Array, groups: RowGroups): Promise<Float32Array>;

  /** Resolves when every row added so far is linked. `onProgress` counts linked rows. */
  settled(options?: LongWork): Promise<void>;

  /** Writes a checksummed snapshot durably (whole file replaced), with the owner's facts in its header. */
  save(path: string, owner?: SnapshotOwner): Promise<void>;

  /** Sizes and memory, as they are now. */
  stats(): IndexStats;

  /** Frees memory and threads; every later call throws `CLOSED`. */
  close(): Promise<void>;
}
