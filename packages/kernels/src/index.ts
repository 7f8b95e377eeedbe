/**
 * The hot loops of Fletch: WebAssembly SIMD kernels, their loader, their memory and their threads.
 *
 * @module @fletch/kernels
 */
export * from './arena.js';
export * from './kernels.js';
export * from './layout.js';
export * from './pool.js';
