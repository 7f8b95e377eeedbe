/**
 * Multilayer perceptrons with ELU: as graphs to be trained, and as plain numbers to predict with.
 *
 * @module
 */
import { add, array, elu, matmul, mul, type NDArray, type Tensor } from '@fletch/array';
import { Matrix, matmul as multiply, type Rng } from '@fletch/linalg';

/** One layer: x w + b. */
export interface Layer<T> {
  /** inputs × outputs. */
  readonly w: T;
  readonly b: T;
}

/** A layer as plain numbers. */
export interface LayerJson {
  readonly rows: number;
  readonly cols: number;
  readonly w: readonly number[];
  readonly b: readonly number[];
}

/** Random layers: normal weights of variance 1 / inputs, no bias. */
export function initialLayers(sizes: readonly number[], random: Rng): Layer<NDArray>[] {
  return sizes.slice(1).map((outputs, i) => {
    const inputs = sizes[i]!;
    const w = random.fillNormal(new Float32Array(inputs * outputs));
    for (let at = 0; at < w.length; at++) w[at]! /= Math.sqrt(inputs);
    return {
      w: array(w, 'float32', [inputs, outputs]),
      b: array(new Float32Array(outputs), 'float32', [outputs]),
    };
  });
}

/**
 * The outputs of a batch.
 *
 * @param masks - multiplied to the outputs of hidden layers but the last: dropout
 */
export function forward(layers: readonly Layer<Tensor>[], x: Tensor, masks: readonly Tensor[] = []): Tensor {
  return layers.reduce((h, { w, b }, i) => {
    const out = add(matmul(h, w), b);
    if (i === layers.length - 1) return out;
    const hidden = elu(out);
    return masks[i] ? mul(hidden, masks[i]!) : hidden;
  }, x);
}

/** Trained layers as plain numbers. */
export function plainLayers(layers: readonly Layer<NDArray>[]): LayerJson[] {
  return layers.map(({ w, b }) => ({
    rows: w.shape[0]!,
    cols: w.shape[1]!,
    w: Array.from(w.data as Float32Array),
    b: Array.from(b.data as Float32Array),
  }));
}

/** The outputs of rows in float64. */
export function forwardNumbers(layers: readonly LayerJson[], X: Matrix<Float64Array>): Matrix<Float64Array> {
  return layers.reduce((h, { rows, cols, w, b }, i) => {
    const out = multiply(h, new Matrix(Float64Array.from(w), rows, cols));
    const last = i === layers.length - 1;
    for (let at = 0; at < out.data.length; at++) {
      const value = out.data[at]! + b[at % cols]!;
      out.data[at] = last || value > 0 ? value : Math.expm1(value);
    }
    return out;
  }, X);
}
