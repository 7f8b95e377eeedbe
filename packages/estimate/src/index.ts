/**
 * Estimators of rare events, quantiles and regressions.
 *
 * @module @fletch/estimate
 */

export * from './cumulative/baselines.js';
export type { ClassifierOptions } from './cumulative/classifier.js';
export { Logit, type LogitOptions, ProportionalOdds } from './cumulative/estimators.js';
export { predictProbs, rareProb } from './cumulative/likelihood.js';
export type { MaximumLikelihood, Separation } from './cumulative/maximum-likelihood.js';
export type { CumulativeModel } from './cumulative/problem.js';
export * from './entry.js';
export * from './estimator.js';
export * from './frame/column.js';
export * from './frame/design.js';
export * from './frame/frame.js';
export * from './frame/read-frame.js';
export * from './frame/repeat-rows.js';
export * from './frame/target.js';
export * from './model-file.js';
export * from './prediction.js';
export { Presto, type PrestoEstimatorOptions } from './presto/estimator.js';
export type { PrestoOptions } from './presto/options.js';
export type { PathPoint } from './presto/path.js';
export { type CvPoint, type OrdinalNetOptions, ordinalNet, type PrestoFit, presto } from './presto/presto.js';
export { type RelaxedPO, type RelaxedPOOptions, simulateRelaxedPO } from './presto/simulate.js';
export * from './quantile-aggregation/index.js';
export * from './registry.js';
export {
  areaUnderCurve,
  brierScore,
  eventLogLoss,
  logLoss,
  osce,
  type ReliabilityBin,
  reliability,
} from './scores.js';
export * from './sketched-regression/index.js';
export * from './summary.js';
export * from './validation/cross-validate.js';
export * from './validation/folds.js';
export * from './validation/path-choice.js';
