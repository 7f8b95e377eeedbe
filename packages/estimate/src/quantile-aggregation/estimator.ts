/**
 * Quantiles of a number as an estimator.
 *
 * @module
 */
import type { LongWork } from '@fletch/base';
import { Matrix } from '@fletch/linalg';
import {
  type EstimatorJson,
  fitted,
  type QuantileRegressor,
  requireKind,
  requireState,
} from '../estimator.js';
import { Design, type DesignJson } from '../frame/design.js';
import type { Table } from '../frame/frame.js';
import { numericTarget, type Target } from '../frame/target.js';
import type { Summary } from '../summary.js';
import { baseNames } from './base/kinds.js';
import { type QuantileRegressionOptions, quantileSettings } from './estimator-options.js';
import { learnQuantiles, predictorOf, type QuantileState } from './learn.js';
import { requireLevels } from './levels.js';
import { meanPinball } from './scores.js';

const KIND = 'quantiles';
const VERSION = 1;

interface State extends QuantileState {
  readonly design: DesignJson;
}

/**
 * Quantile regression by several models whose quantiles are aggregated, put in order and calibrated.
 *
 * @example
 * ```ts
 * const model = await new QuantileRegression({ quantiles: [0.05, 0.5, 0.95] }).fit(table, prices);
 * const q = await model.predict(newcomers); // rows × 3
 * ```
 */
export class QuantileRegression implements QuantileRegressor {
  readonly kind = KIND;
  readonly options: QuantileRegressionOptions;
  #state: State | undefined;
  #design: Design | undefined;
  #predict: ReturnType<typeof predictorOf> | undefined;

  constructor(options: QuantileRegressionOptions = {}) {
    this.options = options;
  }

  /**
   * @throws FletchError also `INVALID_ARGUMENT` for options out of range, a constant target, too few rows
   */
  async fit(X: Table, y: Target, work: LongWork = {}): Promise<this> {
    const settings = quantileSettings(this.options);
    const design = Design.fit(X, this.options);
    const matrix = design.matrix(X);
    const state = await learnQuantiles(matrix, numericTarget(y, matrix.rows), settings, work);
    return this.#take({ ...state, design: design.toJSON() }, design);
  }

  #take(state: State, design: Design): this {
    this.#state = state;
    this.#design = design;
    this.#predict = predictorOf(state);
    return this;
  }

  get #fitted(): State {
    return fitted(this.#state, KIND);
  }

  /** Ascending; a fitted attribute like those below. */
  get levels(): readonly number[] {
    return this.#fitted.levels;
  }

  /** What is made of the base models. */
  get aggregator(): QuantileState['chosen'] {
    return this.#fitted.chosen;
  }

  /** Pinball losses on the validation rows. */
  get validationLosses(): Readonly<Record<string, number>> {
    return this.#fitted.losses;
  }

  /** Base models in order, and how much each counts. */
  get modelShares(): Readonly<Record<string, number>> {
    const { bases, shares } = this.#fitted;
    return Object.fromEntries(bases.map(({ name }, l) => [name, shares[l]!]));
  }

  /** Quantiles that do not cross: rows × levels. */
  async predict(X: Table): Promise<Matrix<Float64Array>> {
    return this.#quantiles(X, true);
  }

  /** The same before calibration. */
  async predictUncalibrated(X: Table): Promise<Matrix<Float64Array>> {
    return this.#quantiles(X, false);
  }

  #quantiles(X: Table, calibrated: boolean): Matrix<Float64Array> {
    const design = fitted(this.#design, KIND);
    return fitted(this.#predict, KIND)(design.matrix(X), calibrated);
  }

  /** 1 − pinball loss / that of the training target's quantiles (Koenker and Machado, 1999): 1 is perfect, 0 no better than these. */
  async score(X: Table, y: Target): Promise<number> {
    const q = await this.predict(X);
    const target = numericTarget(y, q.rows);
    const { levels, plain } = this.#fitted;
    const constant = new Matrix(new Float64Array(q.data.length), q.rows, q.cols);
    for (let i = 0; i < q.rows; i++) constant.data.set(plain, i * q.cols);
    return 1 - meanPinball(target, q, levels) / meanPinball(target, constant, levels);
  }

  summary(): Summary {
    const state = this.#fitted;
    const names = state.bases.map(({ name }) => name as string);
    const losses = Object.entries(state.losses).sort((a, b) => a[1] - b[1]);
    return {
      title: `Quantiles by ${names.length === 1 ? names[0] : `${names.length} models: ${state.chosen}`}`,
      facts: [
        ['training rows', state.trainingRows],
        ['validation rows', state.validationRows],
        ['levels', state.levels.length],
        ['base models', names.join(', ')],
        ['aggregator', state.chosen],
        ['calibrated', state.shifts ? (this.options.conformal ?? 'one-sided') : 'no'],
      ],
      tables: [
        {
          title: 'Pinball loss on the validation rows',
          rows: losses.map(([model, loss]) => ({
            model,
            kind: names.includes(model) ? 'base model' : 'aggregator',
            'pinball loss': loss,
            share: names.includes(model) ? state.shares[names.indexOf(model)]! : null,
          })),
        },
        {
          title: 'Levels: share of validation rows below, before calibration, and what calibration adds',
          rows: state.levels.map((level, k) => ({
            level,
            below: state.coverage[k]!,
            'calibration adds': state.shifts?.[k] ?? null,
          })),
        },
      ],
      notes: [
        'Shares say how much each base model counts in the aggregate, over levels and validation rows.',
        ...state.notes,
      ],
    };
  }

  toJSON(): EstimatorJson {
    return { kind: KIND, version: VERSION, options: this.options, state: this.#fitted };
  }

  /** @throws FletchError `CORRUPT`, `FORMAT_TOO_NEW` */
  static fromJSON(json: EstimatorJson): QuantileRegression {
    const { options, state } = requireKind(json, KIND, VERSION);
    const read = state as State;
    const model = new QuantileRegression(options as QuantileRegressionOptions);
    requireState(
      Array.isArray(read.levels) &&
        Array.isArray(read.bases) &&
        read.bases.length > 0 &&
        read.bases.every(
          ({ name, model: base }) => baseNames.includes(name) && typeof base === 'object' && base,
        ) &&
        (read.shifts === null || (Array.isArray(read.shifts) && read.shifts.length === read.levels.length)),
      KIND,
    );
    requireLevels(read.levels);
    return model.#take(read, Design.fromJSON(read.design));
  }
}
