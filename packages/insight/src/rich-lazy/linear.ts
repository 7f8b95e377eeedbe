/**
 * The theory's model: f(x) = w₂ W₁ x on whitened inputs, trained by gradient flow on ½‖β − w₂ W₁‖² from w₂ = 0.
 *
 * Its tangent kernel between inputs x and x' is xᵀ (W₁ᵀ W₁ + ‖w₂‖² I) x', and W₁ W₁ᵀ − w₂ᵀ w₂ stays as it is.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { Matrix, matmul, type Rng, randomOrthogonal, rng, transpose } from '@fletch/linalg';
import { kernelAlignment } from './measures.js';

export interface LinearFlowOptions {
  /** `h × d`, before training. */
  readonly W1: Matrix;
  /** The target, d numbers. */
  readonly beta: ArrayLike<number>;
  /** Length of an Euler step. Default 0.02. */
  readonly step?: number;
  /** Default 20,000. */
  readonly maxSteps?: number;
  /** Squared error at which training ends. Default 1e-9. */
  readonly tolerance?: number;
}

/** A trained linear network. */
export interface LinearFlow {
  readonly W1: Matrix<Float64Array>;
  readonly w2: Float64Array;
  /** Steps taken. */
  readonly steps: number;
  /** Squared error at the end. */
  readonly error: number;
  readonly converged: boolean;
}

/**
 * Follows the gradient flow by Euler steps.
 *
 * @throws FletchError `DIMENSION_MISMATCH` when β does not fit
 */
export function linearFlow(options: LinearFlowOptions): LinearFlow {
  const { beta, step = 0.02, maxSteps = 20_000, tolerance = 1e-9 } = options;
  const { rows: h, cols: d } = options.W1;
  if (beta.length !== d)
    throw new FletchError('DIMENSION_MISMATCH', `W1 takes ${d} inputs, the target has ${beta.length}.`);
  const W1 = Float64Array.from(options.W1.data);
  const w2 = new Float64Array(h);
  const residual = Float64Array.from(beta);
  let error = residual.reduce((sum, value) => sum + value * value, 0);
  let steps = 0;
  for (; steps < maxSteps && error >= tolerance; steps++) {
    for (let i = 0; i < h; i++) {
      const before = w2[i]! * step;
      let change = 0;
      for (let j = 0, at = i * d; j < d; j++, at++) {
        change += W1[at]! * residual[j]!;
        W1[at]! += before * residual[j]!;
      }
      w2[i]! += step * change;
    }
    residual.set(beta as Float64Array);
    for (let i = 0; i < h; i++)
      for (let j = 0, at = i * d; j < d; j++, at++) residual[j]! -= w2[i]! * W1[at]!;
    error = residual.reduce((sum, value) => sum + value * value, 0);
  }
  return { W1: new Matrix(W1, h, d), w2, steps, error, converged: error < tolerance };
}

/** The tangent kernel of a linear network as a `d × d` form. */
export function linearKernel(W1: Matrix, w2: ArrayLike<number>): Matrix<Float64Array> {
  const doubles = new Matrix(Float64Array.from(W1.data), W1.rows, W1.cols);
  const K = matmul(transpose(doubles), doubles);
  const square = Array.from(w2).reduce((sum, value) => sum + value * value, 0);
  for (let i = 0; i < K.rows; i++) K.data[i * K.cols + i]! += square;
  return K;
}

export interface LinearRichLazyOptions {
  /** Inputs. */
  readonly d: number;
  /** Hidden units, at least d. */
  readonly h: number;
  /** Of W₁ before training, for `random`; 1 for `aligned`. Default 1. */
  readonly rank?: number;
  /** Frobenius norm of W₁ before training. */
  readonly sigma: number;
  /**
   * `random`: (σ/√r) U_r V_rᵀ. `aligned`: σ u βᵀ. `partial`: like `aligned`, but to what the rank-d/2 truncation of the
   * data's map F says β is. Default `random`.
   */
  readonly alignment?: 'random' | 'aligned' | 'partial';
  /** Data are z = F x, half of F's singular values are κ, the others 1; β = Fᵀ w for a random teacher w. Default 1. */
  readonly kappa?: number;
  /** Random tasks that are averaged. Default 30. */
  readonly tasks?: number;
  readonly seed: number;
  /** Default 0.02. */
  readonly step?: number;
  /** Default 20,000. */
  readonly maxSteps?: number;
}

/** Means over the tasks. */
export interface LinearRichLazy {
  readonly ka: number;
  readonly dW: number;
  /** Share of the tasks that came below a squared error of 1e-9. */
  readonly converged: number;
  /** Mean squared error at the end. */
  readonly error: number;
}

/**
 * Trains the linear network on random tasks and tells how far its kernel and weights have moved.
 *
 * @throws FletchError `INVALID_ARGUMENT` for sizes, ranks or scales that are impossible
 */
export function linearRichLazy(options: LinearRichLazyOptions): LinearRichLazy {
  const { d, h, rank = 1, sigma, alignment = 'random', kappa = 1, tasks = 30, seed } = options;
  for (const [name, value, most] of [
    ['d', d, h],
    ['h', h, Number.MAX_SAFE_INTEGER],
    ['rank', rank, d],
    ['tasks', tasks, Number.MAX_SAFE_INTEGER],
  ] as const)
    if (!Number.isSafeInteger(value) || value < 1 || value > most)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `${name} must be an integer from 1${most < Number.MAX_SAFE_INTEGER ? ` to ${most}` : ''}, not ${value}.`,
      );
  for (const [name, value] of Object.entries({ sigma, kappa }))
    if (!(value > 0 && Number.isFinite(value)))
      throw new FletchError('INVALID_ARGUMENT', `${name} must be positive, not ${value}.`);
  if (alignment !== 'random' && rank !== 1)
    throw new FletchError('INVALID_ARGUMENT', `An ${alignment} start has rank 1, not ${rank}.`);
  const sums = { ka: 0, dW: 0, converged: 0, error: 0 };
  for (let task = 0; task < tasks; task++) {
    const random = rng(seed, task);
    const { beta, partial } = drawTask(random, d, kappa);
    const W1 =
      alignment === 'random'
        ? randomStart(random, h, d, rank, sigma)
        : alignedStart(random, h, alignment === 'partial' ? partial : beta, sigma);
    const flow = linearFlow({ ...options, W1, beta });
    sums.ka += kernelAlignment(linearKernel(W1, []), linearKernel(flow.W1, flow.w2));
    sums.dW += Math.sqrt(flow.W1.data.reduce((sum, value, i) => sum + (value - W1.data[i]!) ** 2, 0));
    sums.converged += Number(flow.converged);
    sums.error += flow.error;
  }
  return {
    ka: sums.ka / tasks,
    dW: sums.dW / tasks,
    converged: sums.converged / tasks,
    error: sums.error / tasks,
  };
}

/** β = Fᵀ w, and its part from the top half of F, both of length 1. */
function drawTask(random: Rng, d: number, kappa: number): { beta: Float64Array; partial: Float64Array } {
  const w = random.fillNormal(new Float64Array(d));
  const left = randomOrthogonal(random, d);
  const right = randomOrthogonal(random, d);
  const top = Math.ceil(d / 2);
  const back = (count: number) => {
    const result = new Float64Array(d);
    for (let k = 0; k < count; k++) {
      let along = 0;
      for (let i = 0; i < d; i++) along += left.at(i, k) * w[i]!;
      for (let j = 0; j < d; j++) result[j]! += (k < top ? kappa : 1) * along * right.at(j, k);
    }
    return unit(result);
  };
  return { beta: back(d), partial: back(top) };
}

function randomStart(random: Rng, h: number, d: number, rank: number, sigma: number): Matrix<Float64Array> {
  const product = matmul(randomOrthogonal(random, h, rank), transpose(randomOrthogonal(random, d, rank)));
  const scale = sigma / Math.sqrt(rank);
  return new Matrix(
    product.data.map((value) => value * scale),
    h,
    d,
  );
}

function alignedStart(random: Rng, h: number, direction: Float64Array, sigma: number): Matrix<Float64Array> {
  const u = unit(random.fillNormal(new Float64Array(h)));
  const d = direction.length;
  return new Matrix(
    Float64Array.from({ length: h * d }, (_, at) => sigma * u[Math.floor(at / d)]! * direction[at % d]!),
    h,
    d,
  );
}

function unit(values: Float64Array): Float64Array {
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}

/**
 * The kernel alignment of an aligned rank-1 start, in closed form: a² = (−σ² + √(σ⁴ + 4)) / 2, s² = a² + σ²,
 * (s² + a²) / √((s² + a²)² + (d − 1) a⁴). It goes to 1 as σ grows.
 */
export function alignedKA({ d, sigma }: { readonly d: number; readonly sigma: number }): number {
  const a2 = outputNorm(sigma * sigma);
  const top = 2 * a2 + sigma * sigma;
  return top / Math.sqrt(top * top + (d - 1) * a2 * a2);
}

/**
 * The kernel alignment of a start with d equal singular values, in closed form: c = σ² / d, a² = (−c + √(c² + 4)) / 2;
 * the kernel ends with the eigenvalues c + a² (d − 1 times) and c + 2a².
 */
export function isotropicKA({ d, sigma }: { readonly d: number; readonly sigma: number }): number {
  const c = (sigma * sigma) / d;
  const a2 = outputNorm(c);
  const [rest, top] = [c + a2, c + 2 * a2];
  return ((d - 1) * rest + top) / Math.sqrt(d * ((d - 1) * rest * rest + top * top));
}

/** ‖w₂‖² after training to ‖β‖ = 1, when what is conserved along β is `c`: a² (a² + c) = 1. */
function outputNorm(c: number): number {
  return (-c + Math.sqrt(c * c + 4)) / 2;
}
