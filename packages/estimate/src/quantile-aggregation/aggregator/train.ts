/**
 * Trains the weights of an aggregator.
 *
 * @module
 */
import { adam, array, assertFinite, compile, type NDArray, type Tensor, trainingStep } from '@fletch/array';
import { type LongWork, throwIfAborted } from '@fletch/base';
import { type Rng, rng } from '@fletch/linalg';
import { quantileOfSorted } from '../../intervals.js';
import { initialLayers, plainLayers } from '../base/nets/mlp.js';
import { RowBatches } from '../base/nets/train.js';
import { type Scaling, scaleRows, scaleVector, scalingOf, scalingOfVector } from '../base/scaling.js';
import { type AggregationBatch, type AggregatorParams, lossGraph, validationGraph } from './graph.js';
import type { AggregationData, AggregatorSettings } from './options.js';
import { initialLogits, type WeightingJson, weightShape } from './weighting.js';

/** Steps between two looks at the validation loss. */
const LOOK = 100;

/** What training gives. */
export interface TrainedWeights {
  readonly weighting: WeightingJson;
  /** Of the weights that are kept. */
  readonly steps: number;
  /** Pinball loss in units of y; NaN without validation rows. */
  readonly validationLoss: number;
  /** Validation losses, one for each look. */
  readonly curve: readonly number[];
}

/** Data scaled alike: z and y by the mean and deviation of y, x by its own. */
class ScaledData {
  readonly z: Float32Array;
  readonly y: Float32Array;
  readonly x: Float32Array;
  readonly rows: number;
  readonly #width: number;
  readonly #shape: readonly [L: number, m: number];
  readonly #features: number;

  constructor(data: AggregationData, scaling: Scaling, x: Scaling | undefined) {
    const [rows = 0, L = 0, m = 0] = data.z.shape;
    this.rows = rows;
    this.#shape = [L, m];
    this.#width = L * m;
    this.z = Float32Array.from(scaleVector(data.z.data, scaling));
    this.y = Float32Array.from(scaleVector(data.y, scaling));
    this.x = x ? Float32Array.from(scaleRows(data.x!, x).data) : new Float32Array(rows);
    this.#features = x ? data.x!.cols : 1;
  }

  batch(picked: ArrayLike<number>, masks: readonly NDArray[] = []): AggregationBatch<NDArray> {
    const B = picked.length;
    const take = (source: Float32Array, width: number) => {
      const part = new Float32Array(B * width);
      for (let i = 0; i < B; i++)
        part.set(source.subarray(picked[i]! * width, (picked[i]! + 1) * width), i * width);
      return part;
    };
    return {
      z: array(take(this.z, this.#width), 'float32', [B, ...this.#shape]),
      x: array(take(this.x, this.#features), 'float32', [B, this.#features]),
      y: array(take(this.y, 1), 'float32', [B, 1]),
      masks,
    };
  }

  all(): AggregationBatch<NDArray> {
    return this.batch(Int32Array.from({ length: this.rows }, (_, i) => i));
  }
}

function initialParams(
  { resolution, normalize, local, hidden, layers }: AggregatorSettings,
  [L, m, d]: readonly [number, number, number],
  random: Rng,
): AggregatorParams<NDArray> {
  const [K, S] = weightShape(resolution, L, m);
  const start = initialLogits(resolution, L, m, normalize);
  if (!local) return { logits: array(start, 'float32', [K * S]) };
  const network = initialLayers([d, ...new Array<number>(layers).fill(hidden), K * S], random);
  const last = network.at(-1)!;
  (last.w.data as Float32Array).fill(0);
  (last.b.data as Float32Array).set(start);
  return { layers: network };
}

/** δ_ab of all pairs of levels, in scaled units. */
function marginsOf(
  { margin, marginScale }: AggregatorSettings,
  data: ScaledData,
  tau: readonly number[],
  L: number,
): Float32Array | undefined {
  if (margin === 'none') return undefined;
  const m = tau.length;
  if (margin === 'single') return new Float32Array(m * m).fill(marginScale);
  const middle = (m - 1) >> 1;
  const residuals = Float64Array.from(data.y, (value, i) => {
    const medians = Float64Array.from({ length: L }, (_, l) => data.z[(i * L + l) * m + middle]!).sort();
    return value - quantileOfSorted(medians, 0.5);
  }).sort();
  const q = tau.map((level) => quantileOfSorted(residuals, level));
  return Float32Array.from({ length: m * m }, (_, at) => {
    const [a, b] = [Math.floor(at / m), at % m];
    return marginScale * Math.max(0, q[b]! - q[a]!);
  });
}

function weightingOf(
  params: AggregatorParams<NDArray>,
  { resolution, normalize }: AggregatorSettings,
  [L, m]: readonly [number, number, number],
  x: Scaling | undefined,
): WeightingJson {
  const logits =
    'layers' in params
      ? { kind: 'local' as const, layers: plainLayers(params.layers), x: x! }
      : { kind: 'global' as const, values: Array.from(params.logits.data as Float32Array) };
  return { resolution, normalize, models: L, levels: m, logits };
}

/** Dropout: 1 / keep where a hidden output stays, 0 elsewhere. */
function masksOf(settings: AggregatorSettings, B: number, random: Rng): NDArray[] {
  const { local, layers, hidden, dropout } = settings;
  if (!local || dropout === 0) return [];
  return Array.from({ length: layers - 1 }, () => {
    const mask = random.fillUniform(new Float32Array(B * hidden));
    for (let i = 0; i < mask.length; i++) mask[i] = mask[i]! < dropout ? 0 : 1 / (1 - dropout);
    return array(mask, 'float32', [B, hidden]);
  });
}

/**
 * Trains by Adam on the pinball loss, through what removes crossings.
 *
 * @throws FletchError `NON_FINITE` with the step, `ABORTED`
 */
export async function trainWeights(
  data: AggregationData,
  tau: readonly number[],
  settings: AggregatorSettings,
  valid: AggregationData | undefined,
  { signal, onProgress }: LongWork,
): Promise<TrainedWeights> {
  const scaling = scalingOfVector(Float64Array.from(data.y));
  const xScaling = settings.local ? scalingOf(data.x!) : undefined;
  const train = new ScaledData(data, scaling, xScaling);
  const sizes = [data.z.shape[1]!, tau.length, data.x?.cols ?? 1] as const;
  const margins = marginsOf(settings, train, tau, sizes[0]);
  const random = rng(settings.seed);
  const B = Math.min(settings.batch, train.rows);
  const rows = new RowBatches(train.rows, B, random.split());
  const dropouts = random.split();
  const { learningRate, weightDecay, steps, patience } = settings;
  const optimizer = adam({ learningRate, weightDecay });
  const step = trainingStep({
    name: 'aggregator',
    loss: (params: AggregatorParams<Tensor>, batch: AggregationBatch<Tensor>) =>
      lossGraph(params, batch, settings, tau, margins),
    optimizer,
    threads: 1,
  });
  const look = compile(
    (params: AggregatorParams<Tensor>, batch: AggregationBatch<Tensor>) =>
      validationGraph(params, batch, settings, tau),
    { name: 'aggregator validation', threads: 1 },
  );
  try {
    let params = initialParams(settings, sizes, random.split());
    let state: unknown = optimizer.init(params);
    const held = valid && new ScaledData(valid, scaling, xScaling).all();
    const lossOf = async () =>
      (held ? (await look(params as never, held as never)).item() : Number.NaN) as number;
    let best = { loss: await lossOf(), step: 0, weighting: weightingOf(params, settings, sizes, xScaling) };
    const curve = [best.loss];
    for (let i = 1; i <= steps && !(held && i - best.step > patience); i++) {
      throwIfAborted(signal);
      const batch = train.batch(rows.next(), masksOf(settings, B, dropouts));
      const out = await step(params, state, {}, batch);
      params = out.params as AggregatorParams<NDArray>;
      state = out.state;
      if (i % LOOK !== 0 && i !== steps) continue;
      assertFinite({ loss: out.loss }, i);
      const loss = await lossOf();
      curve.push(loss);
      if (!held || loss < best.loss)
        best = { loss, step: i, weighting: weightingOf(params, settings, sizes, xScaling) };
      onProgress?.({ done: i, total: steps, stage: 'weights' });
    }
    const unit = scaling.deviations[0]!;
    return {
      weighting: best.weighting,
      steps: best.step,
      validationLoss: best.loss * unit,
      curve: curve.map((loss) => loss * unit),
    };
  } finally {
    await step.close();
    await look.close();
  }
}
