/**
 * System 30: how the rank of initial connectivity decides between rich and lazy learning (Liu, Baratin, Cornford,
 * Mihalas, Shea-Brown and Lajoie, ICLR 2024, arXiv 2310.08513).
 *
 * @module
 */
export { type CompareOptions, compareStarts, type StartOutcome } from './compare.js';
export { type ConnectivityOptions, readConnectivity } from './connectivity.js';
export type { RnnParams } from './forward.js';
export { type RnnPart, rnnParts } from './kernel.js';
export {
  alignedKA,
  isotropicKA,
  type LinearFlow,
  type LinearFlowOptions,
  type LinearRichLazy,
  type LinearRichLazyOptions,
  linearFlow,
  linearKernel,
  linearRichLazy,
} from './linear.js';
export {
  kernelAlignment,
  type Laziness,
  measureLaziness,
  representationAlignment,
  signSimilarity,
} from './measures.js';
export { CTRNN, type CTRNNOptions, type RnnFitOptions } from './model.js';
export {
  type EffectiveRank,
  effectiveRank,
  type LowRankOptions,
  lowRankInit,
  permutedEntries,
  spectrumMatched,
} from './rank.js';
export {
  type CognitiveTask,
  cognitiveTask,
  cognitiveTasks,
  firstTrials,
  imageRows,
  type Trials,
} from './tasks.js';
