/**
 * What textbook algorithms predict for the query of each prompt, in 64-bit.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { lstsq, type Matrix, solvePositive, zeros } from '@fletch/linalg';
import { checkPrompts, type Prompts } from './prompts.js';

/**
 * One step of gradient descent from zero: ŷ = η Σᵢ yᵢ xᵢ · q, or qᵀ P Σᵢ yᵢ xᵢ with a preconditioner.
 *
 * @param step.precond - d × d; `eta` multiplies it (default 1)
 * @throws FletchError as {@link checkPrompts}; `INVALID_ARGUMENT` when neither is given
 */
export function gdOneStepPredict(
  prompts: Prompts,
  step: { readonly eta?: number; readonly precond?: Matrix },
): Float64Array {
  const { precond } = step;
  if (step.eta === undefined && !precond)
    throw new FletchError('INVALID_ARGUMENT', 'One step needs a learning rate, a preconditioner, or both.');
  checkPrompts(prompts);
  const { d, n, batch, X, y } = prompts;
  const eta = step.eta ?? 1;
  const sum = new Float64Array(d);
  return Float64Array.from({ length: batch }, (_, b) => {
    sum.fill(0);
    const first = b * (n + 1);
    for (let i = first; i < first + n; i++) for (let j = 0; j < d; j++) sum[j]! += y[i]! * X[i * d + j]!;
    const query = (first + n) * d;
    let result = 0;
    for (let i = 0; i < d; i++) {
      let along = sum[i]!;
      if (precond) {
        along = 0;
        for (let j = 0; j < d; j++) along += precond.data[i * d + j]! * sum[j]!;
      }
      result += X[query + i]! * along;
    }
    return eta * result;
  });
}

/**
 * Ridge regression on each prompt: (XᵀX + Λ)⁻¹ Xᵀ y. With Λ = σ²I it is the Bayes prediction for weights N(0, I),
 * with σ²Σ that for weights N(0, Σ⁻¹).
 *
 * @param options.lambda - a positive number (times I), or a matrix
 */
export function ridgePredict(
  prompts: Prompts,
  { lambda }: { readonly lambda: number | Matrix },
): Float64Array {
  checkPrompts(prompts);
  if (typeof lambda === 'number' && !(lambda > 0))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `lambda must be positive, not ${lambda}: use olsPredict for 0.`,
    );
  const { d } = prompts;
  return solveEach(prompts, (gram, moment) => {
    for (let i = 0; i < d; i++) {
      if (typeof lambda === 'number') gram.data[i * d + i]! += lambda;
      else for (let j = 0; j < d; j++) gram.data[i * d + j]! += lambda.at(i, j);
    }
    return solvePositive(gram, moment);
  });
}

/** Least squares on each prompt; of the solutions the one of least norm. */
export function olsPredict(prompts: Prompts): Float64Array {
  checkPrompts(prompts);
  return solveEach(prompts, (gram, moment) => lstsq(gram, moment).x as Matrix<Float64Array>);
}

/** Mean squared error against the (noisy) labels of the queries. */
export function meanSquaredErrorOf(predictions: ArrayLike<number>, { n, batch, y }: Prompts): number {
  let sum = 0;
  for (let b = 0; b < batch; b++) sum += (predictions[b]! - y[b * (n + 1) + n]!) ** 2;
  return sum / batch;
}

function solveEach(
  { d, n, batch, X, y }: Prompts,
  solve: (gram: Matrix<Float64Array>, moment: Matrix<Float64Array>) => Matrix<Float64Array>,
): Float64Array {
  return Float64Array.from({ length: batch }, (_, b) => {
    const gram = zeros(d, d);
    const moment = zeros(d, 1);
    const first = b * (n + 1);
    for (let i = first; i < first + n; i++)
      for (let j = 0; j < d; j++) {
        moment.data[j]! += y[i]! * X[i * d + j]!;
        for (let k = 0; k < d; k++) gram.data[j * d + k]! += X[i * d + j]! * X[i * d + k]!;
      }
    const weights = solve(gram, moment);
    let result = 0;
    for (let j = 0; j < d; j++) result += weights.data[j]! * X[(first + n) * d + j]!;
    return result;
  });
}
