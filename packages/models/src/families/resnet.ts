/**
 * Residual networks (He et al., CVPR 2016), with torchvision's names: `layer1.0.conv1.weight`.
 *
 * @module
 */
import { add, maxPool, mean, relu, type Tensor } from '@fletch/array';
import { z } from 'zod';
import { type ConfigOf, checkLabels, defineFamily, field, labelFields, labelsOf } from '../family.js';
import { batchNorm, batchNormSpecs, conv, convSpecs, imagesOf } from '../layers/conv.js';
import { linear, linearSpecs } from '../layers/dense.js';
import { type ParameterSpec, uniform } from '../parameters.js';
import type { Run } from '../run.js';
import type { ConvolutionalOutput, ImageInputs } from './cnn.js';

const fields = {
  num_channels: field.count(3),
  /** Channels after the stem. */
  embedding_size: field.count(64),
  /** Channels after each stage. */
  hidden_sizes: z.array(z.int().positive()).min(1).default([256, 512, 1024, 2048]),
  /** Blocks of each stage. */
  depths: z.array(z.int().positive()).min(1).default([3, 4, 6, 3]),
  layer_type: z.enum(['basic', 'bottleneck']).default('bottleneck'),
  hidden_act: field.only('relu'),
  downsample_in_first_stage: field.flag(false),
  downsample_in_bottleneck: field.only(false),
  /** `large`: 7 × 7 with stride 2, then pooling; `small` (CIFAR, MNIST): 3 × 3 with stride 1, no pooling. */
  stem: z.enum(['large', 'small']).default('large'),
  ...labelFields,
};

/** A residual network's `config.json`: Hugging Face's fields, and the stem. */
export type ResnetConfig = ConfigOf<typeof fields>;

/** The fields of the usual networks. */
export const resnetSizes = {
  18: { layer_type: 'basic', depths: [2, 2, 2, 2], hidden_sizes: [64, 128, 256, 512] },
  34: { layer_type: 'basic', depths: [3, 4, 6, 3], hidden_sizes: [64, 128, 256, 512] },
  50: { layer_type: 'bottleneck', depths: [3, 4, 6, 3], hidden_sizes: [256, 512, 1024, 2048] },
} as const;

interface Block {
  readonly name: string;
  readonly inner: number;
  readonly out: number;
  readonly stride: number;
  /** Whether the short cut has a convolution. */
  readonly shortcut: boolean;
}

/** The blocks of each stage. */
function stagesOf(config: ResnetConfig): Block[][] {
  let inner = config.embedding_size;
  return config.hidden_sizes.map((out, stage) =>
    Array.from({ length: config.depths[stage]! }, (_, i) => {
      const stride = i === 0 && (stage > 0 || config.downsample_in_first_stage) ? 2 : 1;
      const shortcut = stride !== 1 || inner !== out;
      const block = { name: `layer${stage + 1}.${i}`, inner, out, stride, shortcut };
      inner = out;
      return block;
    }),
  );
}

/** Kernel, channels and stride of the convolutions of a block. */
function convolutionsOf(config: ResnetConfig, { inner, out, stride }: Block) {
  if (config.layer_type === 'basic')
    return [
      { inner, out, kernel: 3, stride },
      { inner: out, out, kernel: 3, stride: 1 },
    ];
  const narrow = out / 4;
  return [
    { inner, out: narrow, kernel: 1, stride: 1 },
    { inner: narrow, out: narrow, kernel: 3, stride },
    { inner: narrow, out, kernel: 1, stride: 1 },
  ];
}

function block(run: Run, config: ResnetConfig, given: Block, x: Tensor): Tensor {
  const { name, stride, shortcut } = given;
  const convolutions = convolutionsOf(config, given);
  let y = x;
  for (const [i, { kernel, stride: step }] of convolutions.entries()) {
    y = conv(run, `${name}.conv${i + 1}`, y, { stride: step, padding: (kernel - 1) / 2 });
    y = batchNorm(run, `${name}.bn${i + 1}`, y);
    if (i < convolutions.length - 1) y = relu(y);
  }
  const short = shortcut
    ? batchNorm(run, `${name}.downsample.1`, conv(run, `${name}.downsample.0`, x, { stride }))
    : x;
  return run.tap(`${name}.out`, relu(add(y, short)));
}

function parameters(config: ResnetConfig): ParameterSpec[] {
  const blocks = stagesOf(config).flat();
  const last = config.hidden_sizes.at(-1)!;
  const initial = uniform(1 / Math.sqrt(last));
  return [
    ...convSpecs('conv1', config.num_channels, config.embedding_size, config.stem === 'large' ? 7 : 3),
    ...batchNormSpecs('bn1', config.embedding_size),
    ...blocks.flatMap((one) => [
      ...convolutionsOf(config, one).flatMap(({ inner, out, kernel }, i) => [
        ...convSpecs(`${one.name}.conv${i + 1}`, inner, out, kernel),
        ...batchNormSpecs(`${one.name}.bn${i + 1}`, out),
      ]),
      ...(one.shortcut
        ? [
            ...convSpecs(`${one.name}.downsample.0`, one.inner, one.out, 1),
            ...batchNormSpecs(`${one.name}.downsample.1`, one.out),
          ]
        : []),
    ]),
    ...linearSpecs('fc', last, labelsOf(config), { initial, initialBias: initial }),
  ];
}

/** Hugging Face's names as torchvision's. */
function rename(name: string, config: ResnetConfig): string | undefined {
  if (name.endsWith('.num_batches_tracked')) return undefined;
  const last = config.layer_type === 'basic' ? 2 : 3;
  return name
    .replace(/^(resnet\.)?embedder\.embedder\.convolution\./, 'conv1.')
    .replace(/^(resnet\.)?embedder\.embedder\.normalization\./, 'bn1.')
    .replace(
      /^(resnet\.)?encoder\.stages\.(\d+)\.layers\.(\d+)\./,
      (_, __, stage, i) => `layer${Number(stage) + 1}.${i}.`,
    )
    .replace(/\.shortcut\.convolution\./, '.downsample.0.')
    .replace(/\.shortcut\.normalization\./, '.downsample.1.')
    .replace(/\.layer\.(\d)\.convolution\./, (all, i) => (Number(i) < last ? `.conv${Number(i) + 1}.` : all))
    .replace(/\.layer\.(\d)\.normalization\./, (all, i) => (Number(i) < last ? `.bn${Number(i) + 1}.` : all))
    .replace(/^classifier\.1\./, 'fc.');
}

/** Residual networks; {@link resnetSizes} has the fields of the usual ones. */
export const resnet = defineFamily({
  name: 'resnet',
  title: 'A residual network',
  architectures: ['ResNetForImageClassification'],
  fields,
  check: (config) => [
    ...checkLabels(config),
    ...(config.depths.length === config.hidden_sizes.length
      ? []
      : [`depths: there are ${config.depths.length} for ${config.hidden_sizes.length} hidden_sizes`]),
    ...(config.layer_type === 'basic'
      ? []
      : config.hidden_sizes.filter((n) => n % 4 !== 0).map((n) => `hidden_sizes: ${n} does not divide by 4`)),
  ],
  parameters,
  forward(run, config, { images }: ImageInputs): ConvolutionalOutput {
    const large = config.stem === 'large';
    const given = imagesOf('resnet', images, config.num_channels);
    const y = conv(run, 'conv1', given, large ? { stride: 2, padding: 3 } : { padding: 1 });
    let x = relu(batchNorm(run, 'bn1', y));
    if (large) x = maxPool(x, 3, { stride: 2, padding: 1 });
    const hiddenStates = stagesOf(config).map((blocks) => {
      for (const one of blocks) x = block(run, config, one, x);
      return x;
    });
    const features = mean(x, { axes: [2, 3] });
    return { logits: linear(run, 'fc', features), features, hiddenStates, buffers: run.buffers };
  },
  rename,
  isHead: (name) => name.startsWith('fc.'),
});
