/**
 * Universal Sentence Encoder lite as an ONNX graph: two pre-norm transformer layers over piece embeddings with
 * sinusoidal positions, the mean over the pieces, one tanh layer, unit length.
 *
 * Source: Cer et al., "Universal Sentence Encoder" (2018), https://arxiv.org/abs/1803.11175; the sizes and the
 * order of operations are those of the published lite model.
 *
 * @module
 */
import { GraphBuilder, type ValueName } from '@fletch/array';
import { quantizeBlocks } from './quantize.js';
import type { UseWeights } from './weights.js';

/** How the weights of the dense layers are held and multiplied. */
export type UsePrecision = 'float32' | 'int8';

/** Length of the vectors. */
export const USE_DIMENSION = 512;
/** Pieces beyond this many are cut off, as in the published model. */
export const USE_MAX_PIECES = 128;
const PIECES = 8002;
const EMBEDDING = 256;
const HIDDEN = 1536;
const HEADS = 4;
const NORM_EPSILON = 1e-6;
const MASKED = -1e9;

/**
 * Writes the model: inputs `ids` (int32, batch × length) and `mask` (float32, batch × length; 1 for a piece,
 * 0 for padding), output `vectors`: float32, batch × 512, or of the last hidden layer, batch × length × 512, when
 * `tokens` is set.
 */
export function buildUseGraph(weights: UseWeights, precision: UsePrecision, tokens = false): Uint8Array {
  const graph = new GraphBuilder('universal-sentence-encoder-lite');
  const ids = graph.input('ids', 'int32', ['batch', 'length']);
  const mask = graph.input('mask', 'float32', ['batch', 'length']);
  const context: Context = { graph, weights, precision, ...padding(graph, mask) };

  let x = graph.node('Add', [graph.node('Gather', [embeddings(context), ids]), positions(context, ids)]);
  x = layer(context, 0, x, EMBEDDING);
  x = layer(context, 1, x, USE_DIMENSION);
  if (tokens) {
    graph.output('vectors', x, 'float32', ['batch', 'length', USE_DIMENSION]);
    return graph.build();
  }

  const sum = graph.node('MatMul', [context.meanWeights, x]);
  const mean = graph.node('Squeeze', [sum, graph.ints(1)]);
  const top = dense({ ...context, precision: 'float32' }, mean, 'tanh_layer_0/weights', 'tanh_layer_0/bias', [
    USE_DIMENSION,
    USE_DIMENSION,
  ]);
  const unit = graph.node('LpNormalization', [graph.node('Tanh', [top])], { axis: -1, p: 2 });
  graph.output('vectors', unit, 'float32', ['batch', USE_DIMENSION]);
  return graph.build();
}

interface Context {
  readonly graph: GraphBuilder;
  readonly weights: UseWeights;
  readonly precision: UsePrecision;
  /** batch × 1 × 1 × length: 0 for a piece, -1e9 for padding; added to attention scores. */
  readonly attentionBias: ValueName;
  /** batch × 1 × length: 1/pieces for a piece, 0 for padding. */
  readonly meanWeights: ValueName;
}

function padding(graph: GraphBuilder, mask: ValueName): Pick<Context, 'attentionBias' | 'meanWeights'> {
  const absent = graph.node('Sub', [graph.scalar(1), mask]);
  const bias = graph.node('Mul', [absent, graph.scalar(MASKED)]);
  const count = graph.node('ReduceSum', [mask, graph.ints(1)], { keepdims: 1 });
  const share = graph.node('Div', [mask, graph.node('Max', [count, graph.scalar(1)])]);
  return {
    attentionBias: graph.node('Unsqueeze', [bias, graph.ints(1, 2)]),
    meanWeights: graph.node('Unsqueeze', [share, graph.ints(1)]),
  };
}

/** The published model adds a piece's embedding twice: once by itself, once with its position. */
function embeddings({ graph, weights }: Context): ValueName {
  const table = weights.tensor('Embeddings_en', PIECES * EMBEDDING).map((value) => 2 * value);
  return graph.constant('embeddings', table, [PIECES, EMBEDDING]);
}

/** The first `length` rows of the table of sinusoidal positions. */
function positions({ graph, weights }: Context, ids: ValueName): ValueName {
  const rates = weights.tensor('AddTimingSignal/TimingSignal/ExpandDims_1', EMBEDDING / 2);
  const table = new Float32Array(USE_MAX_PIECES * EMBEDDING);
  for (let position = 0; position < USE_MAX_PIECES; position++)
    for (const [i, rate] of rates.entries()) {
      const angle = Math.fround(position * rate);
      table[position * EMBEDDING + i] = Math.sin(angle);
      table[position * EMBEDDING + EMBEDDING / 2 + i] = Math.cos(angle);
    }
  const all = graph.constant('positions', table, [USE_MAX_PIECES, EMBEDDING]);
  const length = graph.node('Shape', [ids], { start: 1 });
  return graph.node('Slice', [all, graph.ints(0), length, graph.ints(0)]);
}

/** One transformer layer; `width` is the size of its input, its output has {@link USE_DIMENSION}. */
function layer(context: Context, index: number, x: ValueName, width: number): ValueName {
  const { graph } = context;
  const name = (rest: string) => `Layer_${index}/TransformerLayer/${rest}`;
  const normed = norm(context, x, name('layer_prepostprocess'), width);
  const qkv = dense(
    context,
    normed,
    name('MultiheadAttention/qkv_transform_single/kernel/part_0'),
    name('MultiheadAttention/qkv_transform_single/bias/ConcatPartitions/concat'),
    [width, 3 * width],
  );
  const attended = dense(
    context,
    attention(context, qkv, width),
    name('MultiheadAttention/output_transform_single/kernel/part_0'),
    name('MultiheadAttention/output_transform_single/bias/ConcatPartitions/concat'),
    [width, USE_DIMENSION],
  );
  // The first layer widens its input so that it can be added to its output.
  const residual =
    width === USE_DIMENSION
      ? x
      : dense(
          context,
          x,
          name('dense/kernel/ConcatPartitions/concat'),
          name('dense/bias/ConcatPartitions/concat'),
          [width, USE_DIMENSION],
        );
  const middle = graph.node('Add', [attended, residual]);
  const hidden = dense(
    context,
    norm(context, middle, name('FFN/layer_prepostprocess'), USE_DIMENSION),
    name('FFN/conv1/Tensordot/Reshape_1'),
    name('FFN/conv1/bias/ConcatPartitions/concat'),
    [USE_DIMENSION, HIDDEN],
  );
  const out = dense(
    context,
    graph.node('Relu', [hidden]),
    name('FFN/conv2/Tensordot/Reshape_1'),
    name('FFN/conv2/bias/ConcatPartitions/concat'),
    [HIDDEN, USE_DIMENSION],
  );
  return graph.node('Add', [out, middle]);
}

function norm({ graph, weights }: Context, x: ValueName, name: string, width: number): ValueName {
  const part = (which: string) =>
    graph.constant(
      `norm_${which}`,
      weights.tensor(`${name}/layer_norm/layer_norm_${which}/ConcatPartitions/concat`, width),
      [width],
    );
  return graph.node('LayerNormalization', [x, part('scale'), part('bias')], {
    axis: -1,
    epsilon: NORM_EPSILON,
  });
}

function dense(
  { graph, weights, precision }: Context,
  x: ValueName,
  kernelName: string,
  biasName: string,
  [rows, columns]: readonly [number, number],
): ValueName {
  const kernel = weights.tensor(kernelName, rows * columns);
  const bias = graph.constant('bias', weights.tensor(biasName, columns), [columns]);
  const product =
    precision === 'int8'
      ? quantizeBlocks(graph, x, kernel, rows, columns)
      : graph.node('MatMul', [x, graph.constant('kernel', kernel, [rows, columns])]);
  return graph.node('Add', [product, bias]);
}

/** Scaled dot-product attention over the joined queries, keys and values of `width` each. */
function attention({ graph, attentionBias }: Context, qkv: ValueName, width: number): ValueName {
  const size = width / HEADS;
  const [q, k, v] = graph.nodes('Split', [qkv, graph.ints(width, width, width)], 3, { axis: -1 }) as [
    string,
    string,
    string,
  ];
  const heads = (x: ValueName, ...order: number[]) =>
    graph.node('Transpose', [graph.node('Reshape', [x, graph.ints(0, 0, HEADS, size)])], { perm: order });
  const scaled = graph.node('Mul', [q, graph.scalar(size ** -0.5)]);
  const scores = graph.node('MatMul', [heads(scaled, 0, 2, 1, 3), heads(k, 0, 2, 3, 1)]);
  const shares = graph.node('Softmax', [graph.node('Add', [scores, attentionBias])], { axis: -1 });
  const mixed = graph.node('MatMul', [shares, heads(v, 0, 2, 1, 3)]);
  const joined = graph.node('Transpose', [mixed], { perm: [0, 2, 1, 3] });
  return graph.node('Reshape', [joined, graph.ints(0, 0, width)]);
}
