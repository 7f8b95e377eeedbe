/**
 * Aggregates the quantiles of several models into one quantile function (Fakoor, Kim, Mueller, Smola and Tibshirani, Flexible
 * model aggregation for quantile regression, JMLR 24, 2023).
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { type Matrix, type Rng, rng } from '@fletch/linalg';
import { type Monotone, monotoneRows } from '../monotone.js';
import { type QuantileTensor, requirePredictions } from '../predictions.js';
import {
  type AggregationData,
  type AggregatorOptions,
  requireData,
  requireFeatures,
  settingsOf,
} from './options.js';
import { type TrainedWeights, trainWeights } from './train.js';
import { combined, initialLogits, type WeightingJson, weightShape, weightsOf } from './weighting.js';

/** An aggregator as plain numbers. */
export interface AggregatorJson {
  readonly weighting: WeightingJson;
  readonly monotone: Monotone | null;
  readonly validationLoss: number | null;
  readonly steps: number;
  readonly curve: readonly number[];
  readonly notes: readonly string[];
}

/** A trained aggregator. */
export class QuantileAggregator {
  readonly #json: AggregatorJson;

  /** Use {@link fitQuantileAggregator}, or what {@link toJSON} gave. */
  constructor(json: AggregatorJson) {
    this.#json = json;
  }

  /** Mean pinball loss on the validation rows, NaN without them. */
  get validationLoss(): number {
    return this.#json.validationLoss ?? Number.NaN;
  }

  /** Validation losses during training, one each 100 steps. */
  get curve(): readonly number[] {
    return this.#json.curve;
  }

  /** Steps after which the weights were best. */
  get steps(): number {
    return this.#json.steps;
  }

  /** What a user should know. */
  get notes(): readonly string[] {
    return this.#json.notes;
  }

  /**
   * Aggregated quantiles that do not cross.
   *
   * @param z - N × L × m
   * @param x - N × d, for local weights
   * @returns N × m
   * @throws FletchError `DIMENSION_MISMATCH`, `NON_FINITE`, `INVALID_ARGUMENT` for local weights without x
   */
  predict(z: QuantileTensor, x?: Matrix<Float64Array>): Matrix<Float64Array> {
    const { weighting, monotone } = this.#json;
    const { rows, models } = requirePredictions(z, weighting.levels);
    if (models !== weighting.models)
      throw new FletchError(
        'DIMENSION_MISMATCH',
        `It was fitted on ${weighting.models} models; there are predictions of ${models}.`,
      );
    this.#requireFeatures(x, rows);
    const q = combined(weighting, z, x);
    return monotone ? monotoneRows(q, monotone) : q;
  }

  /**
   * Weights: 1 × (K S) for global ones, N × (K S) for local ones. K is 1 for `coarse`, else the levels that come out; S are the
   * models, for `fine` each with all its levels.
   *
   * @throws FletchError `INVALID_ARGUMENT` for local weights without x
   */
  weights(x?: Matrix<Float64Array>): Matrix<Float64Array> {
    this.#requireFeatures(x, x?.rows ?? 0);
    return weightsOf(this.#json.weighting, x);
  }

  /** How much each model counts, summed over levels and averaged over rows: L shares of 1 where weights are normalised. */
  modelShares(x?: Matrix<Float64Array>): Float64Array {
    const { models: L, levels: m, resolution } = this.#json.weighting;
    const weights = this.weights(x);
    const [K, S] = weightShape(resolution, L, m);
    const shares = new Float64Array(L);
    for (let at = 0; at < weights.data.length; at++) {
      const source = at % S;
      shares[resolution === 'fine' ? Math.floor(source / m) : source]! +=
        weights.data[at]! / (K * weights.rows);
    }
    return shares;
  }

  #requireFeatures(x: Matrix<Float64Array> | undefined, rows: number): void {
    const { logits } = this.#json.weighting;
    if (logits.kind === 'global') return;
    requireFeatures(x, rows);
    if (x.cols !== logits.x.means.length)
      throw new FletchError(
        'DIMENSION_MISMATCH',
        `It was fitted on ${logits.x.means.length} features; there are ${x.cols}.`,
      );
  }

  toJSON(): AggregatorJson {
    return this.#json;
  }
}

/** What {@link fitQuantileAggregator} trains on. */
export interface AggregatorInput extends AggregationData {
  /** m levels, ascending, the same for all models. */
  readonly tau: readonly number[];
}

/**
 * Trains an aggregator on predictions of models for rows that they were not trained on ({@link outOfFold}).
 *
 * @throws FletchError `INVALID_ARGUMENT` for levels that do not increase in (0, 1), options out of range, local weights without x,
 *   a constant y, a search without validation rows; `DIMENSION_MISMATCH` unless z is N × L × m; `NON_FINITE` naming model and row;
 *   `ABORTED`
 * @example
 * ```ts
 * const { zTrain, fitFull } = await outOfFold(models, X, y, tau);
 * const aggregator = await fitQuantileAggregator({ z: zTrain, y, x: X, tau }, { resolution: 'fine', local: true, valid });
 * const quantiles = aggregator.predict(zNew, xNew);
 * ```
 */
export async function fitQuantileAggregator(
  input: AggregatorInput,
  options: AggregatorOptions = {},
): Promise<QuantileAggregator> {
  const { tau } = input;
  const { valid, search = 0, signal, onProgress } = options;
  const local = options.local ?? false;
  const { rows, models, levels } = requireData(input, tau, local);
  const settings = settingsOf(options, rows);
  if (valid && requireData(valid, tau, local).models !== models)
    throw new FletchError('DIMENSION_MISMATCH', 'The validation rows have predictions of other models.');
  if (!Number.isSafeInteger(search) || search < 0 || (search > 0 && !valid))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `search is a number of configurations, and needs validation rows: ${search}, ${valid ? 'valid' : 'none'}.`,
    );
  const { monotone } = settings;
  if (models === 1) {
    const values = Array.from(initialLogits('medium', 1, levels, true));
    return new QuantileAggregator({
      weighting: {
        resolution: 'medium',
        normalize: true,
        models,
        levels,
        logits: { kind: 'global', values },
      },
      monotone,
      validationLoss: null,
      steps: 0,
      curve: [],
      notes: ['There is one model only: its own quantiles come out, without crossings.'],
    });
  }
  const random = rng(settings.seed).split();
  let best: TrainedWeights | undefined;
  for (let trial = 0; trial < Math.max(1, search); trial++) {
    const drawn =
      search > 0
        ? { ...settings, ...drawConfiguration(random, local), seed: settings.seed + trial }
        : settings;
    const trained = await trainWeights(input, tau, drawn, valid, {
      ...(signal && { signal }),
      ...(onProgress && { onProgress }),
    });
    if (!best || trained.validationLoss < best.validationLoss) best = trained;
  }
  const { weighting, validationLoss, steps, curve } = best!;
  return new QuantileAggregator({
    weighting,
    monotone,
    validationLoss: Number.isFinite(validationLoss) ? validationLoss : null,
    steps,
    curve,
    notes: [],
  });
}

const pick = <T>(random: Rng, values: readonly T[]): T => values[random.integer(values.length)]!;

/** One configuration of the paper's search. */
function drawConfiguration(random: Rng, local: boolean) {
  const margin = pick(random, ['single', 'adaptive'] as const);
  return {
    margin,
    marginScale: pick(
      random,
      margin === 'single' ? [1e-4, 1e-3, 5e-3, 7.5e-3, 9.9e-3] : [1e-1, 5e-2, 1e-2, 1e-3, 1e-4],
    ),
    marginWeight: pick(random, [0.5, 1, 2, 5, 10]),
    hidden: pick(random, [64, 128]),
    layers: pick(random, [2, 3]),
    dropout: local ? pick(random, [0, 0.05, 0.1]) : 0,
    learningRate: local ? pick(random, [1e-3, 5e-4]) : pick(random, [1e-2, 5e-3]),
  };
}
