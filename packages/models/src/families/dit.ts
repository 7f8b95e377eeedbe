/**
 * Diffusion transformer (Peebles and Xie, ICCV 2023), with the names of its reference code: `blocks.0.attn.qkv.weight`.
 *
 * @module
 */
import {
  add,
  array,
  cast,
  concat,
  cos,
  expandDims,
  mul,
  reshape,
  silu,
  sin,
  split,
  standardize,
  type Tensor,
  tensor,
  transpose,
  type Value,
} from '@fletch/array';
import { z } from 'zod';
import { type ConfigOf, checkHeads, defineFamily, field } from '../family.js';
import { activate } from '../layers/activations.js';
import { attend, splitFused } from '../layers/attention.js';
import { imagesOf } from '../layers/conv.js';
import { embedding, embeddingSpecs, linear, linearSpecs } from '../layers/dense.js';
import { patchEmbedding, patchSpecs } from '../layers/patches.js';
import { planePlaces } from '../layers/sinusoids.js';
import { stack } from '../layers/stack.js';
import { normal, type ParameterSpec, xavier, zeroed } from '../parameters.js';
import type { Run } from '../run.js';

const fields = {
  /** Height and width of what is denoised. */
  input_size: field.count(32),
  patch_size: field.count(2),
  in_channels: field.count(4),
  hidden_size: field.count(1152),
  depth: field.count(28),
  num_heads: field.count(16),
  mlp_ratio: field.positive(4),
  /** Share of labels that training hides. Above 0 there is one more class, `num_classes`: no label. */
  class_dropout_prob: field.rate(0.1),
  num_classes: field.count(1000),
  /** Whether twice the channels come out, the second half for the variances. */
  learn_sigma: z.boolean().default(true),
};

/** A diffusion transformer's `config.json`: the arguments of its reference code. */
export type DitConfig = ConfigOf<typeof fields>;

/** What a diffusion transformer takes. */
export interface DitInputs {
  /** What is denoised, `[batch, channels, size, size]`. */
  readonly images: Value;
  /** Of the diffusion, `[batch]`; whole or fractional. */
  readonly timesteps: Value;
  /** Classes, `[batch]`, int32 or int64; `num_classes` where there is no label. */
  readonly labels: Value;
}

/** What a diffusion transformer gives. */
export interface DitOutput {
  /** `[batch, channels, size, size]`, with twice the channels when variances are learned. */
  readonly sample: Tensor;
  /** Before each block, and after the last, `[batch, patches, width]`. */
  readonly hiddenStates: readonly Tensor[];
  /** Of each block, `[batch, heads, patches, patches]`. */
  readonly attentions: readonly Tensor[];
}

const EPSILON = 1e-6;
/** Sinusoids that stand for a time step. */
const FREQUENCIES = 256;
const LONGEST = 10000;

const outputChannels = ({ in_channels, learn_sigma }: DitConfig) => (learn_sigma ? 2 : 1) * in_channels;
const innerWidth = ({ hidden_size, mlp_ratio }: DitConfig) => Math.floor(hidden_size * mlp_ratio);

function parameters(config: DitConfig): ParameterSpec[] {
  const { hidden_size: width, patch_size: size, in_channels: channels } = config;
  const grid = config.input_size / size;
  const dense = (name: string, from: number, to: number, initial = xavier as typeof zeroed) =>
    linearSpecs(name, from, to, { initial });
  const small = normal(0.02);
  return [
    {
      name: 'pos_embed',
      shape: [1, grid * grid, width],
      kind: 'buffer',
      initial: () => planePlaces(grid, width),
    },
    ...patchSpecs('x_embedder.proj', [channels, width, size], xavier),
    ...dense('t_embedder.mlp.0', FREQUENCIES, width, small),
    ...dense('t_embedder.mlp.2', width, width, small),
    ...embeddingSpecs(
      'y_embedder.embedding_table',
      config.num_classes + Number(config.class_dropout_prob > 0),
      width,
      0.02,
    ),
    ...Array.from({ length: config.depth }, (_, i) => [
      ...dense(`blocks.${i}.attn.qkv`, width, 3 * width),
      ...dense(`blocks.${i}.attn.proj`, width, width),
      ...dense(`blocks.${i}.mlp.fc1`, width, innerWidth(config)),
      ...dense(`blocks.${i}.mlp.fc2`, innerWidth(config), width),
      // Every block begins as the identity.
      ...dense(`blocks.${i}.adaLN_modulation.1`, width, 6 * width, zeroed),
    ]).flat(),
    ...dense('final_layer.linear', width, size * size * outputChannels(config), zeroed),
    ...dense('final_layer.adaLN_modulation.1', width, 2 * width, zeroed),
  ];
}

/** Normalized features, scaled and shifted by the condition. */
function modulated(x: Tensor, shift: Tensor, scale: Tensor): Tensor {
  return add(mul(standardize(x, EPSILON), add(scale, 1)), shift);
}

type Six = [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];

/** The condition's parts, each `[batch, 1, width]`. */
function modulation(run: Run, name: string, condition: Tensor, parts: number): Tensor[] {
  const all = linear(run, `${name}.adaLN_modulation.1`, silu(condition));
  return split(expandDims(all, 1), parts, -1);
}

/** Cosines and sines of the time steps, through two layers. */
function timeEmbedding(run: Run, timesteps: Value, like: Tensor): Tensor {
  const half = FREQUENCIES / 2;
  const frequencies = Float64Array.from({ length: half }, (_, i) => LONGEST ** (-i / half));
  const angles = mul(expandDims(cast(timesteps, like.dtype), 1), array(frequencies, like.dtype));
  const first = linear(run, 't_embedder.mlp.0', concat([cos(angles), sin(angles)], -1));
  return linear(run, 't_embedder.mlp.2', silu(first));
}

function block(run: Run, config: DitConfig, name: string, x: Tensor, condition: Tensor) {
  const [shift1, scale1, gate1, shift2, scale2, gate2] = modulation(run, name, condition, 6) as Six;
  const qkv = linear(run, `${name}.attn.qkv`, modulated(x, shift1, scale1));
  const { mixed, pattern } = attend(run, `${name}.attn`, splitFused(qkv, config.num_heads));
  const middle = add(x, mul(gate1, linear(run, `${name}.attn.proj`, mixed)));
  const wide = linear(run, `${name}.mlp.fc1`, modulated(middle, shift2, scale2));
  const narrow = linear(run, `${name}.mlp.fc2`, activate('gelu_pytorch_tanh', wide));
  return { next: add(middle, mul(gate2, narrow)), pattern };
}

/** `[batch, patches, size · size · channels]` as `[batch, channels, height, width]`. */
function unpatched(x: Tensor, grid: number, size: number): Tensor {
  const [batch, , numbers] = x.shape as [number, number, number];
  const channels = numbers / (size * size);
  const tiles = transpose(reshape(x, [batch, grid, grid, size, size, channels]), [0, 5, 1, 3, 2, 4]);
  return reshape(tiles, [batch, channels, grid * size, grid * size]);
}

/** Diffusion transformers. */
export const dit = defineFamily({
  name: 'dit',
  title: 'A diffusion transformer',
  architectures: ['DiT'],
  fields,
  check: (config) => [
    ...checkHeads(config.hidden_size, config.num_heads, 'hidden_size and num_heads'),
    ...(config.hidden_size % 4 === 0
      ? []
      : [`hidden_size: ${config.hidden_size} must divide by 4, for the sinusoids of two axes`]),
    ...(config.input_size % config.patch_size === 0
      ? []
      : [`input_size: ${config.input_size} does not divide into patches of ${config.patch_size}`]),
  ],
  parameters,
  forward(run, config, { images, timesteps, labels }: DitInputs): DitOutput {
    const given = imagesOf('dit', images, config.in_channels, config.input_size);
    const { input_size: side, patch_size: size } = config;
    const x = add(patchEmbedding(run, 'x_embedder.proj', given, size), run.weight('pos_embed'));
    const label = embedding(run, 'y_embedder.embedding_table', tensor(labels, 'int32'));
    const condition = add(timeEmbedding(run, timesteps, x), label);
    const { last, ...states } = stack(run, ['blocks', config.depth], x, (name, given) =>
      block(run, config, name, given, condition),
    );
    const [shift, scale] = modulation(run, 'final_layer', condition, 2) as [Tensor, Tensor];
    const final = linear(run, 'final_layer.linear', modulated(last, shift, scale));
    return { sample: unpatched(final, side / size, size), ...states };
  },
  isHead: (name) => name.startsWith('y_embedder.'),
});
