/**
 * System 3: what learning algorithm is in-context learning? (Akyürek, Schuurmans, Andreas, Ma and Zhou, ICLR 2023,
 * arXiv 2211.15661)
 *
 * @module
 */
export {
  type ImplicitWeights,
  identifyAlgorithm,
  ilwd,
  implicitWeights,
  type Likeness,
  onSequences,
  pairsOf,
  type SequencePredictor,
  squaredPredictionDifference,
} from './compare.js';
export {
  constructGdTransformer,
  constructRidgeTransformer,
  type GdTransformerOptions,
  type RidgeTransformerOptions,
  type WrittenTransformer,
} from './constructions.js';
export { InContextLearner, type InContextLearnerOptions, type LearnerFitOptions } from './learner.js';
export type { Pairs, Predictor } from './predictors.js';
export * as referencePredictors from './predictors.js';
export { type ProbeData, type ProbeOptions, probe } from './probe.js';
export {
  type Layout,
  type LinearTaskOptions,
  type LinearTasks,
  sampleLinearTasks,
  tokenize,
} from './tasks.js';
export type { BlockKind } from './transformer.js';
