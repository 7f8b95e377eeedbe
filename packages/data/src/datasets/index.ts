/**
 * Data sets.
 *
 * @module
 */
export * from './fashion-mnist.js';
export * from './idx.js';
export * from './images.js';
export * from './mnist.js';
