/**
 * How much of a table its compressed form keeps.
 *
 * @module
 */
import { Matrix, matmul, rng } from '@fletch/linalg';
import type { CompressedVectors } from './compress.js';
import { rowsOf } from './groups.js';

const K = 10;

/**
 * The rows of a base that are nearest to queries, by Euclidean distance.
 *
 * @param base - n × d
 * @param queries - m × d
 * @param own - for every query, a row of the base that does not count: itself
 * @returns for every query the ten nearest, or all when there are fewer
 */
export function nearestTen(
  base: Matrix<Float32Array>,
  queries: Matrix<Float32Array>,
  own?: ArrayLike<number>,
): Set<number>[] {
  const products = matmul(queries, base, { transposeB: true });
  const halves = Float64Array.from({ length: base.rows }, (_, i) => {
    const row = base.row(i);
    let sum = 0;
    for (let j = 0; j < row.length; j++) sum += row[j]! ** 2;
    return sum / 2;
  });
  return Array.from({ length: queries.rows }, (_, q) => {
    const distance = Float64Array.from(products.row(q), (product, i) => halves[i]! - product);
    if (own) distance[own[q]!] = Number.POSITIVE_INFINITY;
    const ids = new Set<number>();
    const limit = distance.slice().sort()[Math.min(K, distance.length) - 1]!;
    // Those below the limit first: ties must not keep a nearer one out.
    for (const within of [(value: number) => value < limit, (value: number) => value === limit])
      for (let i = 0; i < distance.length && ids.size < K; i++)
        if (within(distance[i]!) && Number.isFinite(distance[i]!)) ids.add(i);
    return ids;
  });
}

/**
 * Recall@10: how many of the ten nearest rows are found when the base is the compressed one.
 *
 * @param compressed - the base as it comes back, n × d
 */
export function recallAtTen(
  base: Matrix<Float32Array>,
  compressed: Matrix<Float32Array>,
  queries: Matrix<Float32Array>,
  own?: ArrayLike<number>,
): number {
  const exact = nearestTen(base, queries, own);
  const found = nearestTen(compressed, queries, own);
  let hits = 0;
  let all = 0;
  for (const [q, ids] of exact.entries()) {
    all += ids.size;
    for (const id of found[q]!) if (ids.has(id)) hits++;
  }
  return all === 0 ? 1 : hits / all;
}

/** What a compressed table keeps. */
export interface CompressionQuality {
  /** ‖x − x̂‖ / ‖x‖ over the whole table. */
  readonly error: number;
  /** Of rows of a sample, searched for among the others. */
  readonly recall: number;
}

/** Rows of the sample that is searched, and rows that are searched for. */
const SAMPLE = 20_000;
const QUERIES = 200;

/**
 * The error of a compressed table, and its recall@10 on a sample of at most 20,000 rows.
 *
 * @param seed - of the sample. Default 0
 */
export function compressionQuality(
  table: Matrix<Float32Array>,
  compressed: CompressedVectors,
  seed = 0,
): CompressionQuality {
  const { rows, cols } = table;
  let [difference, size] = [0, 0];
  const step = Math.max(1, Math.floor(2 ** 22 / cols));
  for (let first = 0; first < rows; first += step) {
    const ids = Int32Array.from({ length: Math.min(step, rows - first) }, (_, i) => first + i);
    const back = compressed.decompress(ids);
    for (let i = 0; i < back.length; i++) {
      const value = table.data[first * cols + i]!;
      difference += (value - back[i]!) ** 2;
      size += value ** 2;
    }
  }
  const random = rng(seed, 30);
  const sample = Int32Array.from(random.sample(rows, Math.min(rows, SAMPLE)));
  const own = Int32Array.from({ length: Math.min(QUERIES, sample.length) }, (_, i) => i);
  const base = rowsOf(table, sample);
  const queries = new Matrix(base.data.subarray(0, own.length * cols), own.length, cols);
  const found = new Matrix(compressed.decompress(sample), sample.length, cols);
  return {
    error: size > 0 ? Math.sqrt(difference / size) : 0,
    recall: recallAtTen(base, found, queries, own),
  };
}
