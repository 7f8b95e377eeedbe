/**
 * Affine layers, in both layouts that checkpoints use, and embeddings.
 *
 * @module
 */
import { add, gather, matmul, type Tensor, type Value } from '@fletch/array';
import { type Initializer, normal, type ParameterSpec, zeroed } from '../parameters.js';
import type { Run } from '../run.js';

/** Whether a layer has a bias. Default true. */
export interface BiasOptions {
  readonly bias?: boolean;
}

/** `x · weightᵀ + bias`, the weight stored `[out, in]` as `torch.nn.Linear` does. */
export function linear(run: Run, name: string, x: Tensor, { bias = true }: BiasOptions = {}): Tensor {
  const product = matmul(run.tap(`${name}.in`, x), run.weight(`${name}.weight`), { transposeB: true });
  return run.tap(`${name}.out`, bias ? add(product, run.weight(`${name}.bias`)) : product);
}

/** `x · weight + bias`, the weight stored `[in, out]` as GPT-2's `Conv1D` does. */
export function conv1D(run: Run, name: string, x: Tensor): Tensor {
  const product = matmul(run.tap(`${name}.in`, x), run.weight(`${name}.weight`));
  return run.tap(`${name}.out`, add(product, run.weight(`${name}.bias`)));
}

/** Rows of a table: `[…, width]` for ids `[…]`. */
export function embedding(run: Run, name: string, ids: Value): Tensor {
  return run.tap(`${name}.out`, gather(run.weight(`${name}.weight`), ids));
}

/**
 * Scores of tokens: by the layer `lm_head`, or by the table of an embedding when it is tied to one.
 *
 * @param table - the embedding's name when they are tied
 */
export function tokenHead(run: Run, x: Tensor, table: string | undefined): Tensor {
  if (table === undefined) return linear(run, 'lm_head', x, { bias: false });
  const product = matmul(run.tap('lm_head.in', x), run.weight(`${table}.weight`), { transposeB: true });
  return run.tap('lm_head.out', product);
}

/** First values of a layer. */
export interface DenseSpecOptions extends BiasOptions {
  /** Of the weight. */
  readonly initial: Initializer;
  /** Of the bias. Default: zeros. */
  readonly initialBias?: Initializer;
}

/** A weight of two axes, and the bias of its outputs. */
function denseSpecs(
  name: string,
  { shape, out, kind }: Pick<ParameterSpec, 'shape' | 'kind'> & { readonly out: number },
  { bias = true, initial, initialBias = zeroed }: DenseSpecOptions,
): ParameterSpec[] {
  return [
    { name: `${name}.weight`, shape, kind, initial },
    ...(bias ? [{ name: `${name}.bias`, shape: [out], kind: 'bias', initial: initialBias } as const] : []),
  ];
}

/** The parameters of {@link linear}. */
export const linearSpecs = (name: string, inner: number, out: number, options: DenseSpecOptions) =>
  denseSpecs(name, { shape: [out, inner], out, kind: 'linear' }, options);

/** The parameters of {@link conv1D}. */
export const conv1DSpecs = (name: string, inner: number, out: number, options: DenseSpecOptions) =>
  denseSpecs(name, { shape: [inner, out], out, kind: 'conv1d' }, options);

/** The table of {@link embedding}. */
export function embeddingSpecs(
  name: string,
  rows: number,
  width: number,
  deviation: number,
): ParameterSpec[] {
  return [{ name: `${name}.weight`, shape: [rows, width], kind: 'embedding', initial: normal(deviation) }];
}
