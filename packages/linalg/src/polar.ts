/**
 * Polar decomposition.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { shape } from './checks.js';
import { matmul } from './matmul.js';
import { Matrix, type Real } from './matrix.js';
import { svd } from './svd.js';

/** `A = U P`. */
export interface Polar<T extends Real> {
  /** m x n, orthonormal columns: the nearest such matrix to A. */
  readonly u: Matrix<T>;
  /** n x n, symmetric positive semidefinite. */
  readonly p: Matrix<T>;
}

/**
 * Polar decomposition by the singular value decomposition (Golub and Van Loan, section 9.4.3). U of a rank-deficient
 * matrix is one of many.
 *
 * @param a - m x n with m >= n
 * @throws FletchError `INVALID_ARGUMENT` when there are more columns than rows, `NON_FINITE` with the position
 */
export function polar<T extends Real>(a: Matrix<T>): Polar<T> {
  if (a.rows < a.cols)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `polar needs rows >= columns, not ${shape(a)}: transpose the matrix.`,
    );
  const { u, s, vt } = svd(a);
  const factor = matmul(u, vt);
  const scaled = vt.data.slice();
  for (let i = 0; i < vt.rows; i++) for (let j = 0; j < vt.cols; j++) scaled[i * vt.cols + j]! *= s[i]!;
  const p = matmul(vt, new Matrix(scaled as T, vt.rows, vt.cols), { transposeA: true });
  // Symmetric to the last bit.
  for (let i = 0; i < p.rows; i++)
    for (let j = 0; j < i; j++)
      p.data[i * p.cols + j] = p.data[j * p.cols + i] = (p.at(i, j) + p.at(j, i)) / 2;
  return { u: factor, p };
}
