/**
 * System 6: linear mode connectivity by permutations of hidden units (Ito, Yamada and Kumagai, ICLR 2025, arXiv
 * 2402.04051; the methods are those of Ainsworth, Hayase and Srinivasa, ICLR 2023).
 *
 * @module
 */
export {
  type ActivationMatchingOptions,
  type ActivationProducts,
  type Activations,
  activationMatching,
  activationProducts,
  type CollectOptions,
  collectProducts,
  matchByProducts,
  type TracedActivations,
} from './activation-matching.js';
export {
  type AlignMethod,
  type AlignOptions,
  type AlignPath,
  type AlignReport,
  alignMethods,
  alignModels,
} from './align/align-models.js';
export { specFromJson } from './align/find-spec.js';
export {
  type AlignDataset,
  alignDatasets,
  type KnownImages,
  knownImages,
} from './align/known-data.js';
export { applyPermutation } from './apply.js';
export {
  distanceOf,
  interpolate,
  type LossBarrier,
  type LossOf,
  lossBarrier,
  meanOf,
} from './interpolate.js';
export {
  type PermArchitecture,
  permArchitectures,
  permutationSpec,
  type TransformerName,
  type TransformerOptions,
} from './layouts/index.js';
export { type MergedMany, type MergeManyOptions, mergeMany } from './merge-many.js';
export { inversePerms, permsFromJson, permsToJson, randomPerms } from './perms.js';
export {
  alignmentOf,
  distanceBound,
  permuteParts,
  type SingularAlignment,
  type SingularParts,
  singularAlignment,
  singularParts,
} from './singular-alignment.js';
export {
  checkSpec,
  type HeadFamily,
  type PermAxis,
  type PermBlock,
  type PermPart,
  type PermSpec,
  type Perms,
  type SpecFacts,
} from './spec.js';
export {
  type BatchOf,
  type LossGraph,
  midpointLoss,
  type StraightThrough,
  type StraightThroughOptions,
  straightThroughMatching,
} from './straight-through.js';
export { type PathDerivatives, pathDerivatives } from './taylor.js';
export {
  matchingObjective,
  type WeightMatching,
  type WeightMatchingOptions,
  weightMatching,
} from './weight-matching.js';
