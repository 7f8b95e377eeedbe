/**
 * A tiny model of each family, its inputs and its loss: what the tests of all families share.
 *
 * @module
 */
import { array, type NDArray, type Tensor } from '@fletch/array';
import { rng } from '@fletch/linalg';
import { cnn } from '../families/cnn.js';
import { gpt2 } from '../families/gpt2.js';
import { resnet } from '../families/resnet.js';
import type { AnyFamily } from '../family.js';
import { classificationLoss, nextTokenLoss } from '../losses.js';
import type { Weights } from '../parameters.js';

/** A tiny model. */
export interface Tiny {
  readonly family: AnyFamily;
  readonly config: Readonly<Record<string, unknown>>;
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
};
