/**
 * What a graph needs of vectors: how near they are to each other and to a query, however they are kept.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Matrix } from '@fletch/linalg';
import type { LVQDataset } from './lvq-dataset.js';
import { meanRow } from './statistics.js';

/** Squared Euclidean distance, or the inner product with its sign turned: the nearer, the smaller. */
export type GraphMetric = 'l2' | 'ip';

/** Vectors by number. */
export interface GraphVectors {
  readonly count: number;
  readonly dimension: number;
  readonly metric: GraphMetric;
  /** The mean of all vectors. */
  mean(): Float64Array;
  /** How far each vector is from a query. */
  to(query: ArrayLike<number>): (i: number) => number;
  /** How far each vector is from vector i. */
  from(i: number): (j: number) => number;
}

/** Vectors as they are: the rows of a matrix. */
export function plainVectors(x: Matrix, metric: GraphMetric): GraphVectors {
  const { data, rows, cols } = x;
  const between = metric === 'l2' ? squaredDistance : turnedProduct;
  const to = (query: ArrayLike<number>) => {
    requireDimension(query, cols);
    return (i: number) => between(query, data, i * cols, cols);
  };
  return { count: rows, dimension: cols, metric, mean: () => meanRow(x), to, from: (i) => to(x.row(i)) };
}

/** Vectors as their first-level codes have them. */
export function codedVectors(codes: LVQDataset, metric: GraphMetric): GraphVectors {
  const to = (query: ArrayLike<number>) => {
    requireDimension(query, codes.dimension);
    return metric === 'l2' ? (i: number) => codes.l2(query, i) : (i: number) => -codes.dot(query, i);
  };
  const { rows: count, dimension } = codes;
  const mean = () => Float64Array.from(codes.mean);
  return { count, dimension, metric, mean, to, from: (i) => to(codes.decode(i)) };
}

type Between = (query: ArrayLike<number>, data: ArrayLike<number>, at: number, length: number) => number;

const squaredDistance: Between = (query, data, at, length) => {
  let sum = 0;
  for (let j = 0; j < length; j++) {
    const off = query[j]! - data[at + j]!;
    sum += off * off;
  }
  return sum;
};

const turnedProduct: Between = (query, data, at, length) => {
  let sum = 0;
  for (let j = 0; j < length; j++) sum -= query[j]! * data[at + j]!;
  return sum;
};

function requireDimension(query: ArrayLike<number>, dimension: number): void {
  if (query.length === dimension) return;
  throw new FletchError(
    'DIMENSION_MISMATCH',
    `The query has ${query.length} components, the vectors have ${dimension}.`,
  );
}
