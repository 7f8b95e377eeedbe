/**
 * Chamfer similarity, also called MaxSim.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { Matrix, matmul } from '@fletch/linalg';
import { joinSets } from './sets.js';

/**
 * `Σ_q max_p ⟨q, p⟩`: every vector of the query with its best of the document (Khattab and Zaharia, SIGIR 2020).
 *
 * @param query - m × d
 * @param document - n × d
 * @throws FletchError `INVALID_ARGUMENT` for an empty set, `DIMENSION_MISMATCH`, `NON_FINITE`
 * @example
 * ```ts
 * chamfer(Matrix.from([[1, 0]]), Matrix.from([[0, 1], [0.5, 0]])); // 0.5
 * ```
 */
export function chamfer(query: Matrix, document: Matrix): number {
  joinSets([query, document], query.cols);
  const double = (set: Matrix) => new Matrix(Float64Array.from(set.data), set.rows, set.cols);
  const products = matmul(double(query), double(document), { transposeB: true });
  let sum = 0;
  for (let i = 0; i < products.rows; i++) sum += products.row(i).reduce((a, b) => Math.max(a, b));
  return sum;
}

/**
 * Ball carving: vectors that are close together become their sum, so that a query has fewer of them. The first
 * vector that is left takes all within `tau` of it by cosine, over and over.
 *
 * `max_p ⟨Σx, p⟩ ≤ Σ max_p ⟨x, p⟩`, with equality where the members of a ball share their best vector.
 *
 * @param set - m × d
 * @param tau - least cosine to a ball's first vector; above 1 every vector stays alone. Default: 0.7
 * @throws FletchError `INVALID_ARGUMENT` for an empty set or a `tau` that is no number, `NON_FINITE`
 */
export function ballCarve(set: Matrix, tau = 0.7): Matrix<Float32Array> {
  if (Number.isNaN(tau)) throw new FletchError('INVALID_ARGUMENT', 'tau is not a number.');
  const { vectors } = joinSets([set], set.cols);
  const cosines = cosinesOf(vectors);
  const left = new Set(Array.from({ length: set.rows }, (_, i) => i));
  const balls: Float32Array[] = [];
  for (const centre of left) {
    const sum = new Float32Array(set.cols);
    for (const i of left) {
      if (i !== centre && !(cosines.at(centre, i) >= tau)) continue;
      left.delete(i);
      vectors.row(i).forEach((value, j) => {
        sum[j]! += value;
      });
    }
    balls.push(sum);
  }
  return Matrix.from(balls, 'float32');
}

/** Cosines of all pairs; a vector of zeros has 0 with all. */
function cosinesOf(vectors: Matrix<Float32Array>): Matrix<Float64Array> {
  const double = new Matrix(Float64Array.from(vectors.data), vectors.rows, vectors.cols);
  const products = matmul(double, double, { transposeB: true });
  const lengths = Float64Array.from({ length: vectors.rows }, (_, i) => Math.sqrt(products.at(i, i)));
  for (let i = 0; i < products.rows; i++)
    for (let j = 0; j < products.cols; j++) {
      const size = lengths[i]! * lengths[j]!;
      // Rounding must not put a cosine outside its range: tau = -1 means all.
      products.data[i * products.cols + j] =
        size === 0 ? 0 : Math.max(-1, Math.min(1, products.at(i, j) / size));
    }
  return products;
}
