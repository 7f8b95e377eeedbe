/**
 * A small convolutional network for small images.
 *
 * @module
 */
import { mean, relu, type Tensor, type Value } from '@fletch/array';
import { z } from 'zod';
import { type ConfigOf, checkLabels, defineFamily, field, labelFields, labelsOf } from '../family.js';
import {
  batchNormLast,
  batchNormSpecs,
  channelsFirst,
  channelsLast,
  convLast,
  convSpecs,
  imagesOf,
} from '../layers/conv.js';
import { linear, linearSpecs } from '../layers/dense.js';
import { uniform } from '../parameters.js';

const fields = {
  num_channels: field.count(1),
  /** Channels after each layer. */
  hidden_sizes: z.array(z.int().positive()).min(1).default([16, 32, 64, 128]),
  /** Of each layer. Default 1, then 2. */
  strides: z.array(z.int().positive()).optional(),
  ...labelFields,
};

/** A small CNN's `config.json`. */
export type CnnConfig = ConfigOf<typeof fields>;

/** What a model of images takes. */
export interface ImageInputs {
  /** `[batch, channels, height, width]`. */
  readonly images: Value;
}

/** What a convolutional network gives. */
export interface ConvolutionalOutput {
  /** `[batch, classes]`. */
  readonly logits: Tensor;
  /** `[batch, width]`: what the last layer classifies. */
  readonly features: Tensor;
  /** After each layer or stage, `[batch, channels, height, width]`. */
  readonly hiddenStates: readonly Tensor[];
  /** In training the running statistics after this batch, by name; else none. */
  readonly buffers: Readonly<Record<string, Tensor>>;
}

const strideOf = (config: CnnConfig, i: number) => config.strides?.[i] ?? (i === 0 ? 1 : 2);

/**
 * Layers of 3 × 3 convolution, batch normalization and rectifier, the mean over all places, and a linear classifier.
 * Names: `conv1.weight`, `bn1.weight`, `bn1.bias`, `bn1.running_mean`, `bn1.running_var`, …, `fc.weight`, `fc.bias`.
 */
export const cnn = defineFamily({
  name: 'cnn',
  title: 'A small convolutional network',
  architectures: ['CnnForImageClassification'],
  fields,
  check: (config) => [
    ...checkLabels(config),
    ...(config.strides && config.strides.length !== config.hidden_sizes.length
      ? [`strides: there are ${config.strides.length} for ${config.hidden_sizes.length} layers`]
      : []),
  ],
  parameters(config) {
    const { hidden_sizes: sizes, num_channels } = config;
    const last = sizes.at(-1)!;
    const initial = uniform(1 / Math.sqrt(last));
    return [
      ...sizes.flatMap((out, i) => [
        ...convSpecs(`conv${i + 1}`, sizes[i - 1] ?? num_channels, out, 3),
        ...batchNormSpecs(`bn${i + 1}`, out),
      ]),
      ...linearSpecs('fc', last, labelsOf(config), { initial, initialBias: initial }),
    ];
  },
  forward(run, config, { images }: ImageInputs): ConvolutionalOutput {
    let x = channelsLast(imagesOf('cnn', images, config.num_channels));
    const hiddenStates = config.hidden_sizes.map((_, i) => {
      const y = convLast(run, `conv${i + 1}`, x, { stride: strideOf(config, i), padding: 1 });
      x = relu(batchNormLast(run, `bn${i + 1}`, y));
      return channelsFirst(x);
    });
    const features = mean(x, { axes: [1, 2] });
    return { logits: linear(run, 'fc', features), features, hiddenStates, buffers: run.buffers };
  },
  rename: (name) => (name.endsWith('.num_batches_tracked') ? undefined : name),
  isHead: (name) => name.startsWith('fc.'),
});
