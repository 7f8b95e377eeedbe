/**
 * What is measured of a tuned body.
 *
 * @module
 */
import { array } from '@fletch/array';
import { rng } from '@fletch/linalg';
import {
  countIntruders,
  findIntruderDimensions,
  type IntruderReport,
  pretrainedLikeVectors,
  readTarget,
  type StateDict,
  scaleIntruders,
  similarityMatrix,
  writeTarget,
} from '@fletch/weights';
import type { Row } from '../../experiment.js';
import type { GlossTask, PretrainingLoss, TaskJudge } from '../gloss-gpt/index.js';

/** Vectors of each matrix that are looked at. */
export const K = 10;
/** Vectors below this are scaled: the claims count at 0.5 and 0.6. */
export const EPSILON = 0.6;
const GRID = Array.from({ length: 15 }, (_, i) => Math.round((0.25 + 0.05 * i) * 100) / 100);
/** Leading vectors in a heat map. */
const TOP = 40;

export const spectraOf = (base: StateDict, tuned: StateDict): IntruderReport =>
  findIntruderDimensions(base, tuned, { k: K, epsilon: EPSILON, splitFused: true });

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Figures of a report for the table. */
export function spectralFigures(report: IntruderReport) {
  const { layers, vectors } = report;
  return {
    vectors,
    intruders_05: countIntruders(report, 0.5, K),
    intruders_06: countIntruders(report, 0.6, K),
    intruders_07: countIntruders(report, 0.7, K),
    intruders_08: countIntruders(report, 0.8, K),
    // Intruders at 0.6 that lie mostly in the span of the base's first 20: rotations, nothing new.
    rotations_06: layers.reduce(
      (sum, { indices, subspace }) => sum + indices.filter((j) => subspace[j]! > 0.9).length,
      0,
    ),
    effective_rank: mean(layers.map(({ effectiveRank }) => effectiveRank)),
  };
}

/** How many intruders there are for each epsilon. */
export const countCurve = (method: string, report: IntruderReport): Row[] =>
  GRID.map((epsilon) => ({ method, epsilon, intruders: countIntruders(report, epsilon, K) }));

/** The mean over matrices of the largest cosine, by rank. */
export function rankCurve(method: string, { layers }: IntruderReport): Row[] {
  const most = Math.min(30, ...layers.map(({ maxCosine }) => maxCosine.length));
  return Array.from({ length: most }, (_, j) => ({
    method,
    rank: j + 1,
    cosine: round(mean(layers.map(({ maxCosine }) => maxCosine[j]!))),
    chance: round(mean(layers.map(({ randomCosine }) => randomCosine))),
  }));
}

/** |U0ᵀ U1| of one matrix. */
export function heatMap(
  method: string,
  base: StateDict,
  tuned: StateDict,
  name: string,
  report: IntruderReport,
): Row[] {
  const { target } = report.layers.find((layer) => layer.name === name)!;
  const matrices = [base, tuned].map((state) => {
    const { data, rows, cols } = readTarget(state[target.tensor]!.data as Float32Array, target);
    return array(data, 'float32', [rows, cols]);
  });
  const cosines = similarityMatrix(matrices[0]!, matrices[1]!, { top: TOP });
  const size = cosines.shape[0]!;
  return Array.from(cosines.data as Float32Array, (cosine, i) => ({
    method,
    base: Math.floor(i / size) + 1,
    tuned: (i % size) + 1,
    cosine: Math.round(cosine * 100) / 100,
  }));
}

/** Every matrix of the base moved by a random product of two vectors, as far as tuning moved it. */
export function randomlyMoved(
  base: StateDict,
  tuned: StateDict,
  { layers }: IntruderReport,
  seed: number,
): StateDict {
  const random = rng(seed, 9);
  const moved: Record<string, StateDict[string]> = { ...base };
  for (const { target } of layers) {
    const before = readTarget(base[target.tensor]!.data as Float32Array, target);
    const after = readTarget(tuned[target.tensor]!.data as Float32Array, target);
    const length = Math.sqrt(after.data.reduce((sum, value, i) => sum + (value - before.data[i]!) ** 2, 0));
    const u = unitVector(random.fillNormal(new Float64Array(before.rows)));
    const v = unitVector(random.fillNormal(new Float64Array(before.cols)));
    for (let i = 0; i < before.data.length; i++)
      before.data[i]! += length * u[Math.floor(i / before.cols)]! * v[i % before.cols]!;
    const data = (moved[target.tensor]!.data as Float32Array).slice();
    writeTarget(data, target, before);
    moved[target.tensor] = array(data, 'float32', target.shape);
  }
  return moved;
}

function unitVector(values: Float64Array): Float64Array {
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}

/** One point of the curve of scaling. */
export interface ScaledPoint {
  readonly scaled: 'intruders' | 'control';
  readonly lambda: number;
  readonly accuracy: number;
  readonly loss: number;
  readonly vectors: number;
}

/** Scales intruders, and as a control as many vectors that are like the base's. */
export async function scalingCurve(
  task: GlossTask,
  tuned: { readonly params: StateDict; readonly head: StateDict[string] },
  report: IntruderReport,
  lambdas: readonly number[],
  judges: { readonly task: TaskJudge; readonly pretraining: PretrainingLoss },
): Promise<ScaledPoint[]> {
  const points: ScaledPoint[] = [];
  for (const scaled of ['intruders', 'control'] as const) {
    const chosen = scaled === 'intruders' ? report : pretrainedLikeVectors(report, 0.8);
    for (const lambda of lambdas) {
      const params = scaleIntruders(tuned.params, chosen, lambda);
      points.push({
        scaled,
        lambda,
        accuracy: await judges.task.accuracy(task, params, tuned.head),
        loss: await judges.pretraining.of(params),
        vectors: chosen.layers.reduce((sum, { indices }) => sum + indices.length, 0),
      });
    }
  }
  return points;
}

export const round = (value: number): number => Number(value.toPrecision(4));
