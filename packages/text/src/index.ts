/**
 * Text encoders, and documents indexed and searched by meaning.
 *
 * @module @fletch/text
 */
export type * from './encoders/options.js';
export * from './encoders/registry.js';
export * from './encoders/types.js';
