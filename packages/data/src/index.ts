/**
 * Datasets and file formats for Fletch.
 *
 * @module @fletch/data
 */
export * from './cache.js';
export * from './cached-file.js';
export * from './catalogue/index.js';
export * from './datasets/index.js';
export * from './debian/index.js';
export * from './files/read-documents.js';
export type { FileDocument, ReadDocumentsOptions } from './files/types.js';
export { sha256 } from './npm/files.js';
export * from './npm/package.js';
export { halfTable } from './numbers/half.js';
export * from './r-data/index.js';
export * from './safetensors/index.js';
export * from './tables/index.js';
export * from './vectors/index.js';
export * from './wordnet.js';
