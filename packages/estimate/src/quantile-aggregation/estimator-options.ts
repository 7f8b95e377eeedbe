/**
 * What {@link QuantileRegression} takes.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { type EncodingOptions, requireChoice } from '../frame/design.js';
import { autoCandidates } from './aggregator/baselines.js';
import { type BaseName, baseNames, defaultBases } from './base/kinds.js';
import { type Conformal, conformalKinds } from './conformal.js';
import { evenLevels, requireLevels, requireSymmetric } from './levels.js';

/** Names of what can be made of the base models. */
export const aggregatorNames = ['auto', 'average', 'median', ...keysOf(autoCandidates)] as const;

function keysOf<T extends object>(value: T): (keyof T & string)[] {
  return Object.keys(value) as (keyof T & string)[];
}

/** What is made of the base models. */
export type AggregatorName = (typeof aggregatorNames)[number];

/** Options of the estimator. */
export interface QuantileRegressionOptions extends EncodingOptions {
  /** Levels, ascending. Default 0.05, 0.1, …, 0.95. */
  readonly quantiles?: readonly number[];
  /** Base models. Default: linear, forest, knn, gaussian-net, mlp. */
  readonly models?: readonly BaseName[];
  /** Default `auto`: what is best on the validation rows. */
  readonly aggregator?: AggregatorName;
  /** Calibration on the validation rows. Default `one-sided`; `none` where they are fewer than 20 and nothing is asked for. */
  readonly conformal?: Conformal | 'none';
  /** Share of the rows that are held out to choose and calibrate. Default 0.2. */
  readonly validation?: number;
  /** Folds for the predictions that aggregators learn from. Default 5. */
  readonly folds?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** Options with what they default to. */
export interface QuantileSettings {
  readonly quantiles: readonly number[];
  readonly models: readonly BaseName[];
  readonly aggregator: AggregatorName;
  readonly conformal: Conformal | 'none' | undefined;
  readonly validation: number;
  readonly folds: number;
  readonly seed: number;
}

/** @throws FletchError `INVALID_ARGUMENT` naming the option */
export function quantileSettings(options: QuantileRegressionOptions): QuantileSettings {
  const {
    quantiles = evenLevels(19),
    models = defaultBases,
    aggregator = 'auto',
    conformal,
    validation = 0.2,
    folds = 5,
    seed = 0,
  } = options;
  requireLevels(quantiles);
  requireChoice('aggregator', aggregator, aggregatorNames);
  if (conformal !== undefined) requireChoice('conformal', conformal, [...conformalKinds, 'none']);
  if (conformal === 'cqr') requireSymmetric(quantiles, 'cqr');
  for (const name of models) requireChoice('models', name, baseNames);
  if (models.length === 0 || new Set(models).size !== models.length)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `models must name each base model once: ${models.join(', ') || 'none'}.`,
    );
  if (!(validation > 0 && validation < 1))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `validation must be a share between 0 and 1, not ${validation}.`,
    );
  if (!Number.isSafeInteger(folds) || folds < 2)
    throw new FletchError('INVALID_ARGUMENT', `folds must be a whole number from 2, not ${folds}.`);
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new FletchError('INVALID_ARGUMENT', `seed must be a whole number from 0, not ${seed}.`);
  return { quantiles, models, aggregator, conformal, validation, folds, seed };
}
