/**
 * Exact nearest neighbours, by comparing all with all.
 *
 * @module
 */
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { Matrix, matmul } from '@fletch/linalg';
import { comparisons } from './distance.js';
import { isBefore } from './heaps.js';
import { checkMetric, type StudyMetric } from './options.js';

/** Of each query, nearest first: `k` places in a row. */
export interface Neighbours {
  readonly k: number;
  readonly ids: Uint32Array;
  /** As {@link StudyMetric} says. */
  readonly dists: Float64Array;
}

/** Queries that are compared together. */
const TOGETHER = 256;

/**
 * The `k` nearest rows for each query; equal distances by row.
 *
 * @param x - n x D
 * @param queries - m x D; default: the rows themselves, each without itself
 * @param sample - which of the rows to ask for when there are no queries; default: all
 * @throws FletchError `INVALID_ARGUMENT` unless 1 <= k <= n (< n without queries), `DIMENSION_MISMATCH`, `NON_FINITE`,
 *   `ZERO_VECTOR` under `cosine`, `ABORTED`
 */
export function exactNeighbours(
  x: Matrix<Float32Array>,
  {
    k,
    metric,
    queries,
    sample,
    signal,
    onProgress,
  }: LongWork & {
    readonly k: number;
    readonly metric: StudyMetric;
    readonly queries?: Matrix<Float32Array>;
    readonly sample?: ArrayLike<number>;
  },
): Neighbours {
  checkMetric(metric);
  const most = queries ? x.rows : x.rows - 1;
  if (!Number.isInteger(k) || k < 1 || k > most)
    throw new FletchError('INVALID_ARGUMENT', `k must be an integer from 1 to ${most}, but is ${k}.`);
  if (queries && queries.cols !== x.cols)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `Queries have ${queries.cols} dimensions, rows have ${x.cols}.`,
    );
  const rows = metric === 'cosine' ? unitRows(x, 'row') : x;
  const asked = queries
    ? metric === 'cosine'
      ? unitRows(queries, 'query')
      : queries
    : chosenRows(rows, sample);
  const compare = comparisons[metric];
  const squares = metric === 'l2' ? squaredLengths(rows) : undefined;
  const ids = new Uint32Array(asked.rows * k);
  const dists = new Float64Array(asked.rows * k);
  for (let from = 0; from < asked.rows; from += TOGETHER) {
    throwIfAborted(signal);
    const count = Math.min(TOGETHER, asked.rows - from);
    const part = new Matrix(
      asked.data.slice(from * asked.cols, (from + count) * asked.cols),
      count,
      asked.cols,
    );
    const products = matmul(part, rows, { transposeB: true });
    for (let i = 0; i < count; i++) {
      const own = queries ? -1 : (sample?.[from + i] ?? from + i);
      const rough = products.data.subarray(i * rows.rows, (i + 1) * rows.rows);
      // By products in single precision more than k are chosen, and then compared in double precision.
      const chosen = smallest(rough, squares, Math.min(most, k + 16), own);
      const vector = rowOf(part, i);
      const exact = chosen.map((row) => ({ row, dist: compare(vector, rowOf(rows, row)) }));
      exact.sort((a, b) => a.dist - b.dist || a.row - b.row);
      for (let j = 0; j < k; j++) {
        ids[(from + i) * k + j] = exact[j]!.row;
        dists[(from + i) * k + j] = exact[j]!.dist;
      }
    }
    onProgress?.({ done: from + count, total: asked.rows, stage: 'comparing all with all' });
  }
  return { k, ids, dists };
}

function chosenRows(x: Matrix<Float32Array>, sample?: ArrayLike<number>): Matrix<Float32Array> {
  if (!sample) return x;
  const chosen = new Matrix(new Float32Array(sample.length * x.cols), sample.length, x.cols);
  for (let i = 0; i < sample.length; i++) chosen.data.set(rowOf(x, sample[i]!), i * x.cols);
  return chosen;
}

const rowOf = ({ data, cols }: Matrix<Float32Array>, i: number) => data.subarray(i * cols, (i + 1) * cols);

/** Rows with the smallest |b|² − 2ab, or −ab. */
function smallest(
  products: Float32Array,
  squares: Float64Array | undefined,
  count: number,
  without: number,
): number[] {
  const rows: number[] = [];
  const values: number[] = [];
  for (let row = 0; row < products.length; row++) {
    if (row === without) continue;
    const value = squares ? squares[row]! - 2 * products[row]! : -products[row]!;
    if (rows.length === count && !isBefore(value, row, values[count - 1]!, rows[count - 1]!)) continue;
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(value, row, values[middle]!, rows[middle]!)) high = middle;
      else low = middle + 1;
    }
    rows.splice(low, 0, row);
    values.splice(low, 0, value);
    if (rows.length > count) {
      rows.pop();
      values.pop();
    }
  }
  return rows;
}

function squaredLengths({ data, rows, cols }: Matrix<Float32Array>): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < cols; j++) sum += data[i * cols + j]! ** 2;
    return sum;
  });
}

function unitRows(x: Matrix<Float32Array>, what: string): Matrix<Float32Array> {
  const lengths = squaredLengths(x).map(Math.sqrt);
  const zero = lengths.indexOf(0);
  if (zero >= 0)
    throw new FletchError(
      'ZERO_VECTOR',
      `Zeros have no direction, which cosines compare: ${what} ${zero} is all zeros.`,
    );
  return new Matrix(
    x.data.map((value, i) => value / lengths[Math.floor(i / x.cols)]!),
    x.rows,
    x.cols,
  );
}
