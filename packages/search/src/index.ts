/**
 * Vector indexes, filters and the durable collection store.
 *
 * @module @fletch/search
 */
export * from './filter/index.js';
export * from './hnsw-recall/index.js';
export { Bitset } from './index/bitset.js';
export * from './index/create.js';
export { readSnapshotOwner } from './index/snapshot.js';
export * from './index/types.js';
export * from './leanvec/index.js';
export * from './mbat/index.js';
export * from './muvera/index.js';
export type { ReadOptions } from './query/reader.js';
export { type Bm25, type Bm25Options, createBm25 } from './space/bm25.js';
export * from './squash/index.js';
export { indexTypes, readIndexSchema } from './store/index-params.js';
export * from './store/maintenance/index.js';
export { open } from './store/open.js';
export * from './store/types.js';
export * from './types/index.js';
