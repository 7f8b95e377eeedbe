/**
 * Quantile regression forest.
 *
 * @module
 */
import type { LongWork } from '@fletch/base';
import type { Matrix } from '@fletch/linalg';
import type { BaseKind, BaseQuantileModel, FittedQuantiles } from './model.js';
import {
  type ForestJson,
  type ForestOptions,
  fittedForest,
  growForest,
  requireCounts,
} from './trees/forest.js';
import { bestSplitter, binColumns } from './trees/splitters.js';

/** Trees on bootstrap samples, cut where squares fall most. */
export class QuantileForest implements BaseQuantileModel {
  readonly name = 'forest';
  readonly #options: ForestOptions;

  /** @throws FletchError `INVALID_ARGUMENT` for counts that are not whole numbers from 1 */
  constructor(options: ForestOptions = {}) {
    const { trees, minLeaf, features } = options;
    requireCounts({ trees, minLeaf, features });
    this.#options = options;
  }

  async fit(
    X: Matrix<Float64Array>,
    y: Float64Array,
    tau: readonly number[],
    work: LongWork = {},
  ): Promise<FittedQuantiles> {
    const { trees = 40, minLeaf = 10, features = Math.ceil(X.cols / 3), seed = 0 } = this.#options;
    let bins: ReturnType<typeof binColumns> | undefined;
    const splitter = (
      columns: readonly Float64Array[],
      random: Parameters<typeof bestSplitter>[1]['random'],
    ) => {
      bins ??= binColumns(columns);
      return bestSplitter(bins, { target: y, minLeaf, features, random });
    };
    return growForest(X, y, tau, { trees, minLeaf, seed, bootstrap: true, splitter }, work);
  }
}

export const forestKind: BaseKind = {
  create: ({ seed }) => new QuantileForest({ seed }),
  fromJSON: (json: ForestJson) => fittedForest(json),
};
