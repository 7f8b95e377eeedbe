/**
 * TSV-M and R-TSVM as methods: matrices by their singular directions, everything else by the mean.
 *
 * @module
 */
import { Matrix } from '@fletch/linalg';
import { type Directions, leadingDirections, recompose } from '../singular/merge-singular.js';
import { densityOf, type OutlierOptions, outlierWeights } from '../singular/outliers.js';
import type { Piece, TensorMerge, TensorTask } from '../tensor-merge.js';

/** Whether a tensor is merged by its directions. */
export const hasDirections = ({ shape, table }: Pick<TensorTask, 'shape' | 'table'>): boolean =>
  shape.length === 2 && !table;

const differences = ({ base, models }: Piece): Float32Array[] =>
  models.map((model) => model.map((value, i) => value - base![i]!));

/** `θ₀ + lambda · mean`. */
function meanMerge({ models, options }: TensorTask): TensorMerge {
  const factor = (options.lambda as number) / models.length;
  return {
    looks: 0,
    look() {},
    combine({ base, models: parts }, out) {
      for (let i = 0; i < out.length; i++) {
        let sum = 0;
        for (const part of parts) sum += part[i]! - base![i]!;
        out[i] = base![i]! + factor * sum;
      }
    },
  };
}

type Merger = (deltas: readonly Float32Array[], task: TensorTask) => Float32Array;

const bySingularDirections =
  (merge: Merger) =>
  (task: TensorTask): TensorMerge => {
    if (!hasDirections(task)) return meanMerge(task);
    if (Math.min(...task.shape) < task.models.length) {
      task.warn(
        `"${task.name}" [${task.shape.join(', ')}] is smaller than the number of models, ${task.models.length}: its mean is taken.`,
      );
      return meanMerge(task);
    }
    return {
      looks: 0,
      look() {},
      combine(piece, out) {
        const merged = merge(differences(piece), task);
        const lambda = task.options.lambda as number;
        for (let i = 0; i < out.length; i++) out[i] = piece.base![i]! + lambda * merged[i]!;
      },
    };
  };

const variantOf = ({ options }: TensorTask) => options.variant as 'svd' | 'eigen';
const asMatrix = (delta: Float32Array, { shape }: TensorTask) => new Matrix(delta, shape[0]!, shape[1]!);

/** Task singular vectors: each model's leading `⌊min(out, in) / N⌋` directions, orthogonalized. */
export const tsvm = bySingularDirections((deltas, task) => {
  const count = Math.floor(Math.min(...task.shape) / deltas.length);
  const parts = deltas.map((delta) => leadingDirections(asMatrix(delta, task), count));
  return recompose(parts, task.shape as [number, number], { variant: variantOf(task) });
});

/**
 * How many directions each task keeps: `min(out, in) / N`, times its density over the mean density of all matrices,
 * scaled down where all together would be more than `min(out, in)`.
 */
export function adaptiveRanks(densities: readonly number[], least: number, meanDensity: number): number[] {
  const wanted = densities.map((density) => {
    const ratio = meanDensity > 0 ? density / meanDensity : 1;
    return Math.min(least, Math.max(1, Math.round((least / densities.length) * ratio)));
  });
  const total = wanted.reduce((sum, rank) => sum + rank, 0);
  return total <= least ? wanted : wanted.map((rank) => Math.max(1, Math.floor((rank * least) / total)));
}

/**
 * R-TSVM (Yang et al., Mix data or merge models?, 2025): TSV-M whose tasks weigh as much as their outliers, and whose
 * ranks follow the sparsity of each matrix.
 */
export const rTsvm = bySingularDirections((deltas, task) => {
  const { options } = task;
  const least = Math.min(...task.shape);
  const ranks =
    options.rank_mode === 'uniform'
      ? deltas.map(() => Math.floor(least / deltas.length))
      : adaptiveRanks(deltas.map(densityOf), least, task.survey!);
  const weights = outlierWeights(deltas, {
    outlierMass: options.outlier_mass as NonNullable<OutlierOptions['outlierMass']>,
    outlierPower: options.outlier_power as number,
  });
  const parts = deltas.map(
    (delta, i): Directions => leadingDirections(asMatrix(delta, task), Math.min(ranks[i]!, least)),
  );
  return recompose(parts, task.shape as [number, number], { weights, variant: variantOf(task) });
});

/** Densities of the task vectors of one matrix: their mean over all matrices is the survey of R-TSVM. */
export function surveyDensities(task: Pick<TensorTask, 'shape' | 'table'>, piece: Piece): number[] {
  return hasDirections(task) ? differences(piece).map(densityOf) : [];
}
