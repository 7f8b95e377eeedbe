/**
 * Model families as pure functions, their parameters named as Hugging Face names them, and a zoo of tiny ones.
 *
 * @module @fletch/models
 */
export * from './families/bert.js';
export * from './families/cnn.js';
export * from './families/dit.js';
export * from './families/gpt2.js';
export * from './families/llama.js';
export * from './families/mlp.js';
export * from './families/resnet.js';
export * from './families/vit.js';
export * from './families.js';
export { type AnyFamily, type BaseConfig, type Family, labelsOf } from './family.js';
export { loadParameters } from './load-parameters.js';
export * from './losses.js';
export type { LoadParametersOptions } from './matching.js';
export * from './model-folder.js';
export {
  countParameters,
  type ParameterKind,
  type ParameterSpec,
  type Parameters,
  partBuffers,
  partParameters,
  type Weights,
} from './parameters.js';
export {
  countDropout,
  type DropoutSource,
  dropoutFrom,
  type ForwardOptions,
  type Tap,
} from './run.js';
export * from './tokenizer/index.js';
export * from './zoo/index.js';
