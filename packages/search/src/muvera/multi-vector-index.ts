/**
 * Sets of vectors, searched: candidates by their fixed dimensional encodings, ranked by Chamfer similarity.
 *
 * @module
 */
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import type { Matrix } from '@fletch/linalg';
import { createFlatIndex } from '../index/create.js';
import type { RowGroups, VectorIndex } from '../index/types.js';
import { checkInteger, MAX_K } from '../index/validate.js';
import { bestHits } from '../space/top.js';
import { ballCarve } from './chamfer.js';
import {
  type CodeIndex,
  type CodeQuantization,
  type CodeSearch,
  FloatCodes,
  QuantizedCodes,
} from './code-index.js';
import { FDE } from './fde.js';
import { loadFolder, saveFolder } from './folder.js';
import type { FdeOptions } from './parameters.js';
import { joinSets, meanOf, sliceSets, type VectorSets } from './sets.js';

/** Documents that are encoded at a time. */
const CHUNK = 256;
/** Documents for each centroid that quantization learns from. */
const SAMPLE = 16;

/** Options of {@link MultiVectorIndex.build}. */
export interface MultiVectorOptions extends LongWork {
  /** How sets are encoded. The mean of all vectors is removed unless `mean` says otherwise. */
  readonly fde?: Omit<FdeOptions, 'dim'>;
  /** Product-quantizes encodings; they are then compared with one by one. Default: they stay floats. */
  readonly pq?: CodeQuantization;
  /** Default: `exact`. */
  readonly ann?: CodeSearch;
  /** Threads that build and compare. Default: as many as there are cores. */
  readonly threads?: number;
}

/** Options of a search. */
export interface MultiVectorSearchOptions {
  /** Documents that are compared in full, at least `k`. Default: 100, or `k` when that is larger. */
  readonly candidates?: number;
  /** Carves balls of the query's vectors for the comparison; see {@link ballCarve}. Default: none. */
  readonly tau?: number;
  /** Length of the candidate list of a walk (`ann: 'hnsw'`); raised to `candidates`. */
  readonly ef?: number;
}

/** What a search found. */
export interface MultiVectorHits {
  /** Positions of documents, best first. */
  readonly ids: Uint32Array;
  /** Chamfer similarities (with `tau`: of the carved query), as long as `ids`. */
  readonly scores: Float32Array;
  readonly stats: {
    /** Documents that were compared in full. */
    readonly candidates: number;
    /** Vectors of the query in that comparison. */
    readonly queryVectors: number;
    /** Pairs of vectors that were compared. */
    readonly products: number;
  };
}

/**
 * An index of sets of vectors.
 *
 * @example
 * ```ts
 * const index = await MultiVectorIndex.build(documents, { ann: 'hnsw' });
 * const { ids, scores } = await index.search(query, 10, { candidates: 200 });
 * ```
 */
export class MultiVectorIndex {
  readonly fde: FDE;
  readonly #sets: VectorSets;
  readonly #tokens: VectorIndex;
  readonly #codes: CodeIndex;

  private constructor(fde: FDE, sets: VectorSets, tokens: VectorIndex, codes: CodeIndex) {
    this.fde = fde;
    this.#sets = sets;
    this.#tokens = tokens;
    this.#codes = codes;
  }

  /**
   * Builds an index; the sets are copied.
   *
   * @param documents - sets of vectors of one length, none of them empty
   * @throws FletchError `INVALID_ARGUMENT` for no documents, an empty set, bad options; `DIMENSION_MISMATCH`,
   *   `NON_FINITE` naming the set; `OUT_OF_MEMORY`; `ABORTED`
   */
  static async build(
    documents: readonly Matrix[],
    options: MultiVectorOptions = {},
  ): Promise<MultiVectorIndex> {
    const { pq, ann = 'exact', threads, signal, onProgress } = options;
    if (documents.length === 0) throw new FletchError('INVALID_ARGUMENT', 'There are no documents to index.');
    if (pq && ann !== 'exact')
      throw new FletchError(
        'INVALID_ARGUMENT',
        `Quantized encodings are compared one by one: leave out either pq or ann: "${ann}".`,
      );
    const dim = documents[0]!.cols;
    const sets = joinSets(documents, dim);
    const fde = new FDE({ mean: meanOf(sets), ...options.fde, dim });
    const work = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
    const codes = pq
      ? QuantizedCodes.train(fde.encodeSets(sampleOf(sets, pq)), documents.length, pq, work)
      : await FloatCodes.create(ann, fde.dim, threads);
    const index = new MultiVectorIndex(fde, sets, await tokensOf(sets, threads), codes);
    try {
      for (let first = 0; first < documents.length; first += CHUNK) {
        throwIfAborted(signal);
        onProgress?.({ done: first, total: documents.length, stage: 'encoding' });
        const end = Math.min(first + CHUNK, documents.length);
        await codes.add(first, fde.encodeSets(sliceSets(sets, first, end)));
      }
      await codes.settled(work);
      return index;
    } catch (error) {
      await index.close();
      throw error;
    }
  }

  /**
   * Opens what {@link save} wrote.
   *
   * @param options - `fde`: parameters that the index must have been built with
   * @throws FletchError `NOT_FOUND`, `CORRUPT`, `FORMAT_TOO_NEW`; `INVALID_ARGUMENT` naming the parameter that differs
   */
  static async load(
    folder: string,
    options: { readonly fde?: Partial<FdeOptions>; readonly threads?: number } = {},
  ): Promise<MultiVectorIndex> {
    const { fde, sets, codes } = await loadFolder(folder, options);
    try {
      return new MultiVectorIndex(fde, sets, await tokensOf(sets, options.threads), codes);
    } catch (error) {
      await codes.close();
      throw error;
    }
  }

  /** Number of documents. */
  get size(): number {
    return this.#sets.starts.length - 1;
  }

  /** Bytes of the encodings, and of the vectors that they stand for. */
  get memory(): { readonly encodings: number; readonly vectors: number } {
    return { encodings: this.#codes.bytes, vectors: this.#sets.vectors.data.byteLength };
  }

  /**
   * The documents of largest Chamfer similarity among the candidates.
   *
   * @param query - m × d
   * @throws FletchError `INVALID_ARGUMENT` for an empty query, `k` below 1, fewer candidates than `k`;
   *   `DIMENSION_MISMATCH`, `NON_FINITE`, `CLOSED`
   */
  async search(query: Matrix, k: number, options: MultiVectorSearchOptions = {}): Promise<MultiVectorHits> {
    checkInteger('k', k, 1, MAX_K);
    const { candidates = Math.max(100, k), tau, ef } = options;
    checkInteger(`candidates (of which the best ${k} are returned)`, candidates, k, MAX_K);
    const found = await this.#codes.nearest(this.fde.query(query), Math.min(candidates, this.size), ef);
    return this.#rank(tau === undefined ? query : ballCarve(query, tau), found, k);
  }

  /**
   * The documents of largest Chamfer similarity, by comparing with all.
   *
   * @throws FletchError as {@link search}
   */
  async searchExact(query: Matrix, k: number): Promise<MultiVectorHits> {
    checkInteger('k', k, 1, MAX_K);
    return this.#rank(
      query,
      Uint32Array.from({ length: this.size }, (_, i) => i),
      k,
    );
  }

  /**
   * Writes everything into a folder, which is made when it is not there.
   *
   * @throws FletchError `DISK_FULL`, `IO`
   */
  async save(folder: string): Promise<void> {
    await saveFolder(folder, { fde: this.fde, sets: this.#sets, codes: this.#codes });
  }

  /** Frees memory and threads. */
  async close(): Promise<void> {
    await this.#tokens.close();
    await this.#codes.close();
  }

  async #rank(query: Matrix, documents: Uint32Array, k: number): Promise<MultiVectorHits> {
    const { vectors } = joinSets([query], this.fde.parameters.dim);
    const groups = groupsOf(this.#sets.starts, documents);
    const compared = await this.#tokens.maxSim(vectors.data, groups);
    const { rows: ids, scores } = bestHits(documents, compared, k, true);
    return {
      ids,
      scores,
      stats: {
        candidates: documents.length,
        queryVectors: query.rows,
        products: query.rows * groups.rows.length,
      },
    };
  }
}

/** Some sets, spread over all. */
function sampleOf(
  sets: VectorSets,
  { centroids = 256, sample = SAMPLE * centroids }: CodeQuantization,
): VectorSets {
  const count = sets.starts.length - 1;
  checkInteger('sample', sample, 1, Number.MAX_SAFE_INTEGER);
  if (sample >= count) return sets;
  const chosen = Array.from({ length: sample }, (_, i) => Math.floor((i * count) / sample));
  return joinSets(
    chosen.map((i) => sliceSets(sets, i, i + 1).vectors),
    sets.vectors.cols,
  );
}

/** The vectors of all sets in an index, by their places. */
async function tokensOf({ vectors }: VectorSets, threads: number | undefined): Promise<VectorIndex> {
  const index = await createFlatIndex({
    dimension: vectors.cols,
    distance: 'Dot',
    ...(threads && { threads }),
  });
  try {
    await index.add(
      Uint32Array.from({ length: vectors.rows }, (_, i) => i),
      vectors.data,
    );
    return index;
  } catch (error) {
    await index.close();
    throw error;
  }
}

function groupsOf(starts: Uint32Array, documents: Uint32Array): RowGroups {
  const ends = new Uint32Array(documents.length + 1);
  documents.forEach((document, i) => {
    ends[i + 1] = ends[i]! + starts[document + 1]! - starts[document]!;
  });
  const rows = new Uint32Array(ends[documents.length]!);
  documents.forEach((document, i) => {
    for (let j = ends[i]!; j < ends[i + 1]!; j++) rows[j] = starts[document]! + j - ends[i]!;
  });
  return { rows, starts: ends };
}
