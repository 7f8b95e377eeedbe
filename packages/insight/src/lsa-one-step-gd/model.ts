/**
 * One layer of linear self-attention as an in-context learner.
 *
 * With tokens v = [x; y] (the query's label slot is 0) the prediction is ŷ = Σᵢ (h·vᵢ) (vᵢᵀ M v_q): no softmax, and
 * the query itself is not in the sum. `full` has the factors of an attention head, M = W_Kᵀ W_Q and h = W_Vᵀ·head.
 *
 * @module
 */
import {
  adam,
  array,
  concat,
  cosineSchedule,
  expandDims,
  matmul,
  meanSquaredError,
  mul,
  type NDArray,
  sliceAxis,
  squeeze,
  sum,
  type Tensor,
  train,
  transpose,
} from '@fletch/array';
import { FletchError, type LongWork } from '@fletch/base';
import { Matrix, matmul as multiply, rng, transpose as turn } from '@fletch/linalg';
import { checkPrompts, type PromptOptions, type Prompts, samplePrompts } from './prompts.js';

export type Parametrization = 'merged' | 'full';

export interface LinearSelfAttentionOptions {
  readonly d: number;
  /** Default `merged`. */
  readonly parametrization?: Parametrization;
  /** Rows p of the query and key projections of `full`, at least d + 1. Default d + 1. */
  readonly keyDim?: number;
  /** Standard deviation of the initial weights. Default 0.1 for `merged`, (d + 1)^−½ for `full`. */
  readonly initStd?: number;
  readonly seed: number;
}

/** What training takes: fresh prompts every step. */
export interface LsaFitOptions extends Omit<PromptOptions, 'batch' | 'seed' | 'd'>, LongWork {
  /** Default 3000. */
  readonly steps?: number;
  /** Prompts in a step. Default 2048. */
  readonly batch?: number;
  /** Adam's rate at the start of a cosine to zero. Default 5e-3. */
  readonly lr?: number;
  /** Default 0. */
  readonly seed?: number;
  /** Default: all cores. */
  readonly threads?: number;
}

type Parameters<T> = { readonly [name: string]: T };

/** What the layer has learned, read out of its weights. */
export interface Extracted {
  /** The operator W in ŷ = Sᵀ W q, S = Σ yᵢ xᵢ: d × d. */
  readonly W: Matrix<Float64Array>;
  /** Learning rate of the one-step learner: the mean of the diagonal of W Σ (Σ = I unless given). */
  readonly eta: number;
  /** Largest entries that should be zero, relative to those that should not. */
  readonly leak: { readonly hx: number; readonly myRow: number };
}

/** The layer. */
export class LinearSelfAttention {
  readonly d: number;
  readonly parametrization: Parametrization;
  #params: Parameters<NDArray>;

  /** @throws FletchError `INVALID_ARGUMENT` */
  constructor({ d, parametrization = 'merged', keyDim = d + 1, initStd, seed }: LinearSelfAttentionOptions) {
    if (!Number.isSafeInteger(d) || d < 1)
      throw new FletchError('INVALID_ARGUMENT', `d must be a positive integer, not ${d}.`);
    if (parametrization === 'full' && !(keyDim >= d + 1))
      throw new FletchError('INVALID_ARGUMENT', `keyDim p must be at least d + 1 = ${d + 1}, got ${keyDim}.`);
    this.d = d;
    this.parametrization = parametrization;
    const random = rng(seed);
    const width = d + 1;
    const std = initStd ?? (parametrization === 'merged' ? 0.1 : 1 / Math.sqrt(width));
    const normal = (...shape: number[]) => {
      const values = random.fillNormal(new Float32Array(shape.reduce((a, b) => a * b)));
      return array(
        values.map((value) => value * std),
        'float32',
        shape,
      );
    };
    this.#params =
      parametrization === 'merged'
        ? { h: normal(width), M: normal(width, width) }
        : {
            'q_proj.weight': normal(keyDim, width),
            'k_proj.weight': normal(keyDim, width),
            'v_proj.weight': normal(width, width),
            'head.weight': normal(width),
          };
  }

  /** The weights by name; replace them by {@link load}. */
  get parameters(): Parameters<NDArray> {
    return this.#params;
  }

  /** @throws FletchError `INVALID_ARGUMENT` when a name or shape is another */
  load(parameters: Parameters<NDArray>): void {
    for (const [name, { shape }] of Object.entries(this.#params))
      if (String(parameters[name]?.shape) !== String(shape))
        throw new FletchError('INVALID_ARGUMENT', `"${name}" must be of shape [${shape.join(', ')}].`);
    this.#params = Object.fromEntries(Object.keys(this.#params).map((name) => [name, parameters[name]!]));
  }

  /** Predictions for the queries, one per prompt, in 64-bit. */
  forward(prompts: Prompts): Float64Array {
    checkPrompts(prompts);
    const { d, n, batch, X, y } = prompts;
    if (d !== this.d)
      throw new FletchError(
        'DIMENSION_MISMATCH',
        `The layer takes inputs of ${this.d} dimensions, not ${d}.`,
      );
    const { h, M } = this.#merged();
    const right = new Float64Array(d + 1);
    return Float64Array.from({ length: batch }, (_, b) => {
      const query = (b * (n + 1) + n) * d;
      for (let i = 0; i <= d; i++) {
        right[i] = 0;
        for (let j = 0; j < d; j++) right[i]! += M.data[i * (d + 1) + j]! * X[query + j]!;
      }
      let result = 0;
      for (let i = b * (n + 1); i < b * (n + 1) + n; i++) {
        let value = h[d]! * y[i]!;
        let score = right[d]! * y[i]!;
        for (let j = 0; j < d; j++) {
          value += h[j]! * X[i * d + j]!;
          score += right[j]! * X[i * d + j]!;
        }
        result += value * score;
      }
      return result;
    });
  }

  /**
   * Trains on fresh prompts: Adam, cosine to zero, gradients clipped to a norm of 10. With n > 100 it is best to scale
   * labels or the rate down: sums grow with n.
   *
   * @returns the loss of every step
   * @throws FletchError `INVALID_ARGUMENT`, `NON_FINITE` with the step, `ABORTED`
   */
  async fit(options: LsaFitOptions): Promise<{ loss: number[] }> {
    const { steps = 3000, batch = 2048, lr = 5e-3, seed = 0, threads, signal, onProgress, ...data } = options;
    const work = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
    const { d } = this;
    const { params, losses } = await train({
      name: 'linear self-attention',
      params: this.#params,
      loss: lsaLoss,
      optimizer: adam({ learningRate: cosineSchedule(lr, steps) }),
      steps,
      clip: 10,
      threads,
      draw(step) {
        const { n, X, y } = samplePrompts({ ...data, d, batch, seed: seed * 1_000_003 + step });
        return [array(X, 'float32', [batch, n + 1, d]), array(y, 'float32', [batch, n + 1])];
      },
      ...work,
    });
    this.#params = params;
    return { loss: Array.from(losses) };
  }

  /**
   * Reads the learned algorithm out of the weights: W = h_y · Mₓₓ.
   *
   * @param cov - Σ of the inputs, for `eta`
   * @throws FletchError `INVALID_ARGUMENT` when h·M is zero
   */
  extract(cov?: Matrix): Extracted {
    const { d } = this;
    const { h, M } = this.#merged();
    const W = new Matrix(new Float64Array(d * d), d, d);
    // ŷ = Σ (h·v)(vᵀ M q): the label's share of the value times the inputs' share of the score.
    for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) W.data[i * d + j] = h[d]! * M.at(i, j);
    const largest = (values: Iterable<number>) => Math.max(...Array.from(values, Math.abs));
    if (!(largest(W.data) > 0))
      throw new FletchError('INVALID_ARGUMENT', 'h·M is zero: there is nothing to extract. Call fit first.');
    const scaled = cov ? multiply(W, new Matrix(Float64Array.from(cov.data), d, d)) : W;
    let trace = 0;
    for (let i = 0; i < d; i++) trace += scaled.at(i, i);
    const block = Array.from({ length: d }, (_, i) => Array.from(M.row(i).subarray(0, d))).flat();
    return {
      W,
      eta: trace / d,
      leak: {
        hx: largest(h.subarray(0, d)) / Math.abs(h[d]!),
        myRow: largest(M.row(d).subarray(0, d)) / largest(block),
      },
    };
  }

  /** h and M in 64-bit, whatever the parametrisation. */
  #merged(): { h: Float64Array; M: Matrix<Float64Array> } {
    const matrix = (name: string) => {
      const { data, shape } = this.#params[name]!;
      return new Matrix(Float64Array.from(data as Float32Array), shape[0]!, shape[1] ?? 1);
    };
    if (this.parametrization === 'merged') return { h: matrix('h').data, M: matrix('M') };
    return {
      h: multiply(turn(matrix('v_proj.weight')), matrix('head.weight')).data,
      M: multiply(turn(matrix('k_proj.weight')), matrix('q_proj.weight')),
    };
  }
}

/**
 * The mean squared error of the layer, as a traced function.
 *
 * @param params - `{h, M}` or the four factors
 * @param X - `[batch, n + 1, d]`
 * @param y - `[batch, n + 1]`
 */
export function lsaLoss(params: Parameters<Tensor>, X: Tensor, y: Tensor): Tensor {
  const [, rows] = y.shape as readonly [number, number];
  const n = rows - 1;
  const { h, M } = mergedTensors(params);
  const labels = expandDims(y, -1);
  const pairs = sliceAxis(concat([X, labels], -1), 1, 0, n);
  const queryInput = sliceAxis(X, 1, n, n + 1);
  const query = concat([queryInput, mul(sliceAxis(labels, 1, n, n + 1), 0)], -1);
  const values = squeeze(matmul(pairs, expandDims(h, -1)), -1);
  const scores = squeeze(matmul(pairs, transpose(matmul(query, transpose(M)), [0, 2, 1])), -1);
  const predictions = sum(mul(values, scores), { axes: 1 });
  return meanSquaredError(predictions, squeeze(sliceAxis(y, 1, n, n + 1), 1));
}

function mergedTensors(params: Parameters<Tensor>): { h: Tensor; M: Tensor } {
  const { h, M } = params;
  if (h && M) return { h, M };
  const factor = (name: string) => params[name]!;
  return {
    h: squeeze(matmul(transpose(factor('v_proj.weight')), expandDims(factor('head.weight'), -1)), -1),
    M: matmul(transpose(factor('k_proj.weight')), factor('q_proj.weight')),
  };
}
