/**
 * Checkpoints as data: open, inspect, compare, align and merge the weights of models.
 *
 * @module @fletch/weights
 */
export * from './state-dict.js';
export * from './lmc-weight-matching/index.js';
