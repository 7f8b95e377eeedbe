/**
 * Checkpoints as data: open, inspect, compare, align and merge the weights of models.
 *
 * @module @fletch/weights
 */

export * from './lmc-weight-matching/index.js';
export * from './state-dict.js';
