/**
 * Dense linear algebra and seeded randomness, the same bits on every machine.
 *
 * @module @fletch/linalg
 */
export * from './area-under-curve.js';
export * from './assignment.js';
export * from './cholesky.js';
export * from './effective-rank.js';
export * from './eigh.js';
export * from './fourier/fft.js';
export * from './hadamard.js';
export * from './kmeans.js';
export * from './lstsq.js';
export * from './lu.js';
export * from './matmul.js';
export * from './matrix.js';
export * from './norms.js';
export * from './pca.js';
export * from './polar.js';
export * from './product-quantization.js';
export * from './qr.js';
export * from './random/normal.js';
export * from './random/orthogonal.js';
export * from './random/rng.js';
export * from './randomized-svd.js';
export * from './svd.js';
export * from './triangular.js';
