/**
 * LeanVec as the paper has it, in one piece: learn a projection, encode, link, search, re-rank. The index below it also
 * grows and learns anew by itself; this is for vectors that are all there.
 *
 * @module
 */
import { FletchError, type LongWork } from '@fletch/base';
import { Matrix, matmul, randomOrthogonal, rng } from '@fletch/linalg';
import { createLeanVecIndex, type GivenProjection, loadIndex } from '../index/create.js';
import type { Distance, VectorIndex } from '../index/types.js';
import { checkInteger, checkVectors } from '../index/validate.js';
import { learnProjection, type ProjectionMethod } from './projection.js';
import { meanRow } from './statistics.js';

/** How vectors are compared. */
export type LeanVecMetric = 'ip' | 'l2' | 'cosine';

/** Options of {@link LeanVecIndex.build}. */
export interface LeanVecBuildOptions extends LongWork {
  readonly metric: LeanVecMetric;
  /** Dimensions to keep, 1 to D. */
  readonly dim: number;
  /** How the projection is learned. Default: `id`. */
  readonly method?: ProjectionMethod;
  /** m x D, m >= `dim`: queries to learn from. */
  readonly queries?: Matrix<Float32Array>;
  /** Bits per component of the codes that the graph is walked by. Default: 8. */
  readonly primaryBits?: 4 | 8;
  /** What candidates are re-ranked by: codes of whole vectors or the vectors. Default: `lvq8`. */
  readonly secondary?: 'lvq8' | 'f32';
  readonly graph?: {
    /** Most links of a node, even, 4 to 512. Default: 64. */
    readonly maxDegree?: number;
    /** Candidates that are kept while linking. Default: 128. */
    readonly window?: number;
  };
  /** Most vectors that the projection is learned from. Default: 5,000, or 8 D when that is more. */
  readonly sample?: number;
  /** Decides samples, rotations and levels. Default: 0. */
  readonly seed?: number;
  /** Threads that link. Default: as many as there are cores. */
  readonly threads?: number;
}

/** What was found, best first. */
export interface LeanVecHits {
  /** Rows of the matrix that the index was built from. */
  readonly ids: Uint32Array;
  /** Inner products, cosines, or Euclidean distances. */
  readonly scores: Float32Array;
}

const distances: { readonly [M in LeanVecMetric]: Distance } = { ip: 'Dot', l2: 'Euclid', cosine: 'Cosine' };

/** An index of the rows of a matrix. */
export class LeanVecIndex {
  /** The index that answers; it grows and shrinks, too. */
  readonly index: VectorIndex;

  readonly metric: LeanVecMetric;

  private constructor(index: VectorIndex, metric: LeanVecMetric) {
    this.index = index;
    this.metric = metric;
  }

  /**
   * Builds an index.
   *
   * @param x - n x D
   * @throws FletchError what `learnProjection` throws; `INVALID_ARGUMENT` for other settings out of range, and for a method
   *   with two matrices under `l2`; `ZERO_VECTOR` under `cosine`; `OUT_OF_MEMORY`; `ABORTED`
   */
  static async build(x: Matrix<Float32Array>, options: LeanVecBuildOptions): Promise<LeanVecIndex> {
    const {
      metric,
      primaryBits = 8,
      secondary = 'lvq8',
      seed = 0,
      threads,
      graph = {},
      signal,
      onProgress,
    } = options;
    const { maxDegree = 64, window = 128 } = graph;
    checkInteger('maxDegree', maxDegree, 4, 512);
    checkInteger('window', window, 1, 8192);
    if (maxDegree % 2 === 1)
      throw new FletchError('INVALID_ARGUMENT', `maxDegree must be even, but is ${maxDegree}.`);
    const distance = distanceOf(options);
    const vectors = distance === distances[metric] ? x : unitRows(x);
    const index = await createLeanVecIndex({
      ...{ dimension: x.cols, distance, bits: primaryBits, secondary, seed },
      ...{ m: maxDegree / 2, efConstruction: window, efSearch: window },
      projection: projectionOf(vectors, distance, options),
      ...(threads !== undefined && { threads }),
    });
    try {
      await index.add(
        Uint32Array.from({ length: x.rows }, (_, i) => i),
        vectors.data,
      );
      await index.settled({ ...(signal && { signal }), ...(onProgress && { onProgress }) });
      return new LeanVecIndex(index, metric);
    } catch (error) {
      await index.close();
      throw error;
    }
  }

  /**
   * The k best rows for a query, by the full query and the secondary codes.
   *
   * @param query - D numbers
   * @param options.window - candidates that are kept on the walk, all of which are re-ranked; at least k, which is the default
   * @throws FletchError `INVALID_ARGUMENT` unless 1 <= k <= n and k <= window, `DIMENSION_MISMATCH`, `NON_FINITE`,
   *   `ZERO_VECTOR`, `CLOSED`
   */
  search(query: Float32Array, k: number, options: { readonly window?: number } = {}): LeanVecHits {
    const { window = k } = options;
    checkInteger('k', k, 1, this.index.size);
    checkInteger('window', window, k, 1_000_000);
    const turned = this.metric === 'cosine' ? unitRows(new Matrix(query, 1, query.length)).data : query;
    const { rows, scores } = this.index.search(turned, k, { ef: window });
    return { ids: rows, scores };
  }

  /**
   * Writes everything into one file with checksums, which takes the place of another at once.
   *
   * @throws FletchError `IO`, `DISK_FULL`, `CLOSED`
   */
  async save(path: string): Promise<void> {
    await this.index.save(path, { metric: this.metric });
  }

  /**
   * Opens what {@link save} wrote.
   *
   * @throws FletchError `NOT_FOUND`, `CORRUPT` naming the place, `FORMAT_TOO_NEW`, `INVALID_INPUT_FILE` for another index
   */
  static async load(path: string): Promise<LeanVecIndex> {
    const { index, owner } = await loadIndex(path);
    const { metric } = owner;
    if (index.stats().leanvec && typeof metric === 'string' && isMetric(metric))
      return new LeanVecIndex(index, metric);
    await index.close();
    throw new FletchError(
      'INVALID_INPUT_FILE',
      `${path} was not written by LeanVecIndex.save: open it with loadIndex.`,
      {
        details: { path },
      },
    );
  }

  /** Frees memory and threads. */
  async close(): Promise<void> {
    await this.index.close();
  }
}

const isMetric = (metric: string): metric is LeanVecMetric => Object.hasOwn(distances, metric);

/**
 * Two different matrices keep inner products only. For cosines they are those of unit vectors; Euclidean distances of what
 * they make of queries and vectors mean nothing.
 */
function distanceOf({ metric, method = 'id' }: LeanVecBuildOptions): Distance {
  if (!isMetric(metric))
    throw new FletchError('INVALID_ARGUMENT', `Unknown metric "${metric}": use ip, l2 or cosine.`);
  const isPair = method === 'ood-fw' || method === 'ood-es-fw';
  if (!isPair) return distances[metric];
  if (metric === 'l2')
    throw new FletchError(
      'INVALID_ARGUMENT',
      `Method "${method}" keeps inner products, not Euclidean distances: use "ood-es", or "id".`,
    );
  return 'Dot';
}

/**
 * Learns the projection. Both matrices are turned by one random rotation, which changes no product but makes the components
 * of like size, so that less is lost when they are rounded to steps of one size.
 */
function projectionOf(
  x: Matrix<Float32Array>,
  distance: Distance,
  { dim, method = 'id', queries, sample = Math.max(5000, 8 * x.cols), seed = 0, signal }: LeanVecBuildOptions,
): GivenProjection {
  const center = distance !== 'Dot';
  const { A, B } = learnProjection(x, {
    dim,
    method,
    queries,
    center,
    sample,
    seed,
    ...(signal && { signal }),
  });
  const turn = randomOrthogonal(rng(seed), dim, dim, 'float32');
  return {
    A: matmul(A, turn),
    B: matmul(B, turn),
    ...(center && { mean: Float32Array.from(meanRow(x)) }),
  };
}

function unitRows(x: Matrix<Float32Array>): Matrix<Float32Array> {
  const factors = checkVectors(x.data, x.cols, 'Cosine');
  const data = x.data.map((value, at) => value * factors[Math.floor(at / x.cols)]!);
  return new Matrix(data, x.rows, x.cols);
}
