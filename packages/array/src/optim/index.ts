/**
 * Optimizers, schedules and what training loops need.
 *
 * @module
 */
export * from './checkpoint.js';
export { type MuonOptions, muon } from './muon.js';
export type { Optimizer, OptimizerState, Schedule } from './optimizer.js';
export * from './optimizers.js';
export * from './schedules.js';
export * from './train.js';
export * from './training.js';
export * from './training-step.js';
