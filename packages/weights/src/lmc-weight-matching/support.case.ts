/**
 * Tiny models of every layout, for the tests of matching.
 *
 * @module
 */
import { array, evaluate, type NDArray, type Tensor } from '@fletch/array';
import { rng } from '@fletch/linalg';
import { type AnyFamily, bert, cnn, gpt2, gptNeo, llama, mlp, resnet, vit } from '@fletch/models';
import type { StateDict } from '../state-dict.js';
import { type PermArchitecture, permutationSpec, type TransformerOptions } from './layouts/index.js';
import type { PermSpec } from './spec.js';

/** Standard normal numbers. */
export const normals = (shape: readonly number[], seed: number): NDArray =>
  array(rng(seed).fillNormal(new Float32Array(shape.reduce((a, b) => a * b, 1))), 'float32', shape);

/** A tiny model of a layout. */
export interface TinyLayout {
  readonly architecture: PermArchitecture;
  readonly options: TransformerOptions;
  /** Parameters from a seed: no scale is 1, no bias and no running mean 0. */
  readonly draw: (seed: number) => StateDict;
  /** What it computes. */
  readonly logits: (model: StateDict) => Float32Array;
}

/** The spec of a tiny model. */
export const specOf = ({ architecture, options, draw }: TinyLayout): PermSpec =>
  permutationSpec(architecture, draw(0), options);

function tiny(
  architecture: PermArchitecture,
  family: AnyFamily,
  settings: Readonly<Record<string, unknown>>,
  inputs: Readonly<Record<string, NDArray>>,
  options: TransformerOptions = {},
): TinyLayout {
  const config = family.config(settings);
  return {
    architecture,
    options,
    draw: (seed) =>
      Object.fromEntries(
        Object.entries(family.init(config, { seed })).map(([name, { shape, size }], i) => {
          const random = rng(1000 + seed, i);
          const values = random.fillNormal(new Float32Array(size)).map((value) => 0.4 * value);
          // Variances and scales stay above 0.
          const isPositive =
            /running_var|norm.*weight|ln.*weight|LayerNorm\.weight|bn\d\.weight|downsample\.1\.weight/;
          return [
            name,
            array(
              isPositive.test(name) ? values.map((value) => 1 + Math.abs(value)) : values,
              'float32',
              shape,
            ),
          ];
        }),
      ),
    logits: (model) =>
      evaluate((family.forward(config, model, inputs) as { logits: Tensor }).logits).data as Float32Array,
  };
}

const ids = array(Int32Array.of(1, 5, 2, 7, 3, 0, 4, 9, 8, 6), 'int32', [2, 5]);
const encoder = { hidden_size: 8, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 12 };
const vocabulary = { vocab_size: 11, max_position_embeddings: 8 };
const gpt = { vocab_size: 11, n_positions: 6, n_embd: 8, n_layer: 2, n_head: 2 };
const classes = { num_labels: 3 };

/** All of them, by name. */
export const tinyLayouts: Readonly<Record<string, TinyLayout>> = {
  mlp: tiny(
    'mlp',
    mlp,
    { input_size: 6, hidden_sizes: [8, 5], ...classes },
    { features: normals([4, 6], 1) },
  ),
  cnn: tiny('cnn', cnn, { hidden_sizes: [4, 6], ...classes }, { images: normals([2, 1, 6, 6], 2) }),
  'resnet, basic': tiny(
    'resnet20',
    resnet,
    {
      num_channels: 1,
      embedding_size: 4,
      hidden_sizes: [4, 8],
      depths: [2, 2],
      layer_type: 'basic',
      stem: 'small',
      ...classes,
    },
    { images: normals([2, 1, 6, 6], 3) },
  ),
  'resnet, bottleneck': tiny(
    'resnet',
    resnet,
    { embedding_size: 4, hidden_sizes: [8, 16], depths: [1, 2], ...classes },
    { images: normals([2, 3, 16, 16], 4) },
  ),
  gpt2: tiny('gpt2', gpt2, gpt, { inputIds: ids }, { heads: 2 }),
  'gpt2, not tied, with its stream': tiny(
    'gpt2',
    gpt2,
    { ...gpt, tie_word_embeddings: false },
    { inputIds: ids },
    { heads: 2, residual: true },
  ),
  'gpt2, whole heads only': tiny('gpt2', gpt2, gpt, { inputIds: ids }, { heads: 2, queryKeys: false }),
  gpt_neo: tiny(
    'gpt_neo',
    gptNeo,
    {
      ...vocabulary,
      hidden_size: 8,
      num_layers: 2,
      num_heads: 2,
      attention_types: [[['global', 'local'], 1]],
    },
    { inputIds: ids },
    { heads: 2, residual: true },
  ),
  'llama, heads in groups': tiny(
    'llama',
    llama,
    { ...encoder, ...vocabulary, num_attention_heads: 6, num_key_value_heads: 2, head_dim: 4 },
    { inputIds: ids },
    { heads: 6, keyHeads: 2 },
  ),
  'llama, with its stream': tiny(
    'llama',
    llama,
    { ...encoder, ...vocabulary, tie_word_embeddings: true },
    { inputIds: ids },
    { heads: 2, residual: true },
  ),
  'bert, hidden tokens': tiny(
    'bert',
    bert,
    { ...encoder, ...vocabulary },
    { inputIds: ids },
    { heads: 2, residual: true },
  ),
  'bert, classes': tiny(
    'bert',
    bert,
    { ...encoder, ...vocabulary, ...classes, architectures: ['BertForSequenceClassification'] },
    { inputIds: ids },
    { heads: 2 },
  ),
  vit: tiny(
    'vit',
    vit,
    { ...encoder, image_size: 4, patch_size: 2, num_channels: 1, ...classes },
    { images: normals([2, 1, 4, 4], 6) },
    { heads: 2, residual: true },
  ),
};
