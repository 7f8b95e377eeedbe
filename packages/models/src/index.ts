/**
 * Model families as pure functions, their parameters named as Hugging Face names them, and a zoo of tiny ones.
 *
 * @module @fletch/models
 */
export * from './tokenizer/index.js';
export * from './zoo/index.js';
