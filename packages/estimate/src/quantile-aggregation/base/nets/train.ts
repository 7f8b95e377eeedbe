/**
 * Trains small networks for quantiles.
 *
 * @module
 */
import {
  adamw,
  array,
  assertFinite,
  cosineSchedule,
  type NDArray,
  type Optimizer,
  type Tensor,
  type TrainingStep,
  trainingStep,
} from '@fletch/array';
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { type Matrix, type Rng, rng } from '@fletch/linalg';
import { requireCounts } from '../trees/forest.js';
import { forward, initialLayers, type Layer, type LayerJson, plainLayers } from './mlp.js';

/** Options of all networks. */
export interface NetOptions {
  /** Width of each hidden layer. Default 64, 64. */
  readonly hidden?: readonly number[];
  /** Default 700. */
  readonly steps?: number;
  /** At the start; it falls to 0 in half a cosine. Default 0.005. */
  readonly learningRate?: number;
  /** Taken off the weights (AdamW). Default 0.01. */
  readonly weightDecay?: number;
  /** Default 64; all rows where there are fewer. */
  readonly batch?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** The loss of a batch of outputs. */
export type NetLoss = (outputs: Tensor, y: Tensor, tau: Tensor) => Tensor;

type Params = readonly Layer<Tensor>[];

/** What a batch holds besides rows. */
export interface BatchOf {
  /** Features of a row, written to `out`. */
  readonly inputs: number;
  readonly outputs: number;
  /** Values of `tau`: one for each row (drawn anew), or fixed levels. */
  readonly tau: { readonly levels: readonly number[] } | 'drawn';
}

/** One way of training, compiled once and used for fit after fit. */
export class NetTrainer {
  readonly #settings: Required<NetOptions>;
  readonly #loss: NetLoss;
  #step: TrainingStep | undefined;

  /** @throws FletchError `INVALID_ARGUMENT` for options out of range */
  constructor(loss: NetLoss, options: NetOptions) {
    const {
      hidden = [64, 64],
      steps = 700,
      learningRate = 0.005,
      weightDecay = 0.01,
      batch = 64,
      seed = 0,
    } = options;
    requireCounts({ steps, batch, ...Object.fromEntries(hidden.map((width, i) => [`hidden[${i}]`, width])) });
    if (!(learningRate > 0) || !(weightDecay >= 0))
      throw new FletchError(
        'INVALID_ARGUMENT',
        'learningRate must be positive and weightDecay not negative.',
      );
    this.#loss = loss;
    this.#settings = { hidden, steps, learningRate, weightDecay, batch, seed };
  }

  /**
   * Trains on scaled features and targets.
   *
   * @param start - biases of the last layer
   * @throws FletchError `NON_FINITE` with the step, `ABORTED`
   */
  async fit(
    X: Matrix<Float64Array>,
    y: Float64Array,
    { inputs, outputs, tau }: BatchOf,
    start: readonly number[],
    { signal }: LongWork = {},
  ): Promise<LayerJson[]> {
    const { hidden, steps, seed } = this.#settings;
    const batch = Math.min(this.#settings.batch, X.rows);
    const random = rng(seed);
    const draws = random.split();
    let params: readonly Layer<NDArray>[] = initialLayers([inputs, ...hidden, outputs], random.split());
    (params.at(-1)!.b.data as Float32Array).set(start);
    const optimizer = this.#optimizer();
    let state: unknown = optimizer.init(params);
    this.#step ??= this.#compiled();
    const step = this.#step;
    const rows = new RowBatches(X.rows, batch, draws);
    const levels =
      tau === 'drawn' ? undefined : array(Float32Array.from(tau.levels), 'float32', [1, tau.levels.length]);
    for (let i = 0; i < steps; i++) {
      throwIfAborted(signal);
      const picked = rows.next();
      const x = new Float32Array(batch * inputs);
      const targets = new Float32Array(batch);
      const drawn = levels ? undefined : draws.fillUniform(new Float32Array(batch));
      for (let r = 0; r < batch; r++) {
        const row = picked[r]!;
        for (let j = 0; j < X.cols; j++) x[r * inputs + j] = X.data[row * X.cols + j]!;
        if (drawn) x[r * inputs + X.cols] = drawn[r]! - 0.5;
        targets[r] = y[row]!;
      }
      const out = await step(
        params,
        state,
        {},
        array(x, 'float32', [batch, inputs]),
        array(targets, 'float32', [batch, 1]),
        levels ?? array(drawn!, 'float32', [batch, 1]),
      );
      params = out.params as readonly Layer<NDArray>[];
      state = out.state;
      if (i % 50 === 49 || i === steps - 1) assertFinite({ loss: out.loss }, i);
    }
    return plainLayers(params);
  }

  #optimizer(): Optimizer {
    const { learningRate, steps, weightDecay } = this.#settings;
    return adamw({ learningRate: cosineSchedule(learningRate, steps), weightDecay });
  }

  #compiled(): TrainingStep {
    const loss = (params: Params, x: Tensor, y: Tensor, tau: Tensor) =>
      this.#loss(forward(params, x), y, tau);
    return trainingStep({ name: 'quantile network', loss, optimizer: this.#optimizer(), threads: 1 });
  }

  async close(): Promise<void> {
    await this.#step?.close();
    this.#step = undefined;
  }
}

/** Rows in random order, pass after pass. */
export class RowBatches {
  readonly #order: Uint32Array;
  readonly #size: number;
  readonly #random: Rng;
  #at: number;

  constructor(rows: number, size: number, random: Rng) {
    this.#order = Uint32Array.from({ length: rows }, (_, i) => i);
    this.#size = size;
    this.#random = random;
    this.#at = rows;
  }

  /** The rows of the next batch; valid until the one after. */
  next(): Uint32Array {
    if (this.#at + this.#size > this.#order.length) {
      this.#random.shuffle(this.#order);
      this.#at = 0;
    }
    const rows = this.#order.subarray(this.#at, this.#at + this.#size);
    this.#at += this.#size;
    return rows;
  }
}
