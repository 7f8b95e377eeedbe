/**
 * Extremely randomized trees for quantiles.
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
import { randomSplitter } from './trees/splitters.js';

/** Trees on all rows, cut at random places. */
export class ExtraTreesQR implements BaseQuantileModel {
  readonly name = 'extra-trees';
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
    const { trees = 50, minLeaf = 8, features = X.cols, seed = 0 } = this.#options;
    return growForest(
      X,
      y,
      tau,
      {
        trees,
        minLeaf,
        seed,
        bootstrap: false,
        splitter: (columns, random) => randomSplitter(columns, { target: y, minLeaf, features, random }),
      },
      work,
    );
  }
}

export const extraTreesKind: BaseKind = {
  create: ({ seed }) => new ExtraTreesQR({ seed }),
  fromJSON: (json: ForestJson) => fittedForest(json),
};
