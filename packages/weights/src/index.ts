/**
 * Checkpoints as data: open, inspect, compare, align and merge the weights of models.
 *
 * @module @fletch/weights
 */

export * from './adapt/lora.js';
export * from './atlas/index.js';
export * from './checkpoint/index.js';
export * from './inspect/index.js';
export * from './intruder-dimensions/index.js';
export * from './lmc-weight-matching/index.js';
export * from './merge/index.js';
export * from './state-dict.js';
export * from './targets.js';
