/**
 * The convention of estimators.
 *
 * A constructor stores its options and does nothing else. `fit` learns and resolves to the estimator itself. What was
 * learned stands in attributes that throw before. `toJSON` gives all of it, and the static `fromJSON` of the class brings it
 * back. All randomness comes from `seed`: the same options and data give the same estimator.
 *
 * Every method is asynchronous: some compute on a runtime, and all let others work in between.
 *
 * @module
 */
import { FletchError, type LongWork } from '@fletch/base';
import type { Matrix } from '@fletch/linalg';
import type { Table } from './frame/frame.js';
import type { Label, Target } from './frame/target.js';
import type { Summary } from './summary.js';

/** A fitted estimator as JSON. */
export interface EstimatorJson {
  /** Name in the registry. */
  readonly kind: string;
  /** Of this kind's layout; a reader refuses what is newer. */
  readonly version: number;
  readonly options: object;
  readonly state: object;
}

/**
 * Anything that learns from a table.
 *
 * @typeParam Prediction - what `predict` gives for all rows
 */
export interface Estimator<Prediction = unknown> {
  /** Name in the registry. */
  readonly kind: string;
  /** As they were given. */
  readonly options: object;
  /**
   * Learns from the rows of a table.
   *
   * @param X - n rows
   * @param y - n values
   * @throws FletchError `INVALID_ARGUMENT`, `DIMENSION_MISMATCH`, `NON_FINITE` for bad data; `ABORTED`
   */
  fit(X: Table, y: Target, work?: LongWork): Promise<this>;
  /** @throws FletchError `INVALID_ARGUMENT` before `fit` */
  predict(X: Table): Promise<Prediction>;
  /** Higher is better; each estimator says which score it is. */
  score(X: Table, y: Target): Promise<number>;
  /** @throws FletchError `INVALID_ARGUMENT` before `fit` */
  summary(): Summary;
  /** @throws FletchError `INVALID_ARGUMENT` before `fit` */
  toJSON(): EstimatorJson;
}

/** Predicts classes. */
export interface Classifier extends Estimator<readonly Label[]> {
  /** In order. */
  readonly classes: readonly Label[];
  /** Probabilities: rows × classes, in the order of `classes`. */
  predictProba(X: Table): Promise<Matrix<Float64Array>>;
}

/** Predicts one number for each row. */
export type Regressor = Estimator<Float64Array>;

/** Predicts quantiles: rows × levels. */
export interface QuantileRegressor extends Estimator<Matrix<Float64Array>> {
  /** Quantile levels, ascending. */
  readonly levels: readonly number[];
}

/**
 * What `fit` learned.
 *
 * @throws FletchError `INVALID_ARGUMENT` when nothing was
 */
export function fitted<T>(state: T | undefined, name: string): T {
  if (state !== undefined) return state;
  throw new FletchError('INVALID_ARGUMENT', `This ${name} has not learned anything: call fit first.`);
}

/**
 * Checks the envelope of a model before it is read.
 *
 * @throws FletchError `CORRUPT` when it is no model of this kind, `FORMAT_TOO_NEW`
 */
export function requireKind(json: unknown, kind: string, version: number): EstimatorJson {
  const model = json as Partial<EstimatorJson> | null;
  if (
    typeof model !== 'object' ||
    model === null ||
    model.kind !== kind ||
    !Number.isSafeInteger(model.version) ||
    typeof model.options !== 'object' ||
    typeof model.state !== 'object'
  )
    throw new FletchError('CORRUPT', `This is no model of the kind "${kind}".`);
  if (model.version! > version)
    throw new FletchError(
      'FORMAT_TOO_NEW',
      `The model was written in version ${model.version} of "${kind}"; this Fletch reads up to ${version}.`,
    );
  return model as EstimatorJson;
}

/** @throws FletchError `CORRUPT` unless the state of a saved model is what it should be */
export function requireState(ok: boolean, kind: string): void {
  if (!ok) throw new FletchError('CORRUPT', `The numbers of this "${kind}" model are not readable.`);
}

/** Lets timers, signals and other work have their turn. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
