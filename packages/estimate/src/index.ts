/**
 * Estimators of rare events, quantiles and regressions.
 *
 * @module @fletch/estimate
 */
export * from './estimator.js';
export * from './frame/column.js';
export * from './frame/design.js';
export * from './frame/frame.js';
export * from './frame/target.js';
export * from './registry.js';
export * from './summary.js';
export * from './validation/cross-validate.js';
export * from './validation/folds.js';
export * from './validation/path-choice.js';
