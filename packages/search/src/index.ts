/**
 * Vector indexes, filters and the durable collection store.
 *
 * @module @fletch/search
 */
export { Bitset } from './index/bitset.js';
export * from './index/create.js';
export { readSnapshotOwner } from './index/snapshot.js';
export * from './index/types.js';
export * from './store/maintenance/index.js';
export { open } from './store/open.js';
export * from './store/types.js';
export * from './types/index.js';
