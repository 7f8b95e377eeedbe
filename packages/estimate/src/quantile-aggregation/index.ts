/**
 * Quantiles by many models, and one quantile function of all of them.
 *
 * @module
 */
export * from './aggregator/aggregator.js';
export * from './aggregator/baselines.js';
export {
  type AggregationData,
  type AggregatorOptions,
  type Resolution,
  resolutions,
} from './aggregator/options.js';
export { ExtraTreesQR } from './base/extra-trees.js';
export { type BoostingOptions, GradientBoostedQR } from './base/gradient-boosting.js';
export { type BaseName, baseKinds, baseNames, defaultBases } from './base/kinds.js';
export { KnnQuantile } from './base/knn.js';
export { LinearQR } from './base/linear.js';
export type { BaseKind, BaseQuantileModel, FittedQuantiles } from './base/model.js';
export { GaussianNLLNet, MLPQuantile } from './base/nets/networks.js';
export type { NetOptions } from './base/nets/train.js';
export { pinballRegression } from './base/pinball-regression.js';
export { QuantileForest } from './base/quantile-forest.js';
export type { ForestOptions } from './base/trees/forest.js';
export * from './conformal.js';
export * from './estimator.js';
export {
  type AggregatorName,
  aggregatorNames,
  type QuantileRegressionOptions,
} from './estimator-options.js';
export { evenLevels } from './levels.js';
export * from './monotone.js';
export * from './out-of-fold.js';
export * from './predictions.js';
export * from './scores.js';
export * from './simulate.js';
