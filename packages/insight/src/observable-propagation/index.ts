/**
 * System 37: observable propagation, feature vectors from a question and a model's weights (Dunefsky and Cohan,
 * ICML 2024, arXiv 2312.16291).
 *
 * @module
 */
export type { Activations } from './activations.js';
export { logisticProbe, meanDifference, randomDirection, regressionProbe } from './baselines.js';
export type { CausalLM } from './decoder.js';
export { ObservablePropagation, type ObservablePropagationOptions, type Prompt } from './model.js';
export { normAngleBound } from './norms.js';
export {
  type ObservableOptions,
  type ObservableTerm,
  observable,
  type ParsedObservable,
  parseObservable,
  readObservable,
  type Vocabulary,
} from './observable.js';
export type { FindPathsOptions, Pair, RankedPath } from './paths.js';
export { type Feature, nodeName, type PathNode, type PropagateOptions, type Site } from './propagate.js';
export {
  type HeadReport,
  type ObserveOptions,
  type ObserveReport,
  observeModel,
  type PathReport,
} from './report.js';
export { cosine, couplingCoefficient, type Regression, regression } from './vectors.js';
