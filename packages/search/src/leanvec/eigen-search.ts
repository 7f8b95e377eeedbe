/**
 * LeanVec-OOD by eigenvector search: one orthonormal matrix for both sides, from a mixture of their second moments.
 *
 * @module
 */
import { throwIfAborted } from '@fletch/base';
import { eigh, Matrix, zeros } from '@fletch/linalg';
import { minimizeBounded } from './brent.js';
import { type Moments, projectionLoss } from './loss.js';
import { trace } from './statistics.js';

/** The best of the mixtures. */
export interface EigenSearch {
  /** D x d, orthonormal columns. */
  readonly P: Matrix<Float64Array>;
  /** Share of the queries' moment in the mixture. */
  readonly beta: number;
  /** Of each mixture that was tried, then of the best. */
  readonly loss: readonly number[];
}

/** The d eigenvectors of the largest eigenvalues, as columns, the largest first. */
export function topEigenvectors(k: Matrix<Float64Array>, d: number): Matrix<Float64Array> {
  const { vectors } = eigh(k);
  const n = k.rows;
  const top = zeros(n, d);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < d; j++) top.data[i * d + j] = vectors.data[i * n + n - 1 - j]!;
  return top;
}

/**
 * The top eigenvectors of `(1 - beta) K_X / tr K_X + beta K_Q / tr K_Q` for the beta in [0, 1] that loses least: the better
 * of both ends and of what Brent's method finds between them. (The paper divides by counts; by traces, beta means the same
 * for every data set.)
 *
 * @throws FletchError `ABORTED`
 */
export function eigenSearch(
  moments: Moments,
  d: number,
  options: { readonly signal?: AbortSignal | undefined } = {},
): EigenSearch {
  const x = 1 / (trace(moments.vectors) || 1);
  const q = 1 / (trace(moments.queries) || 1);
  const loss: number[] = [];
  let best: { P: Matrix<Float64Array>; beta: number; loss: number } | undefined;
  const lossOf = (beta: number): number => {
    throwIfAborted(options.signal);
    const mixed = moments.vectors.data.map(
      (value, at) => (1 - beta) * x * value + beta * q * moments.queries.data[at]!,
    );
    const P = topEigenvectors(new Matrix(mixed, moments.vectors.rows, moments.vectors.cols), d);
    const value = projectionLoss(moments, { A: P, B: P });
    loss.push(value);
    if (!best || value < best.loss) best = { P, beta, loss: value };
    return value;
  };
  lossOf(0);
  lossOf(1);
  minimizeBounded(lossOf, 0, 1, { tolerance: 1e-3, maxEvaluations: 20 });
  return { P: best!.P, beta: best!.beta, loss: [...loss, best!.loss] };
}
