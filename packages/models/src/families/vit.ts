/**
 * Vision transformer (Dosovitskiy et al., ICLR 2021): an encoder of patches with layer normalization before each part.
 *
 * @module
 */
import { add, broadcastTo, concat, slice, type Tensor, tanh } from '@fletch/array';
import {
  type ConfigOf,
  checkHeads,
  checkLabels,
  defineFamily,
  field,
  labelFields,
  labelsOf,
} from '../family.js';
import { activate, activationName } from '../layers/activations.js';
import { imagesOf } from '../layers/conv.js';
import { linear, linearSpecs } from '../layers/dense.js';
import { layerNorm, layerNormSpecs } from '../layers/norm.js';
import { patchEmbedding, patchSpecs } from '../layers/patches.js';
import { selfAttention } from '../layers/self-attention.js';
import { stack } from '../layers/stack.js';
import { type ParameterSpec, truncatedNormal } from '../parameters.js';
import type { Run } from '../run.js';
import type { ImageInputs } from './cnn.js';

const fields = {
  image_size: field.count(224),
  patch_size: field.count(16),
  num_channels: field.count(3),
  hidden_size: field.count(768),
  num_hidden_layers: field.count(12),
  num_attention_heads: field.count(12),
  intermediate_size: field.count(3072),
  hidden_act: activationName.default('gelu'),
  layer_norm_eps: field.positive(1e-12),
  initializer_range: field.positive(0.02),
  hidden_dropout_prob: field.rate(0),
  attention_probs_dropout_prob: field.rate(0),
  qkv_bias: field.flag(true),
  ...labelFields,
};

/** A vision transformer's `config.json`. */
export type VitConfig = ConfigOf<typeof fields>;

/** What a vision transformer gives. */
export interface VitOutput {
  /** `[batch, 1 + patches, width]` after the last normalization; the first place stands for the image. */
  readonly lastHiddenState: Tensor;
  /** `[batch, classes]`; of `ViTModel`: none. */
  readonly logits: Tensor | undefined;
  /** `[batch, width]`, of `ViTModel`. */
  readonly pooled: Tensor | undefined;
  /** Before each block, and after the last, `[batch, 1 + patches, width]`. */
  readonly hiddenStates: readonly Tensor[];
  /** Of each block, `[batch, heads, 1 + patches, 1 + patches]`. */
  readonly attentions: readonly Tensor[];
}

const classifies = (config: VitConfig) => config.architectures[0] === 'ViTForImageClassification';

function parameters(config: VitConfig): ParameterSpec[] {
  const { hidden_size: width, intermediate_size: inner, patch_size: size } = config;
  const initial = truncatedNormal(config.initializer_range);
  const patches = (config.image_size / size) ** 2;
  const dense = (name: string, from: number, to: number, bias = true) =>
    linearSpecs(name, from, to, { initial, bias });
  return [
    { name: 'vit.embeddings.cls_token', shape: [1, 1, width], kind: 'embedding', initial },
    {
      name: 'vit.embeddings.position_embeddings',
      shape: [1, patches + 1, width],
      kind: 'embedding',
      initial,
    },
    ...patchSpecs('vit.embeddings.patch_embeddings.projection', [config.num_channels, width, size], initial),
    ...Array.from({ length: config.num_hidden_layers }, (_, i) => {
      const name = `vit.encoder.layer.${i}`;
      return [
        ...layerNormSpecs(`${name}.layernorm_before`, width),
        ...['query', 'key', 'value'].flatMap((part) =>
          dense(`${name}.attention.attention.${part}`, width, width, config.qkv_bias),
        ),
        ...dense(`${name}.attention.output.dense`, width, width),
        ...layerNormSpecs(`${name}.layernorm_after`, width),
        ...dense(`${name}.intermediate.dense`, width, inner),
        ...dense(`${name}.output.dense`, inner, width),
      ];
    }).flat(),
    ...layerNormSpecs('vit.layernorm', width),
    ...(classifies(config)
      ? dense('classifier', width, labelsOf(config))
      : dense('vit.pooler.dense', width, width)),
  ];
}

function block(run: Run, config: VitConfig, name: string, x: Tensor) {
  const { layer_norm_eps: epsilon, hidden_dropout_prob: rate } = config;
  const normed = layerNorm(run, `${name}.layernorm_before`, x, epsilon);
  const { mixed, pattern } = selfAttention(run, `${name}.attention.attention`, normed, {
    heads: config.num_attention_heads,
    names: ['query', 'key', 'value'],
    bias: config.qkv_bias,
    dropout: config.attention_probs_dropout_prob,
  });
  const middle = add(x, run.drop(linear(run, `${name}.attention.output.dense`, mixed), rate));
  const inner = layerNorm(run, `${name}.layernorm_after`, middle, epsilon);
  const wide = activate(config.hidden_act, linear(run, `${name}.intermediate.dense`, inner));
  const next = add(middle, run.drop(linear(run, `${name}.output.dense`, wide), rate));
  return { next, pattern };
}

/** The patches of images, after the place that stands for the image. */
function embed(run: Run, config: VitConfig, { images }: ImageInputs): Tensor {
  const given = imagesOf('vit', images, config.num_channels, config.image_size);
  const batch = given.shape[0]!;
  const patches = patchEmbedding(run, 'vit.embeddings.patch_embeddings.projection', given, config.patch_size);
  const first = broadcastTo(run.weight('vit.embeddings.cls_token'), [batch, 1, config.hidden_size]);
  const x = add(concat([first, patches], 1), run.weight('vit.embeddings.position_embeddings'));
  return run.drop(x, config.hidden_dropout_prob);
}

/** Vision transformers. */
export const vit = defineFamily({
  name: 'vit',
  title: 'A vision transformer',
  architectures: ['ViTForImageClassification', 'ViTModel'],
  prefix: 'vit',
  fields,
  check: (config) => [
    ...checkHeads(config.hidden_size, config.num_attention_heads, 'hidden_size and num_attention_heads'),
    ...checkLabels(config),
    ...(config.image_size % config.patch_size === 0
      ? []
      : [`image_size: ${config.image_size} does not divide into patches of ${config.patch_size}`]),
  ],
  parameters,
  forward(run, config, inputs: ImageInputs): VitOutput {
    const { last, ...states } = stack(
      run,
      ['vit.encoder.layer', config.num_hidden_layers],
      embed(run, config, inputs),
      (name, given) => block(run, config, name, given),
    );
    const lastHiddenState = layerNorm(run, 'vit.layernorm', last, config.layer_norm_eps);
    const first = slice(lastHiddenState, null, 0);
    return {
      lastHiddenState,
      logits: classifies(config) ? linear(run, 'classifier', first) : undefined,
      pooled: classifies(config) ? undefined : tanh(linear(run, 'vit.pooler.dense', first)),
      ...states,
    };
  },
});
