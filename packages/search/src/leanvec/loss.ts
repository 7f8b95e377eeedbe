/**
 * What is lost when queries and vectors meet in fewer dimensions (Tepper, Bhati, Aguerrebere, Hildebrand and Willke,
 * LeanVec, TMLR 2024, arXiv 2312.16335): the mean of `(q'AB'x - q'x)²` over all queries and vectors.
 *
 * With the second moments `K_Q = Q'Q/m` and `K_X = X'X/n` it is
 * `L(A, B) = tr(B A'K_Q A B'K_X) - 2 tr(K_Q A B'K_X) + tr(K_Q K_X)`.
 *
 * @module
 */
import { eigh, Matrix, matmul, svd, zeros } from '@fletch/linalg';
import { inner } from './statistics.js';

/** The second moments of both sides, D x D each. */
export interface Moments {
  readonly queries: Matrix<Float64Array>;
  readonly vectors: Matrix<Float64Array>;
}

/** Two D x d matrices: `q → A'q`, `x → B'x`. */
export interface Pair {
  readonly A: Matrix<Float64Array>;
  readonly B: Matrix<Float64Array>;
}

/** `K_Q A`, `K_X B`, `A'K_Q A`, `B'K_X B` and `A'K_Q K_X B`, which loss and gradients share. */
function products({ queries, vectors }: Moments, { A, B }: Pair) {
  const ka = matmul(queries, A);
  const kb = matmul(vectors, B);
  return { ka, kb, aka: matmul(A, ka, { transposeA: true }), bkb: matmul(B, kb, { transposeA: true }) };
}

/** The loss of a pair; never below zero. */
export function projectionLoss(moments: Moments, pair: Pair): number {
  const { ka, kb, aka, bkb } = products(moments, pair);
  return Math.max(0, inner(aka, bkb) - 2 * inner(ka, kb) + inner(moments.queries, moments.vectors));
}

/** The gradient by A: `2 K_Q A B'K_X B - 2 K_Q K_X B`. */
export function gradientA(moments: Moments, { A, B }: Pair): Matrix<Float64Array> {
  const kb = matmul(moments.vectors, B);
  const bkb = matmul(B, kb, { transposeA: true });
  const inside = matmul(A, bkb);
  for (let at = 0; at < inside.data.length; at++) inside.data[at] = 2 * (inside.data[at]! - kb.data[at]!);
  return matmul(moments.queries, inside);
}

/** The gradient by B: `2 K_X B A'K_Q A - 2 K_X K_Q A`. */
export function gradientB({ queries, vectors }: Moments, { A, B }: Pair): Matrix<Float64Array> {
  return gradientA({ queries: vectors, vectors: queries }, { A: B, B: A });
}

/**
 * The pair with the least loss of all pairs of d columns, without any constraint, and that loss: the best rank-d
 * approximation of `K_Q^½ K_X^½`, turned back (Eckart and Young). What is singular is inverted where it is not.
 *
 * @returns `loss` = the sum of the squared singular values from d on
 */
export function optimalProjection(
  { queries, vectors }: Moments,
  d: number,
): Pair & { readonly loss: number } {
  const q = roots(queries);
  const x = roots(vectors);
  const { u, s, vt } = svd(matmul(q.root, x.root));
  const left = zeros(u.rows, d);
  const right = zeros(u.rows, d);
  for (let i = 0; i < u.rows; i++)
    for (let j = 0; j < d; j++) {
      const weight = Math.sqrt(s[j]!);
      left.data[i * d + j] = u.at(i, j) * weight;
      right.data[i * d + j] = vt.at(j, i) * weight;
    }
  let loss = 0;
  for (let i = d; i < s.length; i++) loss += s[i]! ** 2;
  return { A: matmul(q.inverse, left), B: matmul(x.inverse, right), loss };
}

/** `K^½` and its pseudo-inverse. */
function roots(k: Matrix<Float64Array>) {
  const { values, vectors } = eigh(k);
  const least = Math.max(0, values[values.length - 1] ?? 0) * 1e-12;
  const weighted = (weight: (value: number) => number) => {
    const scaled = vectors.data.slice();
    for (let at = 0; at < scaled.length; at++) scaled[at]! *= weight(values[at % k.cols]!);
    return matmul(new Matrix(scaled, k.rows, k.cols), vectors, { transposeB: true });
  };
  return {
    root: weighted((value) => Math.sqrt(Math.max(0, value))),
    inverse: weighted((value) => (value > least ? 1 / Math.sqrt(value) : 0)),
  };
}
