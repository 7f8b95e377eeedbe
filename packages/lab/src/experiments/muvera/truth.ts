/**
 * Every query against every document: Chamfer similarities, and what each vector of a query finds.
 *
 * @module
 */
import { Matrix, matmul } from '@fletch/linalg';
import type { IndexHits } from '@fletch/search';
import type { SetData } from './sets.js';

/** Products of vectors that are looked at together. */
const PRODUCTS = 1 << 23;

/** Data with what is true of it. */
export interface Task extends SetData {
  /** Document of each of all vectors. */
  readonly owner: Uint32Array;
  /** Chamfer similarities, queries × documents. */
  readonly truth: Matrix<Float32Array>;
  /** The document that is nearest to each query. */
  readonly nearest: Uint32Array;
  /** Most similar of all vectors to each query's vectors. */
  readonly hits: readonly (readonly IndexHits[])[];
}

/** The largest of many numbers and where they were, in order. */
class Top {
  readonly rows: Uint32Array;
  readonly scores: Float32Array;
  least = Number.NEGATIVE_INFINITY;

  constructor(size: number) {
    this.rows = new Uint32Array(size);
    this.scores = new Float32Array(size).fill(Number.NEGATIVE_INFINITY);
  }

  /** Takes a number that is larger than the least. */
  take(row: number, score: number): void {
    let at = this.rows.length - 1;
    for (; at > 0 && this.scores[at - 1]! < score; at--) {
      this.scores[at] = this.scores[at - 1]!;
      this.rows[at] = this.rows[at - 1]!;
    }
    this.scores[at] = score;
    this.rows[at] = row;
    this.least = this.scores.at(-1)!;
  }
}

/**
 * Compares every query with every document.
 *
 * @param each - hits of a vector that are kept
 */
export function prepare(data: SetData, each: number): Task {
  const { documents, queries } = data;
  const asked = rowsOf(queries);
  const truth = new Matrix(
    new Float32Array(queries.length * documents.length),
    queries.length,
    documents.length,
  );
  const tops = Array.from({ length: asked.rows }, () => new Top(each));
  const owner = new Uint32Array(documents.reduce((sum, { rows }) => sum + rows, 0));
  const most = Math.ceil(PRODUCTS / asked.rows);
  for (let first = 0, row = 0; first < documents.length; ) {
    let end = first + 1;
    let rows = documents[first]!.rows;
    while (end < documents.length && rows + documents[end]!.rows <= most) rows += documents[end++]!.rows;
    const products = matmul(asked, rowsOf(documents.slice(first, end)), { transposeB: true });
    for (let column = 0; first < end; first++) {
      const { rows: size } = documents[first]!;
      owner.fill(first, row, row + size);
      let q = 0;
      queries.forEach((query, i) => {
        let sum = 0;
        for (const stop = q + query.rows; q < stop; q++) {
          const from = q * products.cols + column;
          sum += look(products.data, from, size, tops[q]!, row);
        }
        truth.data[i * documents.length + first] = sum;
      });
      column += size;
      row += size;
    }
  }
  const nearest = Uint32Array.from(queries, (_, i) => largest(truth.row(i), 1)[0]!);
  let end = 0;
  const hits = queries.map(({ rows }) => {
    end += rows;
    return tops.slice(end - rows, end);
  });
  return { ...data, owner, truth, nearest, hits };
}

/** The largest of some products; shows all of them to `top`, the first as that of row `row`. */
function look(products: Float32Array, from: number, size: number, top: Top, row: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < size; i++) {
    const product = products[from + i]!;
    if (product > most) most = product;
    if (product > top.least) top.take(row + i, product);
  }
  return most;
}

/** Sets one below the other. */
export function rowsOf(sets: readonly Matrix<Float32Array>[]): Matrix<Float32Array> {
  const [cols, rows] = [sets[0]!.cols, sets.reduce((sum, set) => sum + set.rows, 0)];
  const all = new Matrix(new Float32Array(rows * cols), rows, cols);
  let at = 0;
  for (const { data } of sets) {
    all.data.set(data, at);
    at += data.length;
  }
  return all;
}

/** Places of the `k` largest, the largest first; equal ones in their order. */
export function largest(scores: Float32Array, k: number): Uint32Array {
  return Uint32Array.from(scores, (_, i) => i)
    .sort((a, b) => scores[b]! - scores[a]! || a - b)
    .subarray(0, k);
}
