/**
 * Arrays and the graphs that run on ONNX Runtime.
 *
 * @module @fletch/array
 */
export {};
