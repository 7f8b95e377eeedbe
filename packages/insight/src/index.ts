/**
 * Instruments that explain what a model has learned.
 *
 * @module @fletch/insight
 */
export * from './icl-linear/index.js';
export * from './lsa-one-step-gd/index.js';
export * from './observable-propagation/index.js';
