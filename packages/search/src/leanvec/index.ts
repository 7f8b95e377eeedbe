/**
 * System 15: LeanVec, search in vectors that were made to fit (Tepper, Bhati, Aguerrebere, Hildebrand and Willke, TMLR 2024,
 * arXiv 2312.16335).
 *
 * @module
 */
export { codedVectors, type GraphMetric, type GraphVectors, plainVectors } from './distances.js';
export {
  type LeanVecBuildOptions,
  type LeanVecHits,
  LeanVecIndex,
  type LeanVecMetric,
} from './leanvec-index.js';
export { type Moments, optimalProjection, type Pair, projectionLoss } from './loss.js';
export { type LvqOptions, lvqEncode } from './lvq.js';
export { LVQDataset, type LvqBits, type LvqLevel, type LvqParts } from './lvq-dataset.js';
export {
  type LearnOptions,
  learnFromMoments,
  learnProjection,
  momentsOf,
  type Projection,
  type ProjectionMethod,
  type ProjectionOptions,
  projectionMethods,
  randomProjection,
} from './projection.js';
export { type Candidate, type PruneOptions, pruneCandidates } from './prune.js';
export { meanRow } from './statistics.js';
export { buildVamana, searchVamana, type VamanaGraph, type VamanaOptions } from './vamana.js';
export type { Walk } from './walk.js';
