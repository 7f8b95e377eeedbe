/**
 * Text encoders, and documents indexed and searched by meaning.
 *
 * @module @fletch/text
 */
export * from './encoders/types.js';
