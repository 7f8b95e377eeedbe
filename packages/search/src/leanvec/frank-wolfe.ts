/**
 * LeanVec-OOD by block-coordinate Frank-Wolfe: two matrices, each in the ball of matrices with spectral norm at most one,
 * the convex hull of those with orthonormal columns.
 *
 * @module
 */
import { type LongWork, throwIfAborted } from '@fletch/base';
import { Matrix, polar, zeros } from '@fletch/linalg';
import { gradientA, gradientB, type Moments, type Pair, projectionLoss } from './loss.js';

/** Settings of {@link frankWolfe}. */
export interface FrankWolfeOptions extends Pick<LongWork, 'signal'> {
  /** Where it begins. Default: zero, which A leaves for the first d unit vectors, as its gradient is zero there. */
  readonly start?: Pair | undefined;
  /** Most steps. Default: 500. */
  readonly maxSteps?: number | undefined;
  /** It ends when the loss changes by less than this share of itself. Default: 1e-3. */
  readonly relTol?: number | undefined;
  /** The step is `1 / (t + 1)^alpha`, from a start of its own `1 / (t + 2)^alpha`, not to lose it. Default: 0.999. */
  readonly alpha?: number | undefined;
}

/** A pair and its loss after a step. */
export interface FrankWolfeStep extends Pair {
  readonly loss: number;
}

/**
 * The steps, one by one: A moves to the vertex that its gradient points to, then B, with the new A.
 *
 * @param d - columns of both matrices
 * @throws FletchError `ABORTED`
 */
export function* frankWolfe(
  moments: Moments,
  d: number,
  options: FrankWolfeOptions = {},
): Generator<FrankWolfeStep, void> {
  const { start, maxSteps = 500, relTol = 1e-3, alpha = 0.999, signal } = options;
  const size = moments.vectors.rows;
  let A = start?.A ?? zeros(size, d);
  let B = start?.B ?? zeros(size, d);
  let before = Number.POSITIVE_INFINITY;
  for (let t = 0; t < maxSteps; t++) {
    throwIfAborted(signal);
    const rate = 1 / (t + (start ? 2 : 1)) ** alpha;
    A = towards(A, gradientA(moments, { A, B }), rate);
    B = towards(B, gradientB(moments, { A, B }), rate);
    const loss = projectionLoss(moments, { A, B });
    yield { A, B, loss };
    if (t > 1 && Math.abs(loss - before) <= relTol * before) return;
    before = loss;
  }
}

/** `(1 - rate) M + rate S`, where S is the vertex that is furthest against the gradient. */
function towards(
  m: Matrix<Float64Array>,
  gradient: Matrix<Float64Array>,
  rate: number,
): Matrix<Float64Array> {
  const vertex = vertexAgainst(gradient);
  const data = m.data.map((value, at) => (1 - rate) * value + rate * vertex.data[at]!);
  return new Matrix(data, m.rows, m.cols);
}

/** `U V'` of `-G = U S V'`; for zero, which has no direction, the first unit vectors. */
function vertexAgainst(gradient: Matrix<Float64Array>): Matrix<Float64Array> {
  if (gradient.data.some((value) => value !== 0))
    return polar(
      new Matrix(
        gradient.data.map((value) => -value),
        gradient.rows,
        gradient.cols,
      ),
    ).u;
  const units = zeros(gradient.rows, gradient.cols);
  for (let j = 0; j < gradient.cols; j++) units.data[j * gradient.cols + j] = 1;
  return units;
}
