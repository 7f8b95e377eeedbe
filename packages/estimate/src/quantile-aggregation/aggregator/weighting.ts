/**
 * Learned weights, and what they make of predictions, in plain numbers.
 *
 * @module
 */
import { Matrix } from '@fletch/linalg';
import { forwardNumbers, type LayerJson } from '../base/nets/mlp.js';
import { type Scaling, scaleRows } from '../base/scaling.js';
import type { QuantileTensor } from '../predictions.js';
import type { Resolution } from './options.js';

/** Weights as plain numbers. */
export interface WeightingJson {
  readonly resolution: Resolution;
  readonly normalize: boolean;
  /** L and m. */
  readonly models: number;
  readonly levels: number;
  /** Constants before softmax, or the network that makes them of scaled features. */
  readonly logits:
    | { readonly kind: 'global'; readonly values: readonly number[] }
    | { readonly kind: 'local'; readonly layers: readonly LayerJson[]; readonly x: Scaling };
}

/** Sizes of one row's weights: K sets (1, or one for each level that comes out) over S sources. */
export function weightShape(
  resolution: Resolution,
  models: number,
  levels: number,
): readonly [K: number, S: number] {
  return [resolution === 'coarse' ? 1 : levels, resolution === 'fine' ? models * levels : models];
}

/**
 * What training starts from: every model counts the same. Fine weights start near their own level: at zero they would be the
 * mean of all quantiles, which is flat.
 */
export function initialLogits(
  resolution: Resolution,
  models: number,
  levels: number,
  normalize: boolean,
): Float32Array {
  const [K, S] = weightShape(resolution, models, levels);
  const logits = new Float32Array(K * S);
  if (!normalize) logits.fill(1 / models);
  if (resolution === 'fine') {
    if (!normalize) logits.fill(0);
    for (let k = 0; k < levels; k++)
      for (let l = 0; l < models; l++)
        logits[k * S + l * levels + k] = normalize ? Math.log(levels) + 3 : 1 / models;
  }
  return logits;
}

/** Softmax of each of K sets, in place. */
function softmaxSets(values: Float64Array, S: number): Float64Array {
  for (let from = 0; from < values.length; from += S) {
    const set = values.subarray(from, from + S);
    const peak = set.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    let total = 0;
    for (let s = 0; s < S; s++) {
      set[s] = Math.exp(set[s]! - peak);
      total += set[s]!;
    }
    for (let s = 0; s < S; s++) set[s]! /= total;
  }
  return values;
}

/**
 * Weights of rows: one row (of all) for global weights, one for each row of X for local ones; K × S numbers each.
 *
 * @param X - n × d, for local weights
 */
export function weightsOf(weighting: WeightingJson, X?: Matrix<Float64Array>): Matrix<Float64Array> {
  const { resolution, models, levels, normalize, logits } = weighting;
  const [K, S] = weightShape(resolution, models, levels);
  const raw =
    logits.kind === 'global'
      ? new Matrix(Float64Array.from(logits.values), 1, K * S)
      : forwardNumbers(logits.layers, scaleRows(X!, logits.x));
  if (normalize) softmaxSets(raw.data, S);
  return raw;
}

/** Rows that are combined together: local fine weights are K × S numbers for each. */
const CHUNK = 256;

/** Σ weight · prediction, before crossings are removed. */
export function combined(
  weighting: WeightingJson,
  z: QuantileTensor,
  X?: Matrix<Float64Array>,
): Matrix<Float64Array> {
  const { resolution, models: L, levels: m, logits } = weighting;
  const rows = z.shape[0]!;
  const [, S] = weightShape(resolution, L, m);
  const result = new Matrix(new Float64Array(rows * m), rows, m);
  const constant = logits.kind === 'global' ? weightsOf(weighting) : undefined;
  for (let first = 0; first < rows; first += CHUNK) {
    const last = Math.min(rows, first + CHUNK);
    const weights =
      constant ??
      weightsOf(
        weighting,
        new Matrix(X!.data.subarray(first * X!.cols, last * X!.cols), last - first, X!.cols),
      );
    for (let i = first; i < last; i++) {
      const w = weights.row(constant ? 0 : i - first);
      const from = i * L * m;
      for (let k = 0; k < m; k++) {
        let sum = 0;
        if (resolution === 'fine') for (let s = 0; s < S; s++) sum += w[k * S + s]! * z.data[from + s]!;
        else {
          const set = resolution === 'coarse' ? 0 : k * S;
          for (let l = 0; l < L; l++) sum += w[set + l]! * z.data[from + l * m + k]!;
        }
        result.data[i * m + k] = sum;
      }
    }
  }
  return result;
}
