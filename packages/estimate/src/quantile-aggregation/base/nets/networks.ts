/**
 * Networks as base models: all levels at once, the level as an input, a normal distribution.
 *
 * @module
 */
import { add, div, log, mean, mul, sliceAxis, softplus, square, sub } from '@fletch/array';
import type { LongWork } from '@fletch/base';
import { Matrix, normalQuantile } from '@fletch/linalg';
import { quantileOfSorted } from '../../../intervals.js';
import { pinballGraph } from '../../pinball-graph.js';
import type { BaseKind, BaseQuantileModel, FittedQuantiles } from '../model.js';
import { type Scaling, scaleRows, scaleVector, scalingOf, scalingOfVector, unscale } from '../scaling.js';
import { forwardNumbers, type LayerJson } from './mlp.js';
import { type BatchOf, type NetLoss, type NetOptions, NetTrainer } from './train.js';

interface NetJson {
  readonly x: Scaling;
  readonly y: Scaling;
  readonly tau: readonly number[];
  readonly layers: readonly LayerJson[];
}

/** How a kind of network is trained and read. */
interface NetKind {
  readonly name: string;
  readonly loss: NetLoss;
  readonly batch: (d: number, tau: readonly number[]) => BatchOf;
  /** Biases of the last layer from sorted targets. */
  readonly start: (sorted: Float64Array, tau: readonly number[]) => number[];
  /** Scaled quantiles of scaled rows. */
  readonly quantiles: (json: NetJson, X: Matrix<Float64Array>) => Matrix<Float64Array>;
}

const quantilesOf = (sorted: Float64Array, tau: readonly number[]) =>
  tau.map((level) => quantileOfSorted(sorted, level));

/** m outputs, one for each level. */
const joint: NetKind = {
  name: 'mlp',
  loss: pinballGraph,
  batch: (d, tau) => ({ inputs: d, outputs: tau.length, tau: { levels: tau } }),
  start: quantilesOf,
  quantiles: ({ layers }, X) => forwardNumbers(layers, X),
};

/** One output; the level minus a half is an input, drawn anew for each row of each batch. */
const levelInput: NetKind = {
  name: 'mlp-level',
  loss: pinballGraph,
  batch: (d) => ({ inputs: d + 1, outputs: 1, tau: 'drawn' }),
  start: (sorted) => quantilesOf(sorted, [0.5]),
  quantiles({ layers, tau }, X) {
    const result = new Matrix(new Float64Array(X.rows * tau.length), X.rows, tau.length);
    tau.forEach((level, k) => {
      const inputs = new Matrix(new Float64Array(X.rows * (X.cols + 1)), X.rows, X.cols + 1);
      for (let i = 0; i < X.rows; i++) {
        inputs.data.set(X.row(i), i * inputs.cols);
        inputs.data[(i + 1) * inputs.cols - 1] = level - 0.5;
      }
      const outputs = forwardNumbers(layers, inputs).data;
      for (let i = 0; i < X.rows; i++) result.data[i * tau.length + k] = outputs[i]!;
    });
    return result;
  },
};

/** Added to variances. */
const FLOOR = 1e-6;

/** Mean and variance of a normal distribution, by likelihood; the variance is softplus + 1e-6. */
const gaussian: NetKind = {
  name: 'gaussian-net',
  loss(outputs, y) {
    const mu = sliceAxis(outputs, 1, 0, 1);
    const variance = add(softplus(sliceAxis(outputs, 1, 1, 2)), FLOOR);
    return mean(mul(add(log(variance), div(square(sub(y, mu)), variance)), 0.5));
  },
  batch: (d) => ({ inputs: d, outputs: 2, tau: { levels: [0.5] } }),
  // softplus(0.54) = 1: the variance of a scaled target.
  start: () => [0, 0.5413],
  quantiles({ layers, tau }, X) {
    const outputs = forwardNumbers(layers, X);
    const scores = tau.map(normalQuantile);
    const result = new Matrix(new Float64Array(X.rows * tau.length), X.rows, tau.length);
    for (let i = 0; i < X.rows; i++) {
      const raw = outputs.at(i, 1);
      const deviation = Math.sqrt(Math.max(raw, 0) + Math.log1p(Math.exp(-Math.abs(raw))) + FLOOR);
      scores.forEach((score, k) => {
        result.data[i * tau.length + k] = outputs.at(i, 0) + deviation * score;
      });
    }
    return result;
  },
};

function fitted(kind: NetKind, json: NetJson): FittedQuantiles {
  return {
    predict: (X) => unscale(kind.quantiles(json, scaleRows(X, json.x)), json.y),
    toJSON: () => json,
  };
}

/** A network as a base model. */
class NetModel implements BaseQuantileModel {
  readonly #kind: NetKind;
  readonly #trainer: NetTrainer;

  constructor(kind: NetKind, options: NetOptions) {
    this.#kind = kind;
    this.#trainer = new NetTrainer(kind.loss, options);
  }

  get name(): string {
    return this.#kind.name;
  }

  async fit(
    X: Matrix<Float64Array>,
    y: Float64Array,
    tau: readonly number[],
    work: LongWork = {},
  ): Promise<FittedQuantiles> {
    const scaling = { x: scalingOf(X), y: scalingOfVector(y) };
    const target = scaleVector(y, scaling.y);
    const layers = await this.#trainer.fit(
      scaleRows(X, scaling.x),
      target,
      this.#kind.batch(X.cols, tau),
      this.#kind.start(target.toSorted(), tau),
      work,
    );
    return fitted(this.#kind, { ...scaling, tau: [...tau], layers });
  }

  close(): Promise<void> {
    return this.#trainer.close();
  }
}

/** Quantiles by a network with one output for each level, trained on their pinball losses together. */
export class MLPQuantile extends NetModel {
  /**
   * @param options.level - `joint` (default): one output for each level; `input`: the level is an input
   * @throws FletchError `INVALID_ARGUMENT` for options out of range
   */
  constructor({ level = 'joint', ...options }: NetOptions & { readonly level?: 'joint' | 'input' } = {}) {
    super(level === 'joint' ? joint : levelInput, options);
  }
}

/** Quantiles of a normal distribution whose mean and variance a network gives. */
export class GaussianNLLNet extends NetModel {
  /** @throws FletchError `INVALID_ARGUMENT` for options out of range */
  constructor(options: NetOptions = {}) {
    super(gaussian, options);
  }
}

const kindOf = (kind: NetKind, create: BaseKind['create']): BaseKind => ({
  create,
  fromJSON: (json: NetJson) => fitted(kind, json),
});

export const mlpKind = kindOf(joint, ({ seed }) => new MLPQuantile({ seed }));
export const mlpLevelKind = kindOf(levelInput, ({ seed }) => new MLPQuantile({ level: 'input', seed }));
export const gaussianKind = kindOf(gaussian, ({ seed }) => new GaussianNLLNet({ seed }));
