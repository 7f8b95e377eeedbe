/**
 * Arrays and the graphs that run on ONNX Runtime.
 *
 * @module @fletch/array
 */
export type { ElementType, TensorData } from './onnx/elements.js';
export * from './onnx/graph-builder.js';
export * from './session.js';
