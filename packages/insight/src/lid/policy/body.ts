/**
 * Bodies: what stands between the sequence and the action.
 *
 * @module
 */
import {
  add,
  array,
  cast,
  concat,
  expandDims,
  greaterEqual,
  less,
  mul,
  type NDArray,
  relu,
  scan,
  sigmoid,
  slice,
  split,
  sub,
  type Tensor,
  tanh,
  tensor,
  transpose,
  zeros,
} from '@fletch/array';
import { type Gpt2Config, gpt2, type Parameters, type Weights } from '@fletch/models';
import { dense, maskedMean, type NetworkPlan } from './network.js';

/**
 * A decoder; an LSTM over the same sequence; a perceptron of means of the goal and the nodes (`mlp-1`), and of the memories
 * too (`mlp-n`).
 */
export type Body =
  | { readonly kind: 'decoder'; readonly config: Gpt2Config; readonly unused: Parameters }
  | { readonly kind: 'lstm'; readonly hidden: number }
  | { readonly kind: 'mlp-1' | 'mlp-n'; readonly hidden: number };

/** The sequence. */
interface Sequence {
  /** `[batch, words, width]` */
  readonly text: Tensor;
  /** `[batch, nodes, width]` */
  readonly nodes: Tensor;
  /** `[batch, words]`: which words they are */
  readonly rows: Tensor;
  readonly seen: Tensor;
  readonly positions: Tensor;
}

/** Mean of what was read, `[batch, width]`, and what was made of each node, `[batch, nodes, width]`. */
export function readSequence(
  plan: NetworkPlan,
  params: Weights,
  sequence: Sequence,
): { readonly context: Tensor; readonly outputs: Tensor } {
  const { body } = plan;
  if (body.kind === 'mlp-1' || body.kind === 'mlp-n') return readMeans(plan, params, sequence, body.kind);
  const { text, nodes, seen, positions } = sequence;
  const x = concat([text, nodes], 1);
  const y =
    body.kind === 'decoder'
      ? gpt2.forward(
          body.config,
          { ...body.unused, ...params },
          { inputEmbeddings: x, attentionMask: seen, positionIds: positions },
        ).lastHiddenState
      : dense(params, 'lstm.out', lstm(params, x, seen, body.hidden));
  const words = text.shape[1]!;
  return { context: maskedMean(y, seen), outputs: slice(y, null, [words, x.shape[1]!]) };
}

/** Long short-term memory (Hochreiter and Schmidhuber 1997); what is filled up leaves its state as it is. */
function lstm(params: Weights, x: Tensor, seen: Tensor, hidden: number): Tensor {
  const batch = x.shape[0]!;
  const driven = transpose(dense(params, 'lstm.in', x), [1, 0, 2]);
  const kept = expandDims(cast(transpose(seen, [1, 0]), x.dtype), -1);
  const start = tensor(zeros([batch, hidden]));
  const [, outputs] = scan(
    ([h, c]: readonly [Tensor, Tensor], [input, keep]: readonly [Tensor, Tensor]) => {
      const [i, f, g, o] = split(add(input, dense(params, 'lstm.recurrent', h)), 4, -1) as [
        Tensor,
        Tensor,
        Tensor,
        Tensor,
      ];
      const cell = add(mul(sigmoid(f), c), mul(sigmoid(i), tanh(g)));
      const next = mul(sigmoid(o), tanh(cell));
      const mix = (fresh: Tensor, old: Tensor) => add(old, mul(keep, sub(fresh, old)));
      const state = [mix(next, h), mix(cell, c)] as const;
      return [state, state[0]];
    },
    [start, start] as const,
    [driven, kept] as const,
  );
  return transpose(outputs as Tensor, [1, 0, 2]);
}

/** No sequence: means of fixed size. */
function readMeans(
  plan: NetworkPlan,
  params: Weights,
  { text, nodes, rows, seen }: Sequence,
  kind: 'mlp-1' | 'mlp-n',
): { readonly context: Tensor; readonly outputs: Tensor } {
  const words = text.shape[1]!;
  const isWord = cast(slice(seen, null, [0, words]), text.dtype);
  const isNode = slice(seen, null, [words, seen.shape[1]!]);
  const ofGoal = mul(isWord, cast(less(rows, plan.rows), text.dtype));
  const ofMemory = mul(isWord, cast(greaterEqual(rows, plan.rows), text.dtype));
  const means = [maskedMean(text, ofGoal), maskedMean(nodes, isNode)];
  if (kind === 'mlp-n') means.push(maskedMean(text, ofMemory));
  const first = relu(dense(params, 'mlp.first', concat(means, -1)));
  const context = dense(params, 'mlp.third', relu(dense(params, 'mlp.second', first)));
  return { context, outputs: dense(params, 'mlp.node', nodes) };
}

/** Names and sizes of a body's layers other than a decoder's: `[in, out]`. */
export function layersOf(body: Body, width: number): Readonly<Record<string, readonly [number, number]>> {
  if (body.kind === 'decoder') return {};
  const { hidden } = body;
  if (body.kind === 'lstm')
    return {
      'lstm.in': [width, 4 * hidden],
      'lstm.recurrent': [hidden, 4 * hidden],
      'lstm.out': [hidden, width],
    };
  return {
    'mlp.first': [width * (body.kind === 'mlp-n' ? 3 : 2), hidden],
    'mlp.second': [hidden, hidden],
    'mlp.third': [hidden, width],
    'mlp.node': [width, width],
  };
}

/** Rows `[rows, width]` of a table. */
export function pickRows(table: NDArray, rows: readonly number[]): NDArray {
  const width = table.shape[1]!;
  const data = table.data as Float32Array;
  const picked = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) picked.set(data.subarray(row * width, (row + 1) * width), i * width);
  return array(picked, 'float32', [rows.length, width]);
}
