/**
 * System 23: SQUASH (Oakley and Ferhatosmanoglu, arXiv 2502.01528, 2025).
 *
 * @module
 */
export { allocateBits, uniformBits } from './bits.js';
export { type ByteRange, folderObjects, type ObjectStore } from './objects.js';
export { loadSquash, type SquashManifest, saveSquash } from './saved.js';
export { extractDim, packSegments } from './segments.js';
export { buildSquash, SquashIndex, type SquashStats } from './squash.js';
export type {
  Allocation,
  BinaryBasis,
  Funnel,
  FunnelOptions,
  SquashHits,
  SquashOperator,
  SquashOptions,
  SquashPredicate,
  SquashSearchOptions,
} from './types.js';
