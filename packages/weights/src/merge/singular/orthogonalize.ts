/**
 * The nearest matrix with orthonormal columns, whose null directions stay null.
 *
 * @module
 */
import { eigh, Matrix, matmul, svd, transpose } from '@fletch/linalg';

type Real = Matrix<Float32Array>;

/** Singular values below this share of the first count as zero. */
export const NEGLIGIBLE = 1e-6;

/** Columns `from` to `to - 1`, copied. */
export function columns(a: Real, from: number, to: number): Real {
  const data = new Float32Array(a.rows * (to - from));
  for (let i = 0; i < a.rows; i++) data.set(a.row(i).subarray(from, to), i * (to - from));
  return new Matrix(data, a.rows, to - from);
}

/** Rows `from` to `to - 1`. */
export const rows = (a: Real, from: number, to: number): Real =>
  new Matrix(a.data.subarray(from * a.cols, to * a.cols), to - from, a.cols);

/** How many leading values are not negligible. */
export function rankOf(values: ArrayLike<number>, tolerance = NEGLIGIBLE): number {
  let rank = 0;
  while (rank < values.length && values[rank]! > 0 && values[rank]! >= tolerance * values[0]!) rank++;
  return rank;
}

/**
 * The polar factor `P Qᵀ` of `A = P D Qᵀ`, null directions left out.
 *
 * @param a - at least as many rows as columns
 * @param variant - by a singular value decomposition, or as `A (Aᵀ A)^−½` by eigenvalues: faster, and the same for
 *   columns that are far from dependent
 */
export function orthogonalize(a: Real, variant: 'svd' | 'eigen' = 'svd'): Real {
  if (variant === 'svd') {
    const { u, s, vt } = svd(a);
    const rank = rankOf(s);
    return matmul(columns(u, 0, rank), rows(vt, 0, rank));
  }
  const { values, vectors } = eigh(matmul(a, a, { transposeA: true }));
  const peak = values.reduce((most, value) => Math.max(most, value), 0);
  const scaled = vectors.data.slice();
  for (let j = 0; j < vectors.cols; j++) {
    const value = values[j]!;
    const factor = value > NEGLIGIBLE * peak ? 1 / Math.sqrt(value) : 0;
    for (let i = 0; i < vectors.rows; i++) scaled[i * vectors.cols + j]! *= factor;
  }
  const root = matmul(new Matrix(scaled, vectors.rows, vectors.cols), transpose(vectors));
  return matmul(a, root);
}
