/**
 * Matrices with known singular vectors, for tests.
 *
 * @module
 */
import { array, type NDArray } from '@fletch/array';
import { Matrix, matmul, randomOrthogonal, rng, transpose } from '@fletch/linalg';

/** `U diag(s) Vᵀ` in float32, of two matrices with orthonormal columns. */
export function composed(u: Matrix<Float64Array>, s: readonly number[], v: Matrix<Float64Array>): NDArray {
  const scaled = new Matrix(
    u.data.map((value, i) => value * s[i % u.cols]!),
    u.rows,
    u.cols,
  );
  return stored(matmul(scaled, v, { transposeB: true }));
}

/** A matrix as a tensor. */
export const stored = (matrix: Matrix): NDArray =>
  array(Float32Array.from(matrix.data), 'float32', [matrix.rows, matrix.cols]);

/** Random orthonormal bases of outputs and inputs, and falling singular values. */
export function bases(out: number, inner: number, seed: number) {
  const random = rng(seed);
  const count = Math.min(out, inner);
  return {
    u: randomOrthogonal(random, out, count),
    v: randomOrthogonal(random, inner, count),
    s: Array.from({ length: count }, (_, i) => 4 * 0.9 ** i),
    random,
  };
}

/** The transposed tensor. */
export const flipped = ({ data, shape }: NDArray): NDArray =>
  stored(transpose(new Matrix(data as Float32Array, shape[0]!, shape[1]!)));
