/**
 * A tiny model of each family, its inputs and its loss: what the tests of all families share.
 *
 * @module
 */
import { array, concat, meanSquaredError, type NDArray, type Tensor } from '@fletch/array';
import { rng } from '@fletch/linalg';
import { bert } from '../families/bert.js';
import { cnn } from '../families/cnn.js';
import { dit } from '../families/dit.js';
import { gptNeo } from '../families/gpt-neo.js';
import { gpt2 } from '../families/gpt2.js';
import { llama } from '../families/llama.js';
import { mlp } from '../families/mlp.js';
import { resnet } from '../families/resnet.js';
import { vit } from '../families/vit.js';
import type { AnyFamily } from '../family.js';
import { classificationLoss, maskedTokenLoss, nextTokenLoss } from '../losses.js';
import type { Weights } from '../parameters.js';

/** A tiny model. */
export interface Tiny {
  readonly family: AnyFamily;
  readonly config: object;
  readonly batch: readonly NDArray[];
  /** The loss, and buffers anew. */
  readonly loss: (params: Weights, ...batch: Tensor[]) => readonly [Tensor, Readonly<Record<string, Tensor>>];
  /** Learning rate at which 20 steps of Adam lower the loss. */
  readonly learningRate: number;
}

/** Whole numbers below `below`. */
export function ids(shape: readonly number[], below: number, seed: number): NDArray {
  const random = rng(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return array(
    Int32Array.from({ length: size }, () => random.integer(below)),
    'int32',
    shape,
  );
}

/** Standard normal numbers. */
export function normals(shape: readonly number[], seed: number): NDArray {
  return array(rng(seed).fillNormal(new Float32Array(shape.reduce((a, b) => a * b, 1))), 'float32', shape);
}

const encoder = {
  hidden_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 12,
};

function classifier(family: AnyFamily, config: Readonly<Record<string, unknown>>, images: NDArray): Tiny {
  const read = family.config(config);
  return {
    family,
    config: read,
    batch: [images, ids([images.shape[0]!], 3, 8)],
    loss: (params, x, y) => {
      const out = family.forward(read, params, { images: x! }, { training: true });
      return [classificationLoss(out.logits, y!), out.buffers ?? {}];
    },
    learningRate: 0.01,
  };
}

function decoder(family: AnyFamily, config: Readonly<Record<string, unknown>>): Tiny {
  const read = family.config(config);
  return {
    family,
    config: read,
    batch: [ids([2, 5], 11, 1)],
    loss: (params, x) => [nextTokenLoss(family.forward(read, params, { inputIds: x! }).logits, x!), {}],
    learningRate: 0.01,
  };
}

function masked(): Tiny {
  const config = bert.config({ ...encoder, vocab_size: 11, max_position_embeddings: 6 });
  // The first place of each text is padding, the second hidden.
  const seen = array(Int32Array.of(0, 1, 1, 1, 1, 0, 1, 1, 1, 1), 'int32', [2, 5]);
  const labels = array(Int32Array.of(-100, 4, -100, -100, -100, -100, 7, -100, 2, -100), 'int32', [2, 5]);
  return {
    family: bert,
    config,
    batch: [ids([2, 5], 11, 1), seen, labels],
    loss: (params, inputIds, attentionMask, y) => [
      maskedTokenLoss(
        bert.forward(config, params, { inputIds: inputIds!, attentionMask, tokenTypeIds: attentionMask })
          .logits,
        y!,
      ),
      {},
    ],
    learningRate: 0.01,
  };
}

function sentences(): Tiny {
  const config = bert.config({
    ...encoder,
    vocab_size: 11,
    max_position_embeddings: 6,
    type_vocab_size: 1,
    num_labels: 3,
    architectures: ['BertForSequenceClassification'],
  });
  return {
    family: bert,
    config,
    batch: [ids([4, 6], 11, 1), ids([4], 3, 2)],
    loss: (params, inputIds, y) => [
      classificationLoss(bert.forward(config, params, { inputIds: inputIds! }).logits, y!, {
        smoothing: 0.1,
      }),
      {},
    ],
    learningRate: 0.02,
  };
}

function denoiser(): Tiny {
  const config = dit.config({
    input_size: 4,
    patch_size: 2,
    in_channels: 1,
    hidden_size: 8,
    depth: 2,
    num_heads: 2,
    num_classes: 3,
  });
  return {
    family: dit,
    config,
    batch: [normals([4, 1, 4, 4], 5), array(Int32Array.of(0, 10, 500, 999)), ids([4], 4, 6)],
    loss: (params, images, timesteps, labels) => {
      const { sample } = dit.forward(config, params, {
        images: images!,
        timesteps: timesteps!,
        labels: labels!,
      });
      return [meanSquaredError(sample, concat([images!, images!], 1)), {}];
    },
    learningRate: 0.05,
  };
}

/** All of them, by name. */
export const tinyModels: Readonly<Record<string, () => Tiny>> = {
  gpt2: () => decoder(gpt2, { vocab_size: 11, n_positions: 6, n_embd: 8, n_layer: 2, n_head: 2 }),
  'gpt2, not tied': () =>
    decoder(gpt2, {
      vocab_size: 11,
      n_positions: 6,
      n_embd: 8,
      n_layer: 1,
      n_head: 2,
      tie_word_embeddings: false,
    }),
  gpt_neo: () =>
    decoder(gptNeo, {
      vocab_size: 11,
      max_position_embeddings: 6,
      hidden_size: 8,
      num_layers: 2,
      num_heads: 2,
      attention_types: [[['global', 'local'], 1]],
      window_size: 2,
    }),
  cnn: () => classifier(cnn, { num_labels: 3, hidden_sizes: [4, 6] }, normals([4, 1, 6, 6], 2)),
  'resnet, basic': () =>
    classifier(
      resnet,
      {
        num_labels: 3,
        num_channels: 1,
        embedding_size: 4,
        hidden_sizes: [4, 8],
        depths: [1, 1],
        layer_type: 'basic',
        stem: 'small',
      },
      normals([3, 1, 6, 6], 3),
    ),
  'resnet, bottleneck': () =>
    classifier(
      resnet,
      { num_labels: 3, embedding_size: 4, hidden_sizes: [8, 16], depths: [1, 2] },
      normals([2, 3, 16, 16], 4),
    ),
  'bert, hidden tokens': masked,
  'bert, classes': sentences,
  llama: () =>
    decoder(llama, {
      ...encoder,
      vocab_size: 11,
      max_position_embeddings: 8,
      num_attention_heads: 4,
      num_key_value_heads: 2,
      head_dim: 4,
    }),
  vit: () =>
    classifier(
      vit,
      { ...encoder, image_size: 4, patch_size: 2, num_channels: 1, num_labels: 3 },
      normals([4, 1, 4, 4], 6),
    ),
  dit: denoiser,
  mlp: () => {
    const config = mlp.config({ input_size: 6, hidden_sizes: [8, 5], num_labels: 3, hidden_act: 'gelu' });
    return {
      family: mlp,
      config,
      batch: [normals([8, 2, 3], 7), ids([8], 3, 8)],
      loss: (params, x, y) => [
        classificationLoss(mlp.forward(config, params, { features: x! }).logits, y!),
        {},
      ],
      learningRate: 0.02,
    };
  },
};
