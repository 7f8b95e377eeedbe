/**
 * Learning how rows become codes.
 *
 * @module
 */
import { eigh, Matrix, randomOrthogonal, rng } from '@fletch/linalg';
import { learnProjection } from '../../leanvec/projection.js';
import { meanRow, secondMoment } from '../../leanvec/statistics.js';
import type { Coding } from '../codes.js';
import type { Distance } from '../types.js';
import type { GivenProjection, LeanVecSettings } from './settings.js';

/** What is learned from. */
export interface Lesson {
  readonly dimension: number;
  readonly distance: Distance;
  readonly settings: LeanVecSettings;
  /** `n × dimension` values. */
  readonly vectors: Float32Array;
  /** Queries that were asked, `m × dimension` values. */
  readonly queries: Float32Array;
}

/** Share of the squared length that reducing may lose unless the number of components is given. */
const LOSS = 1 / 7;
/** With this many components more, a record fills one more line of the processor's cache. */
const LINE = 64;
const TAIL = 16;

/** A coding for vectors like those of the sample. */
export function learnCoding({ dimension, distance, settings, vectors, queries }: Lesson): Coding {
  const x = new Matrix(vectors, vectors.length / dimension, dimension);
  const squared = distance !== 'Dot';
  const centre = squared ? { centre: meanRow(x) } : {};
  const { bits, secondary, method, seed } = settings;
  const mean = Float32Array.from(centre.centre ?? new Float64Array(dimension));
  const { values, vectors: directions } = eigh(secondMoment(x, centre));
  const reduced = settings.reduced ?? enough(values, dimension);
  if (reduced === dimension && bits === 8 && secondary === 'lvq8') return wholeCoding(mean, squared);
  const common = { reduced, bits, secondary, squared, mean };
  const asked = new Matrix(queries, queries.length / dimension, dimension);
  if (method !== 'id' && asked.rows >= reduced && x.rows >= reduced) {
    const { A, B } = learnProjection(x, { dim: reduced, method, queries: asked, center: squared, seed });
    return {
      ...common,
      query: transposed(A.data, dimension, reduced),
      data: transposed(B.data, dimension, reduced),
    };
  }
  const data = turned(top(directions.data, dimension, reduced), reduced, dimension, seed);
  return { ...common, query: data, data };
}

/** A coding that reduces nothing: one code to a row does for all. */
function wholeCoding(mean: Float32Array, squared: boolean): Coding {
  const none = new Float32Array(0);
  return { reduced: mean.length, bits: 8, secondary: 'none', squared, mean, query: none, data: none };
}

/** A coding by a map that was learned before. */
export function givenCoding(
  { A, B, mean }: GivenProjection,
  { dimension, distance }: { readonly dimension: number; readonly distance: Distance },
  { bits, secondary }: LeanVecSettings,
): Coding {
  return {
    ...{ bits, secondary, squared: distance !== 'Dot', reduced: A.cols },
    mean: mean ?? new Float32Array(dimension),
    query: transposed(A.data, dimension, A.cols),
    data: transposed(B.data, dimension, B.cols),
  };
}

/** The fewest components, of numbers that fill cache lines, that keep enough of the (ascending) variances. */
function enough(variances: ArrayLike<number>, dimension: number): number {
  let total = 0;
  for (let i = 0; i < dimension; i++) total += Math.max(0, variances[i]!);
  let lost = total;
  for (let count = 1; count <= dimension; count++) {
    lost -= Math.max(0, variances[dimension - count]!);
    if ((count + TAIL) % LINE === 0 && lost <= LOSS * total) return count;
  }
  return dimension;
}

/** The directions (columns) of the largest variances as rows. */
function top(directions: Float64Array, dimension: number, count: number): Float32Array {
  const rows = new Float32Array(count * dimension);
  for (let j = 0; j < count; j++)
    for (let i = 0; i < dimension; i++)
      rows[j * dimension + i] = directions[i * dimension + dimension - 1 - j]!;
  return rows;
}

/**
 * The same subspace in a random basis: components of like size lose less when they are rounded to steps of one size
 * than principal ones, of which the first are large.
 */
function turned(rows: Float32Array, count: number, dimension: number, seed: number): Float32Array {
  const turn = randomOrthogonal(rng(seed), count, count);
  const result = new Float32Array(count * dimension);
  for (let j = 0; j < count; j++)
    for (let l = 0; l < count; l++) {
      const by = turn.data[j * count + l]!;
      for (let i = 0; i < dimension; i++) result[j * dimension + i]! += by * rows[l * dimension + i]!;
    }
  return result;
}

function transposed(data: Float32Array, rows: number, cols: number): Float32Array {
  const result = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) result[j * rows + i] = data[i * cols + j]!;
  return result;
}
