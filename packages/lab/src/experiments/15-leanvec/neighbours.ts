/**
 * Exact neighbours, and which of them a search found.
 *
 * @module
 */
import { Matrix, matmul } from '@fletch/linalg';

/** Queries whose scores are in memory at a time. */
const CHUNK = 200;

/** Of each query the k best rows, best first. */
export type Neighbours = readonly Uint32Array[];

/** Row numbers by falling inner product with each query. */
export function byProduct(rows: Matrix, queries: Matrix, k: number): Neighbours {
  return best(rows, queries, k, undefined);
}

/** Row numbers by rising Euclidean distance to each query. */
export function byDistance(rows: Matrix, queries: Matrix, k: number): Neighbours {
  const halves = Float64Array.from({ length: rows.rows }, (_, i) => {
    let sum = 0;
    for (const value of rows.row(i)) sum += value * value;
    return sum / 2;
  });
  return best(rows, queries, k, halves);
}

function best(rows: Matrix, queries: Matrix, k: number, minus: Float64Array | undefined): Neighbours {
  const found: Uint32Array[] = [];
  const n = rows.rows;
  for (let first = 0; first < queries.rows; first += CHUNK) {
    const count = Math.min(CHUNK, queries.rows - first);
    const part = queries.data.subarray(first * queries.cols, (first + count) * queries.cols);
    const scores = matmul(new Matrix(part, count, queries.cols), rows, { transposeB: true });
    for (let i = 0; i < count; i++) found.push(topOf(scores.data.subarray(i * n, (i + 1) * n), k, minus));
  }
  return found;
}

/** The places of the k largest scores, the largest first. */
export function topOf(scores: ArrayLike<number>, k: number, minus?: Float64Array): Uint32Array {
  const places = new Uint32Array(k);
  const values = new Float64Array(k).fill(Number.NEGATIVE_INFINITY);
  for (let row = 0; row < scores.length; row++) {
    const score = minus ? scores[row]! - minus[row]! : scores[row]!;
    if (!(score > values[k - 1]!)) continue;
    let place = k - 1;
    for (; place > 0 && values[place - 1]! < score; place--) {
      values[place] = values[place - 1]!;
      places[place] = places[place - 1]!;
    }
    values[place] = score;
    places[place] = row;
  }
  return places;
}

/** The share of the ten true neighbours that are among the first `candidates` found. */
export function recallOf(found: Neighbours, truth: Neighbours, candidates: number): number {
  let hits = 0;
  truth.forEach((nearest, i) => {
    const first = new Set(found[i]!.subarray(0, candidates));
    for (const row of nearest.subarray(0, 10)) if (first.has(row)) hits++;
  });
  return hits / (10 * truth.length);
}
