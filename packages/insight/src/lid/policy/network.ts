/**
 * The network of a policy: words and nodes become one sequence, a body reads it, an action comes out.
 *
 * @module
 */
import {
  add,
  cast,
  concat,
  crossEntropy,
  div,
  expandDims,
  gather,
  matmul,
  mul,
  relu,
  slice,
  squeeze,
  sum,
  type Tensor,
  tensor,
  type Value,
  where,
} from '@fletch/array';
import type { Weights } from '@fletch/models';
import { type Body, readSequence } from './body.js';
import type { Batch } from './sample.js';

/** A batch as a traced function sees it. */
export type TracedBatch = { readonly [K in keyof Batch]: Tensor };

/** What is fixed about a network. */
export interface NetworkPlan {
  readonly body: Body;
  readonly width: number;
  /** Rows of the table of words. */
  readonly rows: number;
  /** `[classes, rows]`: shares of the words of each name; rows add up to 1. */
  readonly names: Value;
  readonly hasObjects: boolean;
}

/** What a network says. */
export interface Reading {
  /** `[batch, verbs]` */
  readonly verbs: Tensor;
  /** `[batch, nodes]`; a very low number where nothing is */
  readonly objects: Tensor;
  /** `[batch, width]`: what the verb is read from */
  readonly intent: Tensor;
}

const VERY_LOW = -1e9;

/** `x · weight + bias` over the last axis, the weight stored `[in, out]`. */
export function dense(params: Weights, name: string, x: Tensor): Tensor {
  return add(matmul(x, tensor(params[`${name}.weight`]!)), tensor(params[`${name}.bias`]!));
}

/** Each node as one vector, `[batch, nodes, width]`: name, state and place side by side. */
function nodeVectors(plan: NetworkPlan, params: Weights, { classes, state, place }: TracedBatch): Tensor {
  const table = matmul(tensor(plan.names), tensor(params['words.names']!));
  const parts = [
    gather(dense(params, 'object.name', table), classes),
    dense(params, 'object.state', state),
    dense(params, 'object.place.out', relu(dense(params, 'object.place.in', place))),
  ];
  return dense(params, 'object.out', relu(concat(parts, -1)));
}

/**
 * Object logits: the dot product of the intent with each node's output, times 2 / √width; nothing else is learned there.
 *
 * @param intent - `[batch, width]`
 * @param outputs - `[batch, nodes, width]`
 * @param isThere - `[batch, nodes]`
 */
export function objectLogits(intent: Tensor, outputs: Tensor, isThere: Tensor): Tensor {
  const width = intent.shape.at(-1)!;
  const scores = squeeze(matmul(outputs, expandDims(intent, -1)), -1);
  return where(isThere, mul(scores, 2 / Math.sqrt(width)), VERY_LOW);
}

/** Reads a batch. */
export function readBatch(plan: NetworkPlan, params: Weights, batch: TracedBatch): Reading {
  const words = batch.text.shape[1]!;
  const places = batch.seen.shape[1]!;
  const table = concat([tensor(params['words.goal']!), tensor(params['words.memory']!)]);
  const text = gather(table, batch.text);
  const nodes = nodeVectors(plan, params, batch);
  const { context, outputs } = readSequence(plan, params, { ...batch, text, nodes, rows: batch.text });
  const intent = dense(params, 'head.context', context);
  const isThere = cast(slice(batch.seen, null, [words, places]), 'bool');
  return {
    verbs: dense(params, 'head.verb', relu(intent)),
    objects: objectLogits(intent, outputs, isThere),
    intent,
  };
}

/** Mean over the places that count, `[batch, places, width]` to `[batch, width]`. */
export function maskedMean(x: Tensor, counts: Tensor): Tensor {
  const weights = expandDims(cast(counts, x.dtype), -1);
  return div(sum(mul(x, weights), { axes: 1 }), add(sum(weights, { axes: 1 }), 1e-9));
}

/** Behaviour cloning: half the cross-entropy of the verb plus half that of the object; of the verb alone where there are no objects. */
export function cloningLoss(plan: NetworkPlan, params: Weights, batch: TracedBatch): Tensor {
  const { verbs, objects } = readBatch(plan, params, batch);
  const verb = crossEntropy(verbs, batch.verb);
  return plan.hasObjects ? mul(add(verb, crossEntropy(objects, batch.object)), 0.5) : verb;
}

/** A guess of what is still to be gained, `[batch]`. */
export function readValue(params: Weights, { intent }: Reading): Tensor {
  return squeeze(dense(params, 'head.value', relu(intent)), -1);
}
