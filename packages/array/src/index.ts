/**
 * Differentiable arrays, compiled to graphs that run on ONNX Runtime.
 *
 * @module @fletch/array
 */
export * from './compile/compile.js';
export * from './compile/export.js';
export * from './compose/activations.js';
export * from './compose/attention.js';
export * from './compose/channels-last.js';
export * from './compose/einsum.js';
export * from './compose/losses.js';
export * from './compose/pooling.js';
export type { DType } from './core/dtype.js';
export * from './core/ndarray.js';
export type { Shape } from './core/shape.js';
export { type Tensor, tensor, type Value } from './core/tensor.js';
export * from './core/tree.js';
export * from './machine.js';
export type { ElementType, TensorData } from './onnx/elements.js';
export * from './onnx/graph-builder.js';
export * from './operations/index.js';
export * from './optim/index.js';
export * from './session.js';
export * from './transform/gradient.js';
export { evaluate } from './transform/interpret.js';
