/**
 * Specialists of image tasks that began as one network: what cards 5 and 49 merge.
 *
 * @module
 */
export * from './network.js';
export * from './tasks.js';
export * from './training.js';
