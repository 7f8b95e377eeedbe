/**
 * The hot loops of Fletch: WebAssembly SIMD kernels and their loader.
 *
 * @module @fletch/kernels
 */
export {};
