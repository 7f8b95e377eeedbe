/**
 * The cross-correlation matrix of two views and the loss that pulls it to the identity (Zbontar, Jing, Misra, LeCun and
 * Deny, ICML 2021, equations 1 and 2).
 *
 * @module
 */
import { add, matmul, mul, type NDArray, sub, sum, type Tensor, tensor, type Value } from '@fletch/array';
import { FletchError } from '@fletch/base';
import { byBatch } from '../encoder/batch-norm.js';

export interface BarlowTwinsLossOptions {
  /** Weight of the entries off the diagonal. Default 0.0051, as in the paper's code. */
  readonly lambda?: number;
  /** Added to the variances. Default 1e-5. */
  readonly eps?: number;
}

/** The loss and its two terms, before λ. */
export interface BarlowTwinsTerms {
  /** `onDiag + λ · offDiag` */
  readonly loss: Tensor;
  /** `Σ_i (C_ii − 1)²`: invariance. */
  readonly onDiag: Tensor;
  /** `Σ_{i≠j} C_ij²`: redundancy. */
  readonly offDiag: Tensor;
}

/**
 * `C_ij`: the correlation of column i of one view with column j of the other over the batch, `D × D`. Differentiable,
 * also through means and variances. A column that does not vary correlates with nothing.
 *
 * @param z1 - `N × D`, N ≥ 2, float32 or float64; row b of both views belongs to the same sample
 * @param z2 - as `z1`
 * @throws FletchError `DIMENSION_MISMATCH` when the shapes differ, `INVALID_ARGUMENT` for fewer than two rows,
 *   `NON_FINITE` naming view and column (of arrays; what is computed is only known when the graph runs)
 */
export function crossCorrelation(z1: Value, z2: Value, eps = 1e-5): Tensor {
  const [a, b] = standardized(z1, z2, eps);
  return correlate(a, b);
}

/**
 * The loss of Barlow Twins: sums over entries, not means. For D of a hundred to a thousand λ may lie between 0.005 and
 * 0.02; results hardly depend on it within a factor of ten.
 *
 * @param z1 - `N × D`: projections of one view
 * @param z2 - `N × D`: of the other
 * @throws FletchError as {@link crossCorrelation}, and `INVALID_ARGUMENT` for a λ that is negative or no number
 */
export function barlowTwinsLoss(
  z1: Value,
  z2: Value,
  options: BarlowTwinsLossOptions = {},
): BarlowTwinsTerms {
  const { lambda = 0.0051, eps = 1e-5 } = options;
  checkLambda(lambda);
  const [a, b] = standardized(z1, z2, eps);
  const c = correlate(a, b);
  const diagonal = mul(sum(mul(a, b), { axes: 0 }), 1 / a.shape[0]!);
  const missing = sub(diagonal, 1);
  const onDiag = sum(mul(missing, missing));
  const offDiag = sub(sum(mul(c, c)), sum(mul(diagonal, diagonal)));
  return { loss: add(onDiag, mul(offDiag, lambda)), onDiag, offDiag };
}

/** @throws FletchError `INVALID_ARGUMENT` for a λ that is negative or no number */
export function checkLambda(lambda: number): void {
  if (!(lambda >= 0 && Number.isFinite(lambda)))
    throw new FletchError('INVALID_ARGUMENT', `λ must be a number from 0 on, but is ${lambda}.`, {
      details: { lambda },
    });
}

/**
 * Throws for rows of projections that are not finite.
 *
 * @throws FletchError `NON_FINITE` naming view and column
 */
export function checkEmbeddings(view: 1 | 2, z: NDArray): void {
  const at = (z.data as Float32Array).findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  const column = at % z.shape.at(-1)!;
  throw new FletchError(
    'NON_FINITE',
    `There is a non-finite embedding in view ${view}, column ${column}: lower the learning rate.`,
    { details: { view, column } },
  );
}

const correlate = (a: Tensor, b: Tensor) => mul(matmul(a, b, { transposeA: true }), 1 / a.shape[0]!);

function standardized(z1: Value, z2: Value, eps: number): [Tensor, Tensor] {
  const [a, b] = [tensor(z1), tensor(z2)];
  if (a.rank !== 2 || a.shape.join() !== b.shape.join())
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `Views must both be N×D, got [${a.shape.join(', ')}] and [${b.shape.join(', ')}].`,
      { details: { first: a.shape, second: b.shape } },
    );
  if (a.shape[0]! < 2)
    throw new FletchError('INVALID_ARGUMENT', `Batch statistics need at least 2 rows, got ${a.shape[0]}.`);
  for (const [i, z] of [z1, z2].entries())
    if (typeof z === 'object' && 'data' in z) checkEmbeddings((i + 1) as 1 | 2, z);
  return [byBatch(a, eps), byBatch(b, eps)];
}
