/**
 * System 38: one step of gradient descent is the optimal in-context learner with one layer of linear self-attention
 * (Mahankali, Hashimoto and Ma, ICLR 2024, arXiv 2307.03576).
 *
 * @module
 */
export {
  type Extracted,
  LinearSelfAttention,
  type LinearSelfAttentionOptions,
  type LsaFitOptions,
  lsaLoss,
  type Parametrization,
} from './model.js';
export { gdOneStepPredict, meanSquaredErrorOf, olsPredict, ridgePredict } from './predictors.js';
export { type PromptOptions, type Prompts, samplePrompts, type Target } from './prompts.js';
export {
  lossAt,
  optimalEta,
  optimalLoss,
  optimalPreconditioner,
  scaledIdentity,
  type TheoryOptions,
} from './theory.js';
