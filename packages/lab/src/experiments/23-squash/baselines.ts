/**
 * What system 23 is compared with: product quantization, and a graph whose hits are filtered afterwards.
 *
 * @module
 */
import { kmeans, Matrix, matmul, rng } from '@fletch/linalg';
import { createHnswIndex } from '@fletch/search';
import { K, matching, nearest, type Setting } from './data.js';

/** Rows that codebooks are learned from. */
const SAMPLE = 6000;
const CENTRES = 256;

/** Columns `from` to before `to` of some rows. */
function columns(x: Matrix<Float32Array>, rows: ArrayLike<number>, from: number, to: number) {
  const result = new Matrix(new Float32Array(rows.length * (to - from)), rows.length, to - from);
  for (let i = 0; i < rows.length; i++)
    result.data.set(x.data.subarray(rows[i]! * x.cols + from, rows[i]! * x.cols + to), i * (to - from));
  return result;
}

/**
 * Product quantization (Jégou, Douze and Schmid, IEEE TPAMI 33(1), 2011): a code of a byte for each of `bytes` groups of
 * neighbouring columns. Candidates are ranked by asymmetric distance and the first `read` are read.
 */
export function productQuantization(setting: Setting, bytes: number, read: number, seed: number): number[][] {
  const { x, questions } = setting;
  const all = Uint32Array.from({ length: x.rows }, (_, i) => i);
  const random = rng(seed, 2302);
  const sample = random.sample(x.rows, Math.min(SAMPLE, x.rows));
  const groups = Array.from({ length: bytes }, (_, g) => {
    const [from, to] = [Math.floor((g * x.cols) / bytes), Math.floor(((g + 1) * x.cols) / bytes)];
    const centres = kmeans(columns(x, sample, from, to), Math.min(CENTRES, sample.length), {
      iterations: 8,
      random,
    }).centroids;
    return { from, to, centres, codes: encode(columns(x, all, from, to), centres) };
  });
  return questions.map(({ query, where }) => {
    const rows = matching(setting, where);
    const sums = new Float64Array(rows.length);
    for (const { from, to, centres, codes } of groups) {
      const part = query.subarray(from, to);
      const table = Float64Array.from({ length: centres.rows }, (_, c) =>
        centres.row(c).reduce((sum, value, j) => sum + (value - part[j]!) ** 2, 0),
      );
      for (let i = 0; i < rows.length; i++) sums[i]! += table[codes[rows[i]!]!]!;
    }
    const order = Array.from(rows.keys()).sort((a, b) => sums[a]! - sums[b]!);
    return nearest(
      x,
      query,
      Uint32Array.from(order.slice(0, read), (i) => rows[i]!),
      K,
    );
  });
}

/** The nearest centre of every row. */
function encode(x: Matrix<Float32Array>, centres: Matrix<Float32Array>): Uint8Array {
  const products = matmul(x, centres, { transposeB: true });
  const halves = Float64Array.from({ length: centres.rows }, (_, c) =>
    centres.row(c).reduce((sum, value) => sum + (value * value) / 2, 0),
  );
  return Uint8Array.from({ length: x.rows }, (_, i) => {
    const row = products.row(i);
    let best = 0;
    for (let c = 1; c < row.length; c++) if (halves[c]! - row[c]! < halves[best]! - row[best]!) best = c;
    return best;
  });
}

/** A graph over all vectors. */
export async function graphOf({ x }: Setting) {
  const index = await createHnswIndex({ dimension: x.cols, distance: 'Euclid', capacity: x.rows });
  await index.add(
    Uint32Array.from({ length: x.rows }, (_, i) => i),
    x.data,
  );
  await index.settled();
  return index;
}
