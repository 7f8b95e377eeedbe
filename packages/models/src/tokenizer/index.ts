/**
 * Tokenizers: trained here, kept as `tokenizer.json`.
 *
 * @module
 */
export type { AddedToken, TokenizerFile } from './file.js';
export * from './tokenizer.js';
export * from './train-bpe.js';
export * from './train-letters.js';
export * from './train-wordpiece.js';
export * from './train-words.js';
