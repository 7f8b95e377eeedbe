/**
 * Least squares from a sketch, with a small error in every coordinate.
 *
 * @module
 */
export { fwht } from '@fletch/linalg';
export * from './certificate.js';
export {
  type Coefficient,
  SketchedRegression,
  type SketchedRegressionEstimatorOptions,
} from './estimator.js';
export { type KroneckerOptions, sketchedKroneckerRegression } from './kronecker.js';
export { type Accuracy, sketchRows } from './rows.js';
export * from './simulate.js';
export { makeSketch } from './sketches/index.js';
export {
  type Sketch,
  type SketchOperator,
  type SketchOptions,
  sketchKinds,
} from './sketches/types.js';
export {
  leverageScores,
  type SketchedRegressionOptions,
  type SketchedSolution,
  sketchedRegression,
} from './solve.js';
