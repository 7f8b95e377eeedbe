/**
 * What one layer of linear self-attention learns, in closed form (theorems 1 to 3 of Mahankali, Hashimoto and Ma,
 * ICLR 2024; moments of the Wishart distribution).
 *
 * Learning rates are those of one step from zero on ½ Σᵢ (w·xᵢ − yᵢ)², a sum, not a mean: multiply by n for the mean.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { identity, inverse, Matrix, matmul } from '@fletch/linalg';
import { checkCovariance } from './prompts.js';

export interface TheoryOptions {
  readonly n: number;
  readonly d: number;
  readonly sigma: number;
  /** Standard deviation of the true weights (linear targets). Default 1. */
  readonly tau?: number;
  /** Default `linear`. */
  readonly target?: 'linear' | 'relu';
}

/**
 * The learning rate η* of the optimal one-step learner: 1 / (n + d + 1 + σ²/τ²) for linear targets,
 * 1 / (n − 1 + 2 (d + 2) + 4σ²) for random ReLU networks.
 */
export function optimalEta({ n, d, sigma, tau = 1, target = 'linear' }: TheoryOptions): number {
  return target === 'linear'
    ? 1 / (n + d + 1 + (sigma / tau) ** 2)
    : 1 / (n - 1 + 2 * (d + 2) + 4 * sigma ** 2);
}

/** The mean squared error of one step with learning rate η: quadratic in η, least at {@link optimalEta}. */
export function lossAt(eta: number, options: TheoryOptions): number {
  const { n, d, sigma, tau = 1, target = 'linear' } = options;
  // E y², E[w·S] and E‖S‖² with S = Σ yᵢ xᵢ.
  const signal = target === 'linear' ? d * tau ** 2 : d / 2;
  const along = target === 'linear' ? n * d * tau ** 2 : (n * d) / 4;
  return signal + sigma ** 2 - 2 * eta * along + (eta ** 2 * along) / optimalEta(options);
}

/** The least mean squared error of one step. */
export function optimalLoss(options: TheoryOptions): number {
  return lossAt(optimalEta(options), options);
}

export interface PreconditionerOptions {
  /** Covariance Λ of the inputs. */
  readonly cov: Matrix;
  /** Covariance Ω of the true weights. */
  readonly wCov: Matrix;
  readonly n: number;
  readonly sigma: number;
}

/**
 * The operator A of the optimal one-step learner x ↦ xᵀ A Σ yᵢ xᵢ for any input and weight covariance:
 * A = E[w Sᵀ] E[S Sᵀ]⁻¹ with E[w Sᵀ] = n Ω Λ and E[S Sᵀ] = n (n + 1) Λ Ω Λ + n tr(Λ Ω) Λ + n σ² Λ.
 *
 * @throws FletchError `INVALID_ARGUMENT` unless both are symmetric positive definite and of one size
 */
export function optimalPreconditioner({ cov, wCov, n, sigma }: PreconditionerOptions): Matrix<Float64Array> {
  const d = cov.rows;
  checkCovariance(cov, d);
  checkCovariance(wCov, d, 'wCov');
  if (!Number.isSafeInteger(n) || n < 1)
    throw new FletchError('INVALID_ARGUMENT', `n must be a positive integer, not ${n}.`);
  const lambda = new Matrix(Float64Array.from(cov.data), d, d);
  const omega = new Matrix(Float64Array.from(wCov.data), d, d);
  const product = matmul(lambda, omega);
  let trace = 0;
  for (let i = 0; i < d; i++) trace += product.at(i, i);
  const second = matmul(product, lambda);
  const moments = new Matrix(
    second.data.map((value, i) => n * (n + 1) * value + n * (trace + sigma ** 2) * lambda.data[i]!),
    d,
    d,
  );
  const cross = matmul(omega, lambda);
  return matmul(
    new Matrix(
      cross.data.map((value) => n * value),
      d,
      d,
    ),
    inverse(moments),
  );
}

/** η·I as an operator. */
export function scaledIdentity(d: number, eta: number): Matrix<Float64Array> {
  const result = identity(d);
  for (let i = 0; i < d; i++) result.data[i * d + i] = eta;
  return result;
}
