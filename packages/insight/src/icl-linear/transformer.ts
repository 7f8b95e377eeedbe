/**
 * The causal transformer that learns in context, as a pure function of its parameters.
 *
 * @module
 */
import {
  add,
  array,
  geluTanh,
  layerNorm,
  matmul,
  mul,
  type NDArray,
  ones,
  reshape,
  sliceAxis,
  softmax,
  squeeze,
  type Tensor,
  transpose,
  tril,
  unstack,
  where,
  zeros,
} from '@fletch/array';
import { FletchError } from '@fletch/base';
import { rng } from '@fletch/linalg';

/** `preln` is the usual block; `reference` is that of the paper's code, whose norms replace the stream. */
export type BlockKind = 'preln' | 'reference';

export interface TransformerShape {
  /** Components of a token: d + 1. */
  readonly width: number;
  /** Most tokens of a sequence. */
  readonly positions: number;
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly block: BlockKind;
}

interface Dense<T> {
  readonly weight: T;
  readonly bias: T;
}

export interface Block<T> {
  readonly norm1: Dense<T>;
  readonly qkv: Dense<T>;
  readonly project: Dense<T>;
  readonly norm2: Dense<T>;
  readonly up: Dense<T>;
  readonly down: Dense<T>;
}

export interface TransformerParams<T> {
  readonly embed: Dense<T>;
  readonly positions: T;
  readonly blocks: readonly Block<T>[];
  /** The last one; the reference block has none. */
  readonly norm?: Dense<T>;
  readonly head: Dense<T>;
}

/** Width of queries, keys and values together: the reference code has hidden / heads, not hidden. */
function attentionWidth({ hidden, heads, block }: TransformerShape): number {
  return block === 'reference' ? hidden / heads : hidden;
}

/** Throws `INVALID_ARGUMENT` for shapes that heads do not divide. */
export function checkShape(shape: TransformerShape): void {
  const { hidden, heads, layers } = shape;
  for (const [name, value] of Object.entries({ hidden, heads, layers }))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new FletchError('INVALID_ARGUMENT', `${name} must be a positive integer, not ${value}.`);
  if (hidden % heads !== 0 || attentionWidth(shape) % heads !== 0)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `hidden = ${hidden} cannot be split over ${heads} heads${shape.block === 'reference' ? ' twice' : ''}.`,
    );
}

/** Fresh parameters: normal with deviation fan-in^−½, or (reference) everything uniform on ±fan-in^−½. */
export function initialParams(shape: TransformerShape, seed: number): TransformerParams<NDArray> {
  const { width, positions, layers, hidden, block } = shape;
  const random = rng(seed);
  const uniform = block === 'reference';
  const draw = (dims: readonly number[], scale: number) => {
    const values = new Float32Array(dims.reduce((a, b) => a * b));
    if (uniform) random.fillUniform(values);
    else random.fillNormal(values);
    return array(
      values.map((value) => (uniform ? 2 * value - 1 : value) * scale),
      'float32',
      dims,
    );
  };
  const dense = (input: number, output: number): Dense<NDArray> => ({
    weight: draw([input, output], 1 / Math.sqrt(input)),
    bias: uniform ? draw([output], 1 / Math.sqrt(input)) : zeros([output]),
  });
  const norm = (): Dense<NDArray> => ({ weight: ones([hidden]), bias: zeros([hidden]) });
  const inner = attentionWidth(shape);
  return {
    embed: dense(width, hidden),
    positions: draw([positions, hidden], uniform ? 1 / Math.sqrt(hidden) : 0.1),
    blocks: Array.from({ length: layers }, () => ({
      norm1: norm(),
      qkv: dense(hidden, 3 * inner),
      project: dense(inner, hidden),
      norm2: norm(),
      up: dense(hidden, 4 * hidden),
      down: dense(4 * hidden, hidden),
    })),
    ...(!uniform && { norm: norm() }),
    head: dense(hidden, 1),
  };
}

const affine = (x: Tensor, { weight, bias }: Dense<Tensor>) => add(matmul(x, weight), bias);
const normed = (x: Tensor, { weight, bias }: Dense<Tensor>) => layerNorm(x, weight, bias);

/**
 * Runs the transformer.
 *
 * @param tokens - `[batch, length, width]`
 * @returns the prediction at every token, `[batch, length]`, and the stream after every layer,
 *   `layers + 1` times `[batch, length, hidden]`
 */
export function forward(
  params: TransformerParams<Tensor>,
  tokens: Tensor,
  shape: TransformerShape,
): { predictions: Tensor; hidden: Tensor[] } {
  const length = tokens.shape[1]!;
  const positions = params.positions.shape[0]!;
  if (length > positions)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `A sequence of ${length} tokens is longer than the ${positions} trained.`,
    );
  let stream = add(affine(tokens, params.embed), firstRows(params.positions, length));
  const hidden = [stream];
  for (const block of params.blocks) {
    stream =
      shape.block === 'reference' ? referenceBlock(stream, block, shape) : prelnBlock(stream, block, shape);
    hidden.push(stream);
  }
  const last = params.norm ? normed(stream, params.norm) : stream;
  return { predictions: squeeze(affine(last, params.head), -1), hidden };
}

function firstRows(positions: Tensor, length: number): Tensor {
  return length === positions.shape[0] ? positions : sliceAxis(positions, 0, 0, length);
}

function prelnBlock(stream: Tensor, block: Block<Tensor>, shape: TransformerShape): Tensor {
  const attended = add(stream, attention(normed(stream, block.norm1), block, shape));
  return add(attended, feedForward(normed(attended, block.norm2), block));
}

function referenceBlock(stream: Tensor, block: Block<Tensor>, shape: TransformerShape): Tensor {
  const first = normed(stream, block.norm1);
  const second = normed(add(first, attention(first, block, shape)), block.norm2);
  return add(second, feedForward(second, block));
}

function feedForward(x: Tensor, { up, down }: Block<Tensor>): Tensor {
  return affine(geluTanh(affine(x, up)), down);
}

function attention(x: Tensor, { qkv, project }: Block<Tensor>, shape: TransformerShape): Tensor {
  const [batch, length] = x.shape as readonly [number, number];
  const { heads } = shape;
  const inner = attentionWidth(shape);
  const each = inner / heads;
  const parts = transpose(reshape(affine(x, qkv), [batch, length, 3, heads, each]), [2, 0, 3, 1, 4]);
  const [q, k, v] = unstack(parts) as [Tensor, Tensor, Tensor];
  const scores = mul(matmul(q, k, { transposeB: true }), 1 / Math.sqrt(each));
  const weights = softmax(where(tril(length), scores, -1e9));
  const mixed = reshape(transpose(matmul(weights, v), [0, 2, 1, 3]), [batch, length, inner]);
  return affine(mixed, project);
}
