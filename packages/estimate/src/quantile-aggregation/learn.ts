/**
 * From rows to one quantile function: base models, weights, calibration.
 *
 * @module
 */
import { FletchError, type LongWork } from '@fletch/base';
import { type Matrix, rng } from '@fletch/linalg';
import { takeTable } from '../frame/frame.js';
import { quantileOfSorted } from '../intervals.js';
import { type AggregatorJson, fitQuantileAggregator, QuantileAggregator } from './aggregator/aggregator.js';
import {
  autoCandidates,
  averageQuantiles,
  baseLosses,
  chooseAggregator,
  medianQuantiles,
} from './aggregator/baselines.js';
import { type BaseName, baseKinds } from './base/kinds.js';
import type { FittedQuantiles } from './base/model.js';
import { conformalShifts, shifted } from './conformal.js';
import type { AggregatorName, QuantileSettings } from './estimator-options.js';
import { outOfFold, requireTargets } from './out-of-fold.js';
import { type QuantileTensor, stackPredictions } from './predictions.js';
import { calibration, meanPinball } from './scores.js';

/** What was learned, as plain numbers. */
export interface QuantileState {
  readonly levels: readonly number[];
  readonly bases: readonly { readonly name: BaseName; readonly model: object }[];
  /** What `auto` chose, or what was asked for. */
  readonly chosen: Exclude<AggregatorName, 'auto'>;
  /** None for averages and medians. */
  readonly aggregator: AggregatorJson | null;
  /** What calibration adds to each level, if it does. */
  readonly shifts: readonly number[] | null;
  readonly trainingRows: number;
  readonly validationRows: number;
  /** Pinball losses on the validation rows, of base models and aggregators. */
  readonly losses: Readonly<Record<string, number>>;
  /** Share of validation rows below each level, before calibration. */
  readonly coverage: readonly number[];
  /** How much each base model counts, summed over levels and averaged over validation rows. */
  readonly shares: readonly number[];
  /** Quantiles of the target: what the score compares with. */
  readonly plain: readonly number[];
  readonly notes: readonly string[];
}

/** Rows below which calibration is left out unless it is asked for. */
const CALIBRATED = 20;

/** @throws FletchError `INVALID_ARGUMENT`, `NON_FINITE`, `ABORTED` */
export async function learnQuantiles(
  X: Matrix<Float64Array>,
  y: Float64Array,
  settings: QuantileSettings,
  work: LongWork,
): Promise<QuantileState> {
  const { quantiles: tau, models: names, validation, folds, seed } = settings;
  requireTargets(X, y);
  const valids = Math.round(validation * X.rows);
  if (valids < 1 || X.rows - valids <= folds)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `${X.rows} rows are too few for ${folds} folds and a share of ${validation} for validation.`,
      { details: { rows: X.rows } },
    );
  const order = rng(seed).permutation(X.rows);
  const part = (rows: Uint32Array) => ({
    x: takeTable(X, rows) as Matrix<Float64Array>,
    y: Float64Array.from(rows, (row) => y[row]!),
  });
  const valid = part(order.subarray(0, valids));
  const train = part(order.subarray(valids));
  const models = names.map((name, i) => baseKinds[name].create({ seed: seed + i }));
  try {
    const { zTrain, fitFull } = await outOfFold(models, train.x, train.y, tau, { folds, ...work });
    const bases = await fitFull(work);
    const held = { z: predictionsFor(bases, valid.x), y: valid.y, x: valid.x };
    const input = { z: zTrain, y: train.y, x: train.x, tau };
    const { chosen, aggregator, losses } = await aggregate(input, held, settings, work);
    const q = aggregated(chosen, aggregator, held.z, valid.x);
    const kind = settings.conformal ?? (valids >= CALIBRATED ? 'one-sided' : 'none');
    const shifts = kind === 'none' ? null : Array.from(conformalShifts(q, valid.y, tau, kind));
    const sorted = y.toSorted();
    const alone = Object.fromEntries(baseLosses(held, tau).map((loss, l) => [names[l]!, loss]));
    return {
      levels: [...tau],
      bases: bases.map((model, l) => ({ name: names[l]!, model: model.toJSON() })),
      chosen,
      aggregator: aggregator?.toJSON() ?? null,
      shifts,
      trainingRows: train.y.length,
      validationRows: valids,
      losses: { ...alone, ...losses },
      coverage: Array.from(calibration(valid.y, q, tau).coverage),
      shares: Array.from(aggregator?.modelShares(valid.x) ?? names.map(() => 1 / names.length)),
      plain: tau.map((level) => quantileOfSorted(sorted, level)),
      notes: [
        ...betterAlone(alone, losses[chosen]!),
        ...(aggregator?.notes ?? []),
        ...(shifts || settings.conformal === 'none'
          ? []
          : [`${valids} validation rows are too few to calibrate with: quantiles are as the models say.`]),
      ],
    };
  } finally {
    for (const model of models) await model.close?.();
  }
}

/** A remark where a base model is better by itself, on validation rows. */
function betterAlone(alone: Readonly<Record<string, number>>, loss: number): string[] {
  const [name, least] = Object.entries(alone).reduce((best, one) => (one[1] < best[1] ? one : best));
  if (Object.keys(alone).length === 1 || least >= loss) return [];
  return [
    `On the validation rows ${name} alone has a lower loss (${least.toPrecision(4)} against ${loss.toPrecision(4)}): cross-validate with it as the only model, too.`,
  ];
}

async function aggregate(
  input: Parameters<typeof chooseAggregator>[0],
  valid: NonNullable<Parameters<typeof chooseAggregator>[1]['valid']>,
  { aggregator: name, seed, models }: QuantileSettings,
  work: LongWork,
): Promise<{
  chosen: QuantileState['chosen'];
  aggregator: QuantileAggregator | undefined;
  losses: Readonly<Record<string, number>>;
}> {
  const options = { valid, seed, ...work };
  if (name === 'auto' && models.length > 1) {
    const choice = await chooseAggregator(input, options);
    return { chosen: choice.name, aggregator: choice.aggregator, losses: choice.losses };
  }
  const chosen = name === 'auto' ? 'global-medium' : name;
  const aggregator =
    chosen === 'average' || chosen === 'median'
      ? undefined
      : await fitQuantileAggregator(input, { ...options, ...autoCandidates[chosen] });
  const loss = meanPinball(valid.y, aggregated(chosen, aggregator, valid.z, valid.x!), input.tau);
  return { chosen, aggregator, losses: { [chosen]: loss } };
}

function aggregated(
  chosen: QuantileState['chosen'],
  aggregator: QuantileAggregator | undefined,
  z: QuantileTensor,
  X: Matrix<Float64Array>,
): Matrix<Float64Array> {
  if (aggregator) return aggregator.predict(z, X);
  return chosen === 'median' ? medianQuantiles(z) : averageQuantiles(z);
}

const predictionsFor = (bases: readonly FittedQuantiles[], X: Matrix<Float64Array>): QuantileTensor =>
  stackPredictions(bases.map((model) => model.predict(X)));

/** What a state predicts: with calibration, or as the aggregator says. */
export function predictorOf(
  state: QuantileState,
): (X: Matrix<Float64Array>, calibrated?: boolean) => Matrix<Float64Array> {
  const bases = state.bases.map(({ name, model }) => baseKinds[name].fromJSON(model as never));
  const aggregator = state.aggregator ? new QuantileAggregator(state.aggregator) : undefined;
  return (X, calibrated = true) => {
    const q = aggregated(state.chosen, aggregator, predictionsFor(bases, X), X);
    return calibrated && state.shifts ? shifted(q, state.shifts) : q;
  };
}
