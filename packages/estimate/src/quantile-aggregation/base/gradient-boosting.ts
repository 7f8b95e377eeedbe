/**
 * Gradient boosting of the pinball loss, each level for itself (Friedman, Greedy function approximation, 2001; leaves are
 * renewed by quantiles of residuals).
 *
 * @module
 */
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { Matrix, type Rng, rng } from '@fletch/linalg';
import { breathe } from '../../estimator.js';
import { quantileOfSorted } from '../../intervals.js';
import type { BaseKind, BaseQuantileModel, FittedQuantiles } from './model.js';
import { requireCounts } from './trees/forest.js';
import { columnsOf, growTree, leafOf, type Tree } from './trees/grow.js';
import { type Bins, bestSplitter, binColumns } from './trees/splitters.js';

/** Options of {@link GradientBoostedQR}. */
export interface BoostingOptions {
  /** For each level. Default 50. */
  readonly trees?: number;
  /** Default 4. */
  readonly maxDepth?: number;
  /** Default 10. */
  readonly minLeaf?: number;
  /** Default 0.1. */
  readonly learningRate?: number;
  /** Share of the rows that each tree sees. Default 0.7. */
  readonly subsample?: number;
  /** Default 0. */
  readonly seed?: number;
}

interface ValuedTree extends Tree {
  /** What a leaf adds. */
  readonly value: readonly number[];
}

interface BoostingJson {
  readonly levels: readonly { readonly start: number; readonly trees: readonly ValuedTree[] }[];
}

function fitted(json: BoostingJson): FittedQuantiles {
  const m = json.levels.length;
  return {
    predict(X) {
      const result = new Matrix(new Float64Array(X.rows * m), X.rows, m);
      json.levels.forEach(({ start, trees }, k) => {
        for (let i = 0; i < X.rows; i++) {
          let sum = start;
          for (const tree of trees) sum += tree.value[leafOf(tree, X, i)]!;
          result.data[i * m + k] = sum;
        }
      });
      return result;
    },
    toJSON: () => json,
  };
}

/** Boosted trees, a sequence for each level. */
export class GradientBoostedQR implements BaseQuantileModel {
  readonly name = 'boosting';
  readonly #options: Required<BoostingOptions>;

  /** @throws FletchError `INVALID_ARGUMENT` for options out of range */
  constructor(options: BoostingOptions = {}) {
    const { trees = 50, maxDepth = 4, minLeaf = 10, learningRate = 0.1, subsample = 0.7, seed = 0 } = options;
    requireCounts({ trees, maxDepth, minLeaf });
    for (const [name, value] of Object.entries({ learningRate, subsample }))
      if (!(value > 0 && value <= 1))
        throw new FletchError('INVALID_ARGUMENT', `${name} must be above 0 and at most 1, not ${value}.`);
    this.#options = { trees, maxDepth, minLeaf, learningRate, subsample, seed };
  }

  async fit(
    X: Matrix<Float64Array>,
    y: Float64Array,
    tau: readonly number[],
    { signal }: LongWork = {},
  ): Promise<FittedQuantiles> {
    const columns = columnsOf(X);
    const bins = binColumns(columns);
    const random = rng(this.#options.seed);
    const sorted = y.toSorted();
    const levels: BoostingJson['levels'][number][] = [];
    for (const [k, level] of tau.entries()) {
      throwIfAborted(signal);
      await breathe();
      const start = quantileOfSorted(sorted, level);
      levels.push({ start, trees: this.#boost(X, columns, bins, y, level, start, random.split(k)) });
    }
    return fitted({ levels });
  }

  #boost(
    X: Matrix<Float64Array>,
    columns: readonly Float64Array[],
    bins: Bins,
    y: Float64Array,
    tau: number,
    start: number,
    random: Rng,
  ): ValuedTree[] {
    const { trees, maxDepth, minLeaf, learningRate, subsample } = this.#options;
    const current = new Float64Array(y.length).fill(start);
    // The negative gradient of ρ_τ.
    const gradient = new Float64Array(y.length);
    const split = bestSplitter(bins, { target: gradient, minLeaf, features: X.cols, random });
    const size = Math.max(1, Math.round(subsample * y.length));
    return Array.from({ length: trees }, () => {
      for (let i = 0; i < y.length; i++) gradient[i] = y[i]! > current[i]! ? tau : tau - 1;
      const order =
        size < y.length ? Int32Array.from(random.sample(y.length, size)) : Int32Array.from(y, (_, i) => i);
      const values: number[] = [];
      const tree = growTree({
        columns,
        order,
        split,
        minSplit: 2 * minLeaf,
        maxDepth,
        onLeaf(node, from, to) {
          const residuals = Float64Array.from(order.subarray(from, to), (row) => y[row]! - current[row]!);
          values[node] = learningRate * quantileOfSorted(residuals.sort(), tau);
        },
      });
      const value = Array.from(tree.feature, (_, node) => values[node] ?? 0);
      for (let i = 0; i < y.length; i++) current[i]! += value[leafOf(tree, X, i)]!;
      return { ...tree, value };
    });
  }
}

export const boostingKind: BaseKind = {
  create: ({ seed }) => new GradientBoostedQR({ seed }),
  fromJSON: (json: BoostingJson) => fitted(json),
};
