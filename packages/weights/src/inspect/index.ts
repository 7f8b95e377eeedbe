/**
 * Checkpoints, looked at and compared.
 *
 * @module
 */
export * from './compare.js';
export type { Duplicate } from './duplicates.js';
export * from './inspect.js';
export type { Spectrum, SpectrumOptions } from './spectrum.js';
export type { TensorStatistics } from './statistics.js';
export * from './tensor.js';
