/**
 * System 45: Barlow Twins, self-supervised learning via redundancy reduction (Zbontar, Jing, Misra, LeCun and Deny,
 * ICML 2021, arXiv 2103.03230)
 *
 * @module
 */
export { BarlowTwins, type BarlowTwinsOptions } from './barlow-twins.js';
export {
  type Classifier,
  type ClassifierOptions,
  labelledRows,
  type SemiSupervisedOptions,
  semiSupervised,
  trainClassifier,
} from './classifier.js';
export { type StepStats, type TwoViewFitOptions, TwoViewLearner, type TwoViewOptions } from './learner.js';
export {
  type BarlowTwinsLossOptions,
  type BarlowTwinsTerms,
  barlowTwinsLoss,
  checkEmbeddings,
  crossCorrelation,
} from './loss.js';
export {
  barlowTwins,
  type Objective,
  redundancyOnly,
  simclr,
  simsiam,
  type Terms,
  vicreg,
} from './objectives.js';
export { pretrainingAdam, pretrainingLars } from './optimizers.js';
