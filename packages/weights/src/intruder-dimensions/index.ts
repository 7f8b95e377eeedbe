/**
 * Intruder dimensions: singular vectors of a tuned matrix that its base does not have (Shuttleworth, Andreas, Torralba and
 * Sharma, LoRA vs full fine-tuning: an illusion of equivalence, NeurIPS 2025, arXiv 2410.21228).
 *
 * @module
 */
export {
  compareMatrices,
  effectiveRank,
  type IntruderCriteria,
  type MatrixComparison,
  type Side,
  similarityMatrix,
} from './compare.js';
export {
  countIntruders,
  findIntruderDimensions,
  type IntruderLayer,
  type IntruderOptions,
  type IntruderReport,
  reportOf,
} from './find.js';
export { randomMaxCosine } from './random-cosine.js';
export { type ChosenVectors, pretrainedLikeVectors, scaleIntruders, scaleVectors } from './scale.js';
