/**
 * The pieces of a search, for who runs them in different places.
 *
 * @module
 */
export { checkQuery, searchOptions } from './checks.js';
export { candidatesIn, choosePartitions } from './choose.js';
export type { Partition } from './partition.js';
export { type Nearest, nearestOf, refine } from './refine.js';
export {
  type AllocatorPart,
  MANIFEST,
  partitionRole,
  readAllocator,
  readManifest,
  readPartition,
  vectorsKey,
} from './saved.js';
export { centroidDistances } from './squash.js';
export { readRows } from './vector-rows.js';
