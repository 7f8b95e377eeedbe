/**
 * aTLAS: task vectors with a learned coefficient for each vector and block (Zhang, Albert, Rodriguez-Opazo, van den Hengel
 * and Abbasnejad, NeurIPS 2024, arXiv 2407.02880).
 *
 * @module
 */
export { type BlockOptions, partitionMask } from './blocks.js';
export {
  type AtlasAdapter,
  type AtlasCoefficients,
  atlasAdapter,
  type ComposeTensorOptions,
  coefficientsOfTensor,
  composeFromCoefficients,
  composeTensor,
  loadAtlasAdapter,
  readAtlasAdapter,
  saveAtlasAdapter,
  type TensorCoefficient,
} from './coefficients.js';
export { AtlasComposer } from './composer.js';
export { type AtlasReport, type LearnOptions, learnCoefficients } from './learn.js';
export type { AtlasData, AtlasInputs, AtlasModel, AtlasObjective, AtlasTask } from './objectives.js';
export { TaskVector, type TaskVectorOptions, type TaskVectorPrecision, taskVector } from './task-vector.js';
