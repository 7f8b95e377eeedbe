/**
 * Simple ways to make one quantile function of many, and the choice among all.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { Matrix } from '@fletch/linalg';
import { quantileOfSorted } from '../../intervals.js';
import { pinballRegression } from '../base/pinball-regression.js';
import { monotoneRows } from '../monotone.js';
import { predictionsOf, type QuantileTensor, requirePredictions } from '../predictions.js';
import { meanPinball } from '../scores.js';
import { type AggregatorInput, fitQuantileAggregator, type QuantileAggregator } from './aggregator.js';
import { type AggregationData, type AggregatorOptions, requireData } from './options.js';

/** The mean over models, level by level. */
export function averageQuantiles(z: QuantileTensor): Matrix<Float64Array> {
  return eachCell(z, (values) => values.reduce((sum, value) => sum + value, 0) / values.length);
}

/** The median over models, level by level. */
export function medianQuantiles(z: QuantileTensor): Matrix<Float64Array> {
  return eachCell(z, (values) => quantileOfSorted(values.sort(), 0.5));
}

function eachCell(z: QuantileTensor, of: (values: Float64Array) => number): Matrix<Float64Array> {
  const { rows, models, levels } = requirePredictions(z, z.shape[2] ?? 0);
  const result = new Matrix(new Float64Array(rows * levels), rows, levels);
  const values = new Float64Array(models);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < levels; k++) {
      for (let l = 0; l < models; l++) values[l] = z.data[(i * models + l) * levels + k]!;
      result.data[i * levels + k] = of(values);
    }
  return monotoneRows(result, 'sort');
}

/** Pinball loss of each model alone, its quantiles sorted. */
export function baseLosses(data: AggregationData, tau: readonly number[]): number[] {
  const { models } = requirePredictions(data.z, tau.length);
  return Array.from({ length: models }, (_, l) =>
    meanPinball(data.y, monotoneRows(predictionsOf(data.z, l), 'sort'), tau),
  );
}

/** Weights of quantile regression averaging. */
export interface QraJson {
  /** For each level: the weight of each model, then the intercept. */
  readonly coefficients: readonly (readonly number[])[];
}

/**
 * Quantile regression averaging (Nowotarski and Weron, Computational Statistics 30, 2015): at each level a quantile regression of y
 * on the models' predictions.
 *
 * @throws FletchError as {@link fitQuantileAggregator}
 */
export function fitQra(input: AggregatorInput): QraJson {
  const { z, y, tau } = input;
  const { rows, models } = requireData(input, tau, false);
  const target = Float64Array.from(y);
  return {
    coefficients: tau.map((level, k) => {
      const design = new Matrix(new Float64Array(rows * (models + 1)).fill(1), rows, models + 1);
      for (let i = 0; i < rows; i++)
        for (let l = 0; l < models; l++)
          design.data[i * (models + 1) + l] = z.data[(i * models + l) * tau.length + k]!;
      return Array.from(pinballRegression(design, target, level));
    }),
  };
}

/** What QRA predicts, sorted. */
export function predictQra({ coefficients }: QraJson, z: QuantileTensor): Matrix<Float64Array> {
  const m = coefficients.length;
  const { rows, models } = requirePredictions(z, m);
  const result = new Matrix(new Float64Array(rows * m), rows, m);
  for (let i = 0; i < rows; i++)
    for (const [k, weights] of coefficients.entries()) {
      let sum = weights[models]!;
      for (let l = 0; l < models; l++) sum += weights[l]! * z.data[(i * models + l) * m + k]!;
      result.data[i * m + k] = sum;
    }
  return monotoneRows(result, 'sort');
}

/** What `auto` chooses from, besides the average. */
export const autoCandidates = {
  'global-coarse': { resolution: 'coarse', local: false },
  'global-medium': { resolution: 'medium', local: false },
  'global-fine': { resolution: 'fine', local: false },
  'local-medium': { resolution: 'medium', local: true },
  'local-fine': { resolution: 'fine', local: true },
} as const satisfies Readonly<Record<string, AggregatorOptions>>;

/** What {@link chooseAggregator} found. */
export interface AutoChoice {
  readonly name: keyof typeof autoCandidates | 'average';
  /** None for the average. */
  readonly aggregator: QuantileAggregator | undefined;
  /** Validation losses of all. */
  readonly losses: Readonly<Record<string, number>>;
  readonly aggregators: Readonly<Partial<Record<keyof typeof autoCandidates, QuantileAggregator>>>;
}

/**
 * The candidate with the lowest pinball loss on validation rows: the average, global weights of three resolutions, local ones of
 * two.
 *
 * @throws FletchError `INVALID_ARGUMENT` without validation rows, and as {@link fitQuantileAggregator}
 */
export async function chooseAggregator(
  input: AggregatorInput,
  options: AggregatorOptions,
): Promise<AutoChoice> {
  const { valid } = options;
  if (!valid)
    throw new FletchError(
      'INVALID_ARGUMENT',
      'A choice among aggregators needs validation rows: give valid.',
    );
  const { tau } = input;
  const aggregators: Partial<Record<keyof typeof autoCandidates, QuantileAggregator>> = {};
  requireData(valid, tau, true);
  const losses: Record<string, number> = { average: meanPinball(valid.y, averageQuantiles(valid.z), tau) };
  const names = Object.keys(autoCandidates) as (keyof typeof autoCandidates)[];
  for (const name of names) {
    const aggregator = await fitQuantileAggregator(input, { ...options, ...autoCandidates[name] });
    aggregators[name] = aggregator;
    losses[name] = meanPinball(valid.y, aggregator.predict(valid.z, valid.x), tau);
    const done = Object.keys(aggregators).length;
    options.onProgress?.({ done, total: names.length, stage: name });
  }
  const name = (['average', ...names] as const).reduce((best, other) =>
    losses[other]! < losses[best]! ? other : best,
  );
  return { name, aggregator: name === 'average' ? undefined : aggregators[name]!, losses, aggregators };
}
