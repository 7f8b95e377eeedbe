/**
 * MUVERA: sets of vectors searched through one vector each.
 *
 * @module
 */
export * from './baselines.js';
export { bitsOfCell, cellOfBits } from './cells.js';
export * from './chamfer.js';
export type { CodeQuantization, CodeSearch } from './code-index.js';
export * from './fde.js';
export * from './multi-vector-index.js';
export type { FdeOptions, FdeParameters, InnerProjection } from './parameters.js';
