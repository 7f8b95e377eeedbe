/**
 * Dense linear algebra and seeded randomness, the same bits on every machine.
 *
 * @module @fletch/linalg
 */
export * from './matrix.js';
export * from './random/orthogonal.js';
export * from './random/rng.js';
export * from './svd.js';
