/**
 * k-means clustering.
 *
 * @module
 */
import { type LongWork, throwIfAborted } from '@fletch/base';
import { requireFinite, requireInteger, requireSamePrecision, requireShapes, shape } from './checks.js';
import { type Arena, withArena } from './core/arena.js';
import { multiplyAdd } from './core/block.js';
import { Matrix, type Real, sameKind } from './matrix.js';
import { type Rng, rng } from './random/rng.js';

/** Rows whose distances are computed at a time. */
const CHUNK = 1024;

/** Clusters of rows. */
export interface KMeans<T extends Real> {
  /** k x d. */
  readonly centroids: Matrix<T>;
  /** Cluster of each of the n rows. */
  readonly labels: Uint32Array;
  /** Sum of the squared distances of the rows from their centroids. */
  readonly inertia: number;
  /** Rounds of assignment and update that were needed. */
  readonly iterations: number;
}

/** Options of {@link kmeans}. */
export interface KMeansOptions extends LongWork {
  /** Most rounds; default 100. It also ends when no label changes. */
  readonly iterations?: number;
  /** Source of the first centroids; default `rng(0)`. */
  readonly random?: Rng;
  /** First centroids, k x d, instead of k-means++. */
  readonly initial?: Matrix;
}

/**
 * Lloyd's algorithm (IEEE Trans. Inf. Theory 28(2), 1982) from k-means++ centroids (Arthur and Vassilvitskii, SODA 2007).
 * A cluster that loses all rows takes the row farthest from its centroid.
 *
 * @param x - n x d
 * @param k - from 1 to n
 * @throws FletchError `INVALID_ARGUMENT` for another k or initial centroids of another shape, `NON_FINITE` with the
 *   position, `ABORTED`
 */
export function kmeans<T extends Real>(x: Matrix<T>, k: number, options: KMeansOptions = {}): KMeans<T> {
  const { iterations = 100, random = rng(0), initial, signal, onProgress } = options;
  requireInteger('k', k, 1, x.rows);
  requireInteger('iterations', iterations, 1);
  requireFinite('kmeans', x);
  if (initial) {
    requireInteger(`rows of the initial centroids (${shape(initial)})`, initial.rows, k, k);
    requireInteger(`columns of the initial centroids (${shape(initial)})`, initial.cols, x.cols, x.cols);
  }
  const centroids = new Matrix(sameKind(x.data, k * x.cols), k, x.cols);
  centroids.data.set(initial ? initial.data : plusPlus(x, k, random));
  const labels = new Uint32Array(x.rows);
  const distances = new Float64Array(x.rows);
  let round = 0;
  for (; round < iterations; round++) {
    throwIfAborted(signal);
    const changed = assignRows(x, centroids, labels, distances);
    onProgress?.({ done: round + 1, total: iterations, stage: 'clustering' });
    if (round > 0 && changed === 0) break;
    update(x, centroids, labels, distances);
  }
  assignRows(x, centroids, labels, distances);
  const inertia = distances.reduce((sum, value) => sum + value, 0);
  return { centroids, labels, inertia, iterations: round };
}

/** Where rows belong. */
export interface NearestCentroids {
  /** Nearest centroid of each of the n rows; the first of equals. */
  readonly labels: Uint32Array;
  /** Squared distances from it. */
  readonly distances: Float64Array;
}

/**
 * The nearest of some centroids for each row.
 *
 * @param x - n x d
 * @param centroids - k x d, k at least 1
 * @throws FletchError `DIMENSION_MISMATCH` for other columns, `INVALID_ARGUMENT` without centroids or for two precisions,
 *   `NON_FINITE` with the position
 */
export function nearestCentroids<T extends Real>(x: Matrix<T>, centroids: Matrix<T>): NearestCentroids {
  requireInteger('rows of the centroids', centroids.rows, 1);
  requireShapes(x.cols === centroids.cols, 'nearestCentroids', x, centroids, 'the columns differ');
  requireSamePrecision('nearestCentroids', x.data, centroids.data);
  const labels = new Uint32Array(x.rows);
  const distances = new Float64Array(x.rows);
  assignRows(x, centroids, labels, distances);
  return { labels, distances };
}

/** The nearest centroid of each row; returns how many labels changed. */
function assignRows(x: Matrix, centroids: Matrix, labels: Uint32Array, distances: Float64Array): number {
  return withArena((arena) => {
    const c = arena.load('kmeans', centroids).block;
    const halves = Float64Array.from({ length: centroids.rows }, (_, j) => squares(centroids.row(j)) / 2);
    let changed = 0;
    const mark = arena.mark;
    for (let first = 0; first < x.rows; first += CHUNK) {
      const count = Math.min(CHUNK, x.rows - first);
      const rows = new Matrix(
        x.data.subarray(first * x.cols, (first + count) * x.cols) as Real,
        count,
        x.cols,
      );
      const block = arena.load('kmeans', rows).block;
      const products = arena.block(block.field, count, centroids.rows);
      multiplyAdd(1, block, c.t, products);
      for (let i = 0; i < count; i++) {
        const best = nearest(arena, products.at(i, 0), products.field, halves);
        if (labels[first + i] !== best) changed++;
        labels[first + i] = best;
        distances[first + i] = squaredDistance(rows.row(i), centroids.row(best));
      }
      arena.release(mark);
    }
    return changed;
  });
}

/** The j that minimizes `|c_j|^2 / 2 - x.c_j`. */
function nearest(
  arena: Arena,
  address: number,
  field: Parameters<Arena['numbers']>[0],
  halves: Float64Array,
): number {
  const row = arena.numbers(field, address, halves.length);
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let j = 0; j < row.length; j++) {
    const value = halves[j]! - row[j]!;
    if (value < least) {
      least = value;
      best = j;
    }
  }
  return best;
}

/** Means of the clusters; `distances` is spent on finding rows for empty ones. */
function update(x: Matrix, centroids: Matrix, labels: Uint32Array, distances: Float64Array): void {
  const { rows: k, cols: d } = centroids;
  const counts = new Float64Array(k);
  const sums = new Float64Array(k * d);
  const add = (i: number, label: number, sign: 1 | -1) => {
    counts[label]! += sign;
    for (let j = 0; j < d; j++) sums[label * d + j]! += sign * x.data[i * d + j]!;
  };
  for (let i = 0; i < x.rows; i++) add(i, labels[i]!, 1);
  for (let c = 0; c < k; c++) {
    if (counts[c]! > 0) continue;
    const farthest = distances.reduce(
      (best, value, i) => (counts[labels[i]!]! > 1 && value > (best < 0 ? -1 : distances[best]!) ? i : best),
      -1,
    );
    add(farthest, labels[farthest]!, -1);
    labels[farthest] = c;
    distances[farthest] = 0;
    add(farthest, c, 1);
  }
  for (let c = 0; c < k; c++)
    for (let j = 0; j < d; j++) centroids.data[c * d + j] = sums[c * d + j]! / counts[c]!;
}

/** k rows, each drawn in proportion to the squared distance from those before; any unused row when all are zero. */
function plusPlus(x: Matrix, k: number, random: Rng): Float64Array {
  const result = new Float64Array(k * x.cols);
  const distances = new Float64Array(x.rows).fill(Number.POSITIVE_INFINITY);
  const used = new Set<number>();
  let chosen = random.integer(x.rows);
  for (let c = 0; ; c++) {
    used.add(chosen);
    const centre = x.row(chosen);
    result.set(centre, c * x.cols);
    if (c === k - 1) return result;
    let total = 0;
    for (let i = 0; i < x.rows; i++) {
      distances[i] = Math.min(distances[i]!, squaredDistance(x.row(i), centre));
      total += distances[i]!;
    }
    chosen = total > 0 ? random.categorical(distances) : distances.findIndex((_, i) => !used.has(i));
  }
}

function squares(x: Real): number {
  let sum = 0;
  for (let j = 0; j < x.length; j++) sum += x[j]! * x[j]!;
  return sum;
}

function squaredDistance(x: Real, y: Real): number {
  let sum = 0;
  for (let j = 0; j < x.length; j++) sum += (x[j]! - y[j]!) ** 2;
  return sum;
}
