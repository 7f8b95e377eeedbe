/**
 * What is trained, as a graph: weights, combination, loss.
 *
 * @module
 */
import {
  add,
  array,
  expandDims,
  matmul,
  mul,
  relu,
  reshape,
  softmax,
  sub,
  sum,
  swapAxes,
  type Tensor,
  transpose,
} from '@fletch/array';
import { forward, type Layer } from '../base/nets/mlp.js';
import { pinballGraph } from '../pinball-graph.js';
import { monotoneGraphs } from './monotone-graph.js';
import type { AggregatorSettings } from './options.js';
import { weightShape } from './weighting.js';

/** What training changes. */
export type AggregatorParams<T> = { readonly logits: T } | { readonly layers: readonly Layer<T>[] };

/** One batch. Without features x is a single zero. */
export interface AggregationBatch<T> {
  /** B × L × m. */
  readonly z: T;
  /** B × d. */
  readonly x: T;
  /** B × 1. */
  readonly y: T;
  /** Dropout of hidden layers. */
  readonly masks: readonly T[];
}

/** Combined quantiles B × m, before crossings are removed. */
export function combineGraph(
  params: AggregatorParams<Tensor>,
  { z, x, masks }: Omit<AggregationBatch<Tensor>, 'y'>,
  { resolution, normalize }: Pick<AggregatorSettings, 'resolution' | 'normalize'>,
): Tensor {
  const [B, L, m] = z.shape as [number, number, number];
  const [K, S] = weightShape(resolution, L, m);
  const raw =
    'layers' in params
      ? reshape(forward(params.layers, x, masks), [B, K, S])
      : reshape(params.logits, [1, K, S]);
  const weights = normalize ? softmax(raw, -1) : raw;
  if (resolution === 'coarse') return reshape(matmul(weights, z), [B, m]);
  if (resolution === 'medium') return sum(mul(weights, swapAxes(z, 1, 2)), { axes: 2 });
  if ('layers' in params) return reshape(matmul(weights, reshape(z, [B, S, 1])), [B, m]);
  return matmul(reshape(z, [B, S]), transpose(reshape(weights, [K, S])));
}

/**
 * Mean over rows and all pairs of levels a < b of relu(q_a − q_b + δ_ab).
 *
 * @param margins - δ, m × m
 */
export function crossingGraph(q: Tensor, margins: Float32Array): Tensor {
  const [B, m] = q.shape as [number, number];
  const pairs = (m * (m - 1)) / 2;
  const gaps = add(sub(expandDims(q, 2), expandDims(q, 1)), array(margins, 'float32', [1, m, m]));
  const counted = Float32Array.from({ length: m * m }, (_, at) =>
    Math.floor(at / m) < at % m ? 1 / (B * pairs) : 0,
  );
  return sum(mul(relu(gaps), array(counted, 'float32', [1, m, m])));
}

/** The training loss of a batch. */
export function lossGraph(
  params: AggregatorParams<Tensor>,
  batch: AggregationBatch<Tensor>,
  settings: AggregatorSettings,
  tau: readonly number[],
  margins: Float32Array | undefined,
): Tensor {
  const { monotone, gradThrough, marginWeight } = settings;
  const q = combineGraph(params, batch, settings);
  const shown = monotone && gradThrough ? monotoneGraphs[monotone](q) : q;
  const loss = pinballGraph(shown, batch.y, levelsTensor(tau));
  return margins && tau.length > 1 ? add(loss, mul(crossingGraph(q, margins), marginWeight)) : loss;
}

/** The pinball loss of what is predicted. */
export function validationGraph(
  params: AggregatorParams<Tensor>,
  batch: AggregationBatch<Tensor>,
  settings: AggregatorSettings,
  tau: readonly number[],
): Tensor {
  const q = combineGraph(params, batch, settings);
  return pinballGraph(
    settings.monotone ? monotoneGraphs[settings.monotone](q) : q,
    batch.y,
    levelsTensor(tau),
  );
}

const levelsTensor = (tau: readonly number[]) => array(Float32Array.from(tau), 'float32', [1, tau.length]);
