/**
 * Principal components.
 *
 * @module
 */
import { requireInteger, requireSamePrecision, requireShapes } from './checks.js';
import { matmul } from './matmul.js';
import { Matrix, type Real, sameKind } from './matrix.js';
import { type RandomizedSVDOptions, randomizedSVD } from './randomized-svd.js';
import { svd } from './svd.js';

/** Principal components of rows of data. */
export interface PCA<T extends Real> {
  /** Mean of the rows: d numbers. */
  readonly mean: T;
  /** k x d: orthonormal directions by decreasing variance; the largest entry of each is positive. */
  readonly components: Matrix<T>;
  /** Variance along each of the k directions (divided by rows - 1). */
  readonly variances: T;
  /** Sum of the variances along all d directions. */
  readonly totalVariance: number;
}

/** Options of {@link pca}. */
export interface PCAOptions {
  /** Approximate by {@link randomizedSVD} with these options; default: exact. */
  readonly randomized?: RandomizedSVDOptions;
}

/**
 * The k leading principal components of the rows of `x` (Jolliffe, Principal Component Analysis, 2002), by a singular
 * value decomposition of the centred data.
 *
 * @param x - n x d with n >= 2
 * @param k - from 1 to min(n, d)
 * @throws FletchError `INVALID_ARGUMENT` for another k or fewer than two rows, `NON_FINITE` with the position
 */
export function pca<T extends Real>(x: Matrix<T>, k: number, { randomized }: PCAOptions = {}): PCA<T> {
  requireInteger('rows', x.rows, 2);
  requireInteger('k', k, 1, Math.min(x.rows, x.cols));
  const mean = columnMeans(x);
  const centred = shift(x, mean, -1);
  const { s, vt } = randomized ? randomizedSVD(centred, k, randomized) : svd(centred);
  const components = new Matrix(vt.data.slice(0, k * x.cols) as T, k, x.cols);
  for (let i = 0; i < k; i++) pointForward(components.row(i));
  const variances = sameKind(x.data, k);
  for (let i = 0; i < k; i++) variances[i] = (s[i]! * s[i]!) / (x.rows - 1);
  let total = 0;
  for (const value of centred.data) total += value * value;
  return { mean, components, variances, totalVariance: total / (x.rows - 1) };
}

/**
 * Coordinates of rows along the components: n x k.
 *
 * @throws FletchError `DIMENSION_MISMATCH` when the rows have another length
 */
export function project<T extends Real>({ mean, components }: PCA<T>, x: Matrix<T>): Matrix<T> {
  requireShapes(x.cols === components.cols, 'project', x, components, 'the numbers of columns differ');
  requireSamePrecision('project', x.data, components.data);
  return matmul(shift(x, mean, -1), components, { transposeB: true });
}

/**
 * Rows from their coordinates along the components, the inverse of {@link project} up to what was left out: n x d.
 *
 * @throws FletchError `DIMENSION_MISMATCH` when there are not k coordinates a row
 */
export function reconstruct<T extends Real>({ mean, components }: PCA<T>, coordinates: Matrix<T>): Matrix<T> {
  requireShapes(coordinates.cols === components.rows, 'reconstruct', coordinates, components, 'k differs');
  return shift(matmul(coordinates, components), mean, 1);
}

function columnMeans<T extends Real>(x: Matrix<T>): T {
  const sums = new Float64Array(x.cols);
  for (let i = 0; i < x.rows; i++)
    for (let j = 0; j < x.cols; j++) sums[j]! += x.data[i * x.cols + j]! / x.rows;
  const mean = sameKind(x.data, x.cols);
  mean.set(sums);
  return mean;
}

function shift<T extends Real>(x: Matrix<T>, by: T, sign: 1 | -1): Matrix<T> {
  const data = sameKind(x.data, x.data.length);
  for (let i = 0; i < x.rows; i++)
    for (let j = 0; j < x.cols; j++) data[i * x.cols + j] = x.data[i * x.cols + j]! + sign * by[j]!;
  return new Matrix(data, x.rows, x.cols);
}

function pointForward(row: Real): void {
  let most = 0;
  for (const value of row) if (Math.abs(value) > Math.abs(most)) most = value;
  if (most < 0) for (let j = 0; j < row.length; j++) row[j] = -row[j]!;
}
