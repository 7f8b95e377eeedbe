/**
 * Learning to search in fewer dimensions: linear maps of queries and vectors that keep their inner products (LeanVec).
 *
 * @module
 */
import { FletchError, type LongWork } from '@fletch/base';
import { cast, type Matrix, randomOrthogonal, rng } from '@fletch/linalg';
import { checkInteger } from '../index/validate.js';
import { eigenSearch, topEigenvectors } from './eigen-search.js';
import { type FrankWolfeOptions, frankWolfe } from './frank-wolfe.js';
import { type Moments, type Pair, projectionLoss } from './loss.js';
import { meanRow, sampleRows, secondMoment } from './statistics.js';

/** How projections are learned. */
export const projectionMethods = ['id', 'ood-fw', 'ood-es', 'ood-es-fw'] as const;

/**
 * `id`: principal directions of the vectors, for queries that are distributed like them. `ood-fw`: two matrices by
 * Frank-Wolfe, for inner products with queries of another kind. `ood-es`: one matrix for both sides, from a mixture of their
 * moments, which keeps distances meaningful. `ood-es-fw`: the latter from where the former ends.
 */
export type ProjectionMethod = (typeof projectionMethods)[number];

/** Options of {@link learnFromMoments}. */
export interface LearnOptions extends LongWork {
  /** Dimensions to keep, 1 to D. */
  readonly dim: number;
  readonly method: ProjectionMethod;
  /** Most steps of Frank-Wolfe. Default: 500. */
  readonly maxSteps?: number | undefined;
  /** Frank-Wolfe ends when the loss changes by less than this share of itself. Default: 1e-3. */
  readonly relTol?: number | undefined;
  /** Exponent of Frank-Wolfe's step `1 / (t + 1)^alpha`. Default: 0.999. */
  readonly alpha?: number | undefined;
}

/** Options of {@link learnProjection}. */
export interface ProjectionOptions extends LearnOptions {
  /** m x D with m >= `dim`: a sample of queries, not those of a test. The methods beginning with `ood` need it. */
  readonly queries?: Matrix | undefined;
  /** Subtract the vectors' mean from both sides first, as for Euclidean distances. Default: false. */
  readonly center?: boolean | undefined;
  /** Most vectors and queries that the moments are estimated from. Default: 100,000. */
  readonly sample?: number | undefined;
  /** Which of more vectors are drawn. Default: 0. */
  readonly seed?: number | undefined;
}

/** What was learned. */
export interface Projection {
  /** D x d, for queries: `A'q`. */
  readonly A: Matrix<Float32Array>;
  /** D x d, for vectors: `B'x`. */
  readonly B: Matrix<Float32Array>;
  /**
   * The mean squared error of inner products of the sample, after each step (of eigenvector search: of each mixture that was
   * tried); the last is that of A and B. Without queries the vectors stand for them.
   */
  readonly loss: readonly number[];
  /** Share of the queries in the best mixture (`ood-es`, `ood-es-fw`). */
  readonly beta?: number;
}

/**
 * Learns a projection.
 *
 * @param x - n x D with n >= `dim`
 * @throws FletchError `INVALID_ARGUMENT` for a dimension that is not from 1 to D, too few vectors or queries, or settings out
 *   of range; `DIMENSION_MISMATCH` when queries have another dimension; `NON_FINITE`; `ABORTED`
 * @example
 * ```ts
 * const { A, B } = learnProjection(vectors, { dim: 64, method: 'ood-fw', queries });
 * const found = matmul(vectors, B); // n x 64
 * ```
 */
export function learnProjection(x: Matrix, options: ProjectionOptions): Projection {
  return learnFromMoments(momentsOf(x, options), options);
}

/**
 * Learns a projection from moments that are there already.
 *
 * @param moments - D x D each
 * @throws FletchError `INVALID_ARGUMENT` for a dimension that is not from 1 to D, or settings out of range; `ABORTED`
 */
export function learnFromMoments(moments: Moments, options: LearnOptions): Projection {
  const { dim, method, signal, onProgress, maxSteps = 500 } = options;
  checkSettings(moments.vectors.rows, options);
  if (method === 'id') {
    const P = topEigenvectors(moments.vectors, dim);
    return rounded({ A: P, B: P }, [projectionLoss(moments, { A: P, B: P })]);
  }
  if (method === 'ood-fw') return rounded(...walk(moments, options));
  const { P, beta, loss } = eigenSearch(moments, dim, { signal });
  if (method === 'ood-es') return { ...rounded({ A: P, B: P }, loss), beta };
  onProgress?.({ done: 0, total: maxSteps, stage: 'learning a projection' });
  return { ...rounded(...walk(moments, options, { A: P, B: P })), beta };
}

/**
 * The second moments that {@link learnProjection} works on, after its checks.
 *
 * @throws FletchError what {@link learnProjection} throws
 */
export function momentsOf(x: Matrix, options: ProjectionOptions): Moments {
  const { queries, center = false, sample = 100_000, seed = 0, signal } = options;
  checkData(x, options);
  const rows = sampleRows(x, sample, seed);
  const centre = center ? { centre: meanRow(rows) } : {};
  const vectors = secondMoment(rows, { ...centre, signal });
  if (!queries) return { vectors, queries: vectors };
  return { vectors, queries: secondMoment(sampleRows(queries, sample, seed), { ...centre, signal }) };
}

/**
 * A projection that has learned nothing: orthonormal columns, drawn uniformly. What learned ones are compared with.
 *
 * @throws FletchError `INVALID_ARGUMENT` unless 1 <= `dim` <= `dimension`
 */
export function randomProjection(dimension: number, dim: number, seed: number): Matrix<Float32Array> {
  checkInteger('dim', dim, 1, dimension);
  return randomOrthogonal(rng(seed), dimension, dim, 'float32');
}

function walk(moments: Moments, options: LearnOptions, start?: Pair): [Pair, number[]] {
  const { dim, maxSteps = 500, relTol, alpha, signal, onProgress } = options;
  const settings: FrankWolfeOptions = { start, maxSteps, relTol, alpha, ...(signal && { signal }) };
  const loss: number[] = [];
  let pair: Pair | undefined;
  for (const step of frankWolfe(moments, dim, settings)) {
    pair = step;
    loss.push(step.loss);
    onProgress?.({ done: loss.length, total: maxSteps, stage: 'learning a projection' });
  }
  return [pair!, loss];
}

function rounded({ A, B }: Pair, loss: readonly number[]): Projection {
  return { A: cast(A, 'float32'), B: cast(B, 'float32'), loss };
}

function checkSettings(
  dimension: number,
  { dim, method, maxSteps = 1, relTol = 0, alpha = 1 }: LearnOptions,
): void {
  if (!projectionMethods.includes(method))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `Unknown method "${method}": use ${projectionMethods.join(', ')}.`,
    );
  checkInteger('dim', dim, 1, dimension);
  checkInteger('maxSteps', maxSteps, 1, 1_000_000);
  if (!(relTol >= 0) || !(alpha > 0))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `relTol must not be negative and alpha must be positive, but they are ${relTol} and ${alpha}.`,
    );
}

function checkData(x: Matrix, options: ProjectionOptions): void {
  const { dim, method, queries, sample = dim } = options;
  checkSettings(x.cols, options);
  checkInteger('sample', sample, dim, 2 ** 32);
  requireRows('vectors', x.rows, dim);
  if (!queries && method === 'id') return;
  if (!queries)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `Method "${method}" learns from queries: need at least ${dim} query vectors, or use "id".`,
    );
  if (queries.cols !== x.cols)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `The queries have ${queries.cols} components, the vectors have ${x.cols}.`,
      { details: { queries: queries.cols, vectors: x.cols } },
    );
  requireRows('query vectors', queries.rows, dim);
}

function requireRows(what: string, have: number, dim: number): void {
  if (have >= dim) return;
  throw new FletchError(
    'INVALID_ARGUMENT',
    `${dim} dimensions need at least ${dim} ${what}, but there are ${have}: give more, or keep fewer dimensions.`,
    { details: { have, dim } },
  );
}
