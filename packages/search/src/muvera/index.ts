/**
 * MUVERA: sets of vectors searched through one vector each.
 *
 * @module
 */
export * from './baselines.js';
export * from './cells.js';
export * from './chamfer.js';
export * from './fde.js';
export type { FdeOptions, FdeParameters, InnerProjection } from './parameters.js';
export * from './sets.js';
