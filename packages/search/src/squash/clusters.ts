/**
 * Clusters of nearly equal sizes.
 *
 * @module
 */
import { type LongWork, throwIfAborted } from '@fletch/base';
import { kmeans, Matrix, matmul, type Rng } from '@fletch/linalg';
import { meanOf } from './klt.js';

/** Rows whose distances are computed at a time. */
const CHUNK = 8192;
/** Rows from which the first centroids are found. */
const SAMPLE = 20_000;
const ROUNDS = 30;
const TOLERANCE = 1e-4;

/** Clusters of rows. */
export interface Clusters {
  /** k x d. */
  readonly centroids: Matrix<Float32Array>;
  /** Rows of each cluster, rising. */
  readonly members: readonly Uint32Array[];
}

/** Squared distances of all rows from all centroids, less the rows' own squares: n x k. */
function relativeDistances(x: Matrix<Float32Array>, centroids: Matrix<Float32Array>): Float64Array {
  const k = centroids.rows;
  const result = new Float64Array(x.rows * k);
  const squares = Float64Array.from({ length: k }, (_, c) =>
    centroids.row(c).reduce((sum, value) => sum + value * value, 0),
  );
  for (let first = 0; first < x.rows; first += CHUNK) {
    const count = Math.min(CHUNK, x.rows - first);
    const rows = new Matrix(x.data.subarray(first * x.cols, (first + count) * x.cols), count, x.cols);
    const products = matmul(rows, centroids, { transposeB: true }).data;
    for (let i = 0; i < products.length; i++) result[first * k + i] = squares[i % k]! - 2 * products[i]!;
  }
  return result;
}

/** Numbers 0 to n - 1 by rising key. */
function orderBy(keys: Float64Array): Uint32Array {
  return Uint32Array.from(keys.keys()).sort((a, b) => keys[a]! - keys[b]! || a - b);
}

/**
 * Assigns rows to centroids within limits of size: those that lose most by not getting their nearest come first, each takes
 * the nearest with room; then clusters that are too small take the rows that lose least.
 */
export function assignWithin(
  distances: Float64Array,
  k: number,
  { least, most }: { readonly least: number; readonly most: number },
): Uint32Array {
  const n = distances.length / k;
  const regret = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let [first, second] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let c = 0; c < k; c++) {
      const value = distances[i * k + c]!;
      if (value < first) [first, second] = [value, first];
      else if (value < second) second = value;
    }
    regret[i] = first - second;
  }
  const labels = new Uint32Array(n);
  const sizes = new Uint32Array(k);
  for (const i of orderBy(regret)) {
    let best = -1;
    for (let c = 0; c < k; c++)
      if (sizes[c]! < most && (best < 0 || distances[i * k + c]! < distances[i * k + best]!)) best = c;
    labels[i] = best;
    sizes[best]!++;
  }
  for (let c = 0; c < k; c++) {
    if (sizes[c]! >= least) continue;
    const losses = Float64Array.from(labels, (label, i) =>
      label === c ? Number.POSITIVE_INFINITY : distances[i * k + c]! - distances[i * k + label]!,
    );
    for (const i of orderBy(losses)) {
      if (sizes[c]! >= least) break;
      if (sizes[labels[i]!]! <= least) continue;
      sizes[labels[i]!]!--;
      labels[i] = c;
      sizes[c]!++;
    }
  }
  return labels;
}

function membersOf(labels: Uint32Array, k: number): Uint32Array[] {
  const members: number[][] = Array.from({ length: k }, () => []);
  for (let i = 0; i < labels.length; i++) members[labels[i]!]!.push(i);
  return members.map((rows) => Uint32Array.from(rows));
}

/**
 * k-means whose clusters all hold from 0.9 n/k to 1.1 n/k rows (Bradley, Bennett and Demiriz, Microsoft Research
 * MSR-TR-2000-65; the assignment is greedy by regret instead of a minimum-cost flow). Distances are those of the principal
 * coordinates too, which a rotation does not change, so that none is made for it.
 */
export async function equalClusters(
  x: Matrix<Float32Array>,
  k: number,
  random: Rng,
  { signal, onProgress }: LongWork = {},
): Promise<Clusters> {
  const all = Uint32Array.from({ length: x.rows }, (_, i) => i);
  if (k === 1) {
    const mean = meanOf(x, all);
    return { centroids: new Matrix(mean, 1, x.cols), members: [all] };
  }
  const limits = { least: Math.floor((0.9 * x.rows) / k), most: Math.ceil((1.1 * x.rows) / k) };
  let centroids = kmeans(sample(x, random), k, { iterations: 10, random }).centroids;
  let members: Uint32Array[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    throwIfAborted(signal);
    members = membersOf(assignWithin(relativeDistances(x, centroids), k, limits), k);
    const next = new Matrix(new Float32Array(k * x.cols), k, x.cols);
    for (const [c, rows] of members.entries()) next.data.set(meanOf(x, rows), c * x.cols);
    const moved = next.data.reduce((sum, value, i) => sum + (value - centroids.data[i]!) ** 2, 0);
    const size = next.data.reduce((sum, value) => sum + value * value, 0);
    centroids = next;
    onProgress?.({ done: round + 1, total: ROUNDS, stage: 'partitioning' });
    if (moved <= TOLERANCE * TOLERANCE * size) break;
    await new Promise(setImmediate);
  }
  return { centroids, members };
}

function sample(x: Matrix<Float32Array>, random: Rng): Matrix<Float32Array> {
  if (x.rows <= SAMPLE) return x;
  const rows = random.sample(x.rows, SAMPLE).sort();
  const data = new Float32Array(SAMPLE * x.cols);
  for (let i = 0; i < rows.length; i++) data.set(x.row(rows[i]!), i * x.cols);
  return new Matrix(data, SAMPLE, x.cols);
}
