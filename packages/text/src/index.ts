/**
 * Text encoders, and documents indexed and searched by meaning.
 *
 * @module @fletch/text
 */
export * from './documents/collection.js';
export * from './documents/index-documents.js';
export { type IndexWordNetOptions, indexWordNet, openWordNetCollection } from './documents/index-wordnet.js';
export * from './documents/search-text.js';
export type { EncoderOptions, Pooling } from './encoders/options.js';
export * from './encoders/registry.js';
export { encodeTexts, type TextVector } from './encoders/token-sets.js';
export * from './encoders/types.js';
