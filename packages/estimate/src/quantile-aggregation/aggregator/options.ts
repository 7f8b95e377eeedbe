/**
 * How an aggregator is trained.
 *
 * @module
 */
import { FletchError, type LongWork } from '@fletch/base';
import type { Matrix } from '@fletch/linalg';
import { requireChoice } from '../../frame/design.js';
import { requireCounts } from '../base/trees/forest.js';
import { requireLevels } from '../levels.js';
import { type Monotone, monotoneKinds } from '../monotone.js';
import { requireTargets } from '../out-of-fold.js';
import { type QuantileTensor, requirePredictions, type Sizes } from '../predictions.js';

/** Names of the resolutions. */
export const resolutions = ['coarse', 'medium', 'fine'] as const;

/** What has a weight of its own: a model; a model at a level; a model's level for each level that comes out. */
export type Resolution = (typeof resolutions)[number];

/** Predictions and what happened. */
export interface AggregationData {
  /** N × L × m. */
  readonly z: QuantileTensor;
  /** N. */
  readonly y: ArrayLike<number>;
  /** N × d; local weights need it. */
  readonly x?: Matrix<Float64Array>;
}

/** Options of {@link fitQuantileAggregator}. */
export interface AggregatorOptions extends LongWork {
  /** Default `medium`. */
  readonly resolution?: Resolution;
  /** Weights that a network makes of the features, instead of constants. Default false. */
  readonly local?: boolean;
  /** Weights that are not negative and sum to 1, by softmax. Default true. */
  readonly normalize?: boolean;
  /** What removes crossings, in predictions always. Default `sort`. */
  readonly monotone?: Monotone | null;
  /** Train through it. Default true. */
  readonly gradThrough?: boolean;
  /** Punish levels that come nearer than a margin: none (default), one for all, or one that follows the residuals. */
  readonly margin?: 'none' | 'single' | 'adaptive';
  /** Weight of that punishment. Default 1. */
  readonly marginWeight?: number;
  /** The single margin in deviations of y, or the share of the residuals' distance. Default 0.01. */
  readonly marginScale?: number;
  /** Width of the network's layers. Default 64. */
  readonly hidden?: number;
  /** Its hidden layers. Default 2. */
  readonly layers?: number;
  /** Share of hidden outputs that are dropped in training. Default 0. */
  readonly dropout?: number;
  /** Default 0.001 for local weights, 0.01 for global ones. */
  readonly learningRate?: number;
  /** L2. Default 1e-7. */
  readonly weightDecay?: number;
  /** Rows of a step. Default 2^(3 + ⌊log10 N⌋). */
  readonly batch?: number;
  /** Most steps. Default 5000 with validation rows, 1000 without. */
  readonly steps?: number;
  /** Steps without a better validation loss after which training ends. Default 500. */
  readonly patience?: number;
  /** Rows that decide when to stop, and among configurations. */
  readonly valid?: AggregationData;
  /** Random configurations that are tried, of which the best on `valid` is kept. Default 0. */
  readonly search?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** Options with what they default to. */
export interface AggregatorSettings
  extends Required<Omit<AggregatorOptions, 'valid' | 'search' | 'signal' | 'onProgress'>> {}

/**
 * Checks options.
 *
 * @param n - training rows
 * @throws FletchError `INVALID_ARGUMENT` naming the option
 */
export function settingsOf(options: AggregatorOptions, n: number): AggregatorSettings {
  const { valid, search: _, signal: _signal, onProgress: _progress, ...given } = options;
  const local = given.local ?? false;
  const settings: AggregatorSettings = {
    resolution: 'medium',
    local,
    normalize: true,
    monotone: 'sort',
    gradThrough: true,
    margin: 'none',
    marginWeight: 1,
    marginScale: 0.01,
    hidden: 64,
    layers: 2,
    dropout: 0,
    learningRate: local ? 0.001 : 0.01,
    weightDecay: 1e-7,
    batch: 2 ** (3 + Math.floor(Math.log10(n))),
    steps: valid ? 5000 : 1000,
    patience: 500,
    seed: 0,
    ...given,
  };
  requireChoice('resolution', settings.resolution, resolutions);
  requireChoice('monotone', settings.monotone, [...monotoneKinds, null]);
  requireChoice('margin', settings.margin, ['none', 'single', 'adaptive']);
  const { hidden, layers, batch, steps, patience } = settings;
  requireCounts({ hidden, layers, batch, steps, patience });
  for (const name of ['marginWeight', 'marginScale', 'weightDecay'] as const)
    if (!(settings[name] >= 0))
      throw new FletchError('INVALID_ARGUMENT', `${name} must not be negative, and is ${settings[name]}.`);
  if (!(settings.learningRate > 0))
    throw new FletchError('INVALID_ARGUMENT', `learningRate must be positive, not ${settings.learningRate}.`);
  if (!(settings.dropout >= 0 && settings.dropout < 1))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `dropout must be at least 0 and below 1, not ${settings.dropout}.`,
    );
  return settings;
}

/**
 * Checks data.
 *
 * @throws FletchError `DIMENSION_MISMATCH`, `NON_FINITE`, `INVALID_ARGUMENT`: see {@link fitQuantileAggregator}
 */
export function requireData(data: AggregationData, tau: readonly number[], local: boolean): Sizes {
  requireLevels(tau);
  const sizes = requirePredictions(data.z, tau.length);
  requireTargets({ rows: sizes.rows } as Matrix, data.y);
  if (local) requireFeatures(data.x, sizes.rows);
  return sizes;
}

/** @throws FletchError `INVALID_ARGUMENT` without features, `DIMENSION_MISMATCH`, `NON_FINITE` with row and column */
export function requireFeatures(
  x: Matrix<Float64Array> | undefined,
  rows: number,
): asserts x is Matrix<Float64Array> {
  if (!x)
    throw new FletchError(
      'INVALID_ARGUMENT',
      'Local weights are made of the features: give x, or use global ones.',
    );
  if (x.rows !== rows)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `There are predictions for ${rows} rows, but features of ${x.rows}.`,
    );
  const at = x.data.findIndex((value) => !Number.isFinite(value));
  if (at >= 0)
    throw new FletchError(
      'NON_FINITE',
      `Feature ${at % x.cols} of row ${Math.floor(at / x.cols)} is ${x.data[at]}.`,
    );
}
