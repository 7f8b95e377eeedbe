/**
 * Instruments that explain what a model has learned.
 *
 * @module @fletch/insight
 */
export * from './homeo-ep/index.js';
export * from './icl-linear/index.js';
export * from './lid/index.js';
export * from './lsa-one-step-gd/index.js';
export * from './observable-propagation/index.js';
export * from './rich-lazy/index.js';
