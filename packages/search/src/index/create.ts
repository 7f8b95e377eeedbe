/**
 * Making and opening indexes.
 *
 * @module
 */
import { FlatIndex } from './flat.js';
import { HnswIndex } from './hnsw.js';
import { LeanVecIndex } from './leanvec/index.js';
import { type LeanVecOptions, readSettings } from './leanvec/settings.js';
import { OsqIndex } from './osq/index.js';
import { type CodeMeta, loadCodes } from './osq/saved.js';
import { type OsqOptions, readSettings as readOsqSettings, type WholeVectors } from './osq/settings.js';
import { Rows } from './rows.js';
import { loadSnapshot, type Meta, readSnapshotMeta } from './snapshot.js';
import type { Distance, SnapshotOwner, VectorIndex } from './types.js';
import { checkDistance, checkInteger, MAX_DIMENSION } from './validate.js';

export type { GivenProjection, LeanVecOptions } from './leanvec/settings.js';
export type { OsqOptions, WholeVectors } from './osq/settings.js';

/** What an exact index is made with. */
export interface FlatOptions {
  /** 1 to 65536. */
  readonly dimension: number;
  readonly distance: Distance;
  /** Threads that search batches. Default: as many as there are cores. */
  readonly threads?: number;
  /** Most bytes of memory. Default: 4 GiB, which is also the most that is possible. */
  readonly memoryLimit?: number;
}

/** What a graph index is made with. */
export interface HnswOptions extends FlatOptions {
  /** Links per node on the upper levels, twice as many on the lowest; 2 to 256. Default: 16. */
  readonly m?: number;
  /** Candidate list while linking, 1 to 8192. Default: 100. */
  readonly efConstruction?: number;
  /** Candidate list of searches that do not give their own. Default: {@link DEFAULT_EF_SEARCH}. */
  readonly efSearch?: number;
  /** Decides the level of each row. Default: 0. */
  readonly seed?: number;
  /** Rows to make room for at once. Default: 0. */
  readonly capacity?: number;
}

/** Candidate list of a search unless told otherwise: recall@10 is above 0.95 even on 340,000 word vectors. */
export const DEFAULT_EF_SEARCH = 224;

/**
 * An empty exact index.
 *
 * @throws FletchError `INVALID_ARGUMENT`
 */
export async function createFlatIndex(options: FlatOptions): Promise<VectorIndex> {
  const { dimension, distance, threads, memoryLimit } = options;
  checkInteger('dimension', dimension, 1, MAX_DIMENSION);
  checkDistance(distance);
  const rows = await Rows.create({ dimension, distance, m: 0, efConstruction: 0, seed: 0, memoryLimit });
  return new FlatIndex(rows, threads);
}

/**
 * An empty graph index.
 *
 * @throws FletchError `INVALID_ARGUMENT`, `OUT_OF_MEMORY` when there is no room for `capacity` rows
 */
export async function createHnswIndex(options: HnswOptions): Promise<VectorIndex> {
  const { dimension, distance, threads, memoryLimit } = options;
  const { m = 16, efConstruction = 100, efSearch = DEFAULT_EF_SEARCH, seed = 0, capacity = 0 } = options;
  checkInteger('dimension', dimension, 1, MAX_DIMENSION);
  checkDistance(distance);
  checkInteger('m', m, 2, 256);
  checkInteger('efConstruction', efConstruction, 1, 8192);
  checkInteger('efSearch', efSearch, 1, 8192);
  checkInteger('seed', seed, 0, 2 ** 32 - 1);
  const rows = await Rows.create({ dimension, distance, m, efConstruction, seed, memoryLimit });
  checkInteger('capacity', capacity, 0, rows.rowLimit);
  for (let block = 0; block * rows.rowsPerBlock < capacity; block++) rows.allocateBlock(block);
  return new HnswIndex(rows, efSearch, threads);
}

/**
 * An empty index of reduced vectors: graph walks over short codes, which are learned once enough rows came.
 *
 * @throws FletchError `INVALID_ARGUMENT`, `DIMENSION_MISMATCH` or `NON_FINITE` for a bad projection
 * @example
 * ```ts
 * const index = await createLeanVecIndex({ dimension: 512, distance: 'Cosine' });
 * await index.add(rows, vectors);
 * index.search(query, 10, { ef: 32 });
 * ```
 */
export async function createLeanVecIndex(options: LeanVecOptions): Promise<VectorIndex> {
  const { dimension, distance, threads, memoryLimit, projection } = options;
  const settings = readSettings(options);
  return LeanVecIndex.create({ dimension, distance, settings, threads, memoryLimit }, projection);
}

/**
 * An empty index of the smallest codes: a few bits a dimension, which are learned once enough rows came. Its hits are
 * candidates: who has the whole vectors compares `refine` times as many as are wanted.
 *
 * @throws FletchError `INVALID_ARGUMENT`
 * @example
 * ```ts
 * const index = await createOsqIndex({ dimension: 512, distance: 'Cosine', whole: (row) => vectors[row] });
 * await index.add(rows, values);
 * index.search(query, 40);
 * ```
 */
export async function createOsqIndex(options: OsqOptions): Promise<VectorIndex> {
  const { dimension, distance, threads, memoryLimit, whole } = options;
  return OsqIndex.create({
    dimension,
    distance,
    settings: readOsqSettings(options),
    threads,
    memoryLimit,
    whole,
  });
}

/** How a snapshot is opened. */
export interface LoadOptions {
  readonly threads?: number;
  /** See {@link OsqOptions}. */
  readonly whole?: WholeVectors;
}

/**
 * Opens a snapshot, after checking all of it. Rows that were not linked yet are linked in the background.
 *
 * @throws FletchError `NOT_FOUND`, `CORRUPT` naming the file and the place, `FORMAT_TOO_NEW`, `OUT_OF_MEMORY`
 */
export async function loadIndex(
  path: string,
  options: LoadOptions = {},
): Promise<{ index: VectorIndex; owner: SnapshotOwner }> {
  const meta = await readSnapshotMeta(path);
  if (meta.osq) {
    const { dimension, distance, osq, owner } = meta;
    const { settings } = osq;
    const part = meta.codes
      ? await loadCodes(path, settings, meta as Meta & CodeMeta)
      : new FlatIndex((await loadSnapshot(path)).rows, options.threads);
    const plan = { dimension, distance, settings, threads: options.threads, whole: options.whole };
    return { index: OsqIndex.resume(plan, part, osq), owner };
  }
  const { rows, facts } = await loadSnapshot(path);
  if (facts.kind === 'flat') return { index: new FlatIndex(rows, options.threads), owner: facts.owner };
  if (facts.leanvec) {
    const { dimension, distance } = rows.options;
    const { settings } = facts.leanvec;
    const plan = { dimension, distance, settings, threads: options.threads };
    return { index: LeanVecIndex.resume(plan, rows, facts.leanvec), owner: facts.owner };
  }
  const index = new HnswIndex(rows, facts.efSearch ?? DEFAULT_EF_SEARCH, options.threads);
  index.resume();
  return { index, owner: facts.owner };
}
