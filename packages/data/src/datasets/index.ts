/**
 * Data sets.
 *
 * @module
 */
export * from './cifar.js';
export * from './debian-dependencies.js';
export * from './fashion-mnist.js';
export * from './idx.js';
export * from './images.js';
export * from './interactions.js';
export * from './mnist.js';
export * from './spam-assassin.js';
export * from './tables.js';
export { loadWordVectors, type WordVectors } from './word-vectors.js';
