/**
 * A small convolutional network for small images.
 *
 * @module
 */
import { array, conv2d, mean, type NDArray, relu, type Tensor } from '@fletch/array';
import { FletchError } from '@fletch/base';
import { rng } from '@fletch/linalg';
import { type Affine, affineOf, type Running, runningNorm, runningOf, trainingNorm } from './batch-norm.js';
import type { Encoder, Named } from './encoder.js';

export interface ConvolutionalOptions {
  /** Of the images. Default 1. */
  readonly inputs?: number;
  /** Channels after each layer; the last number is the width of an embedding. Default 16, 32, 64, 128. */
  readonly channels?: readonly number[];
  /** Of each layer. Default 1, then 2. */
  readonly strides?: readonly number[];
  readonly seed: number;
}

/**
 * Layers of 3 × 3 convolution, batch normalization and rectifier, then the mean over all places. Arrays are named
 * `conv1.weight`, `bn1.weight`, `bn1.bias`, `bn1.running_mean`, … Weights are drawn as He et al. (ICCV 2015) do.
 *
 * @throws FletchError `INVALID_ARGUMENT` when there is no layer, or not one stride a layer
 */
export function convolutionalEncoder(options: ConvolutionalOptions): Encoder {
  const { inputs = 1, channels = [16, 32, 64, 128], seed } = options;
  const strides = options.strides ?? channels.map((_, i) => (i === 0 ? 1 : 2));
  const whole = [inputs, ...channels, ...strides].every((n) => Number.isSafeInteger(n) && n > 0);
  if (channels.length === 0 || strides.length !== channels.length || !whole)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `A network needs at least one layer and a stride for each, not channels ${channels} and strides ${strides}.`,
    );
  const random = rng(seed);
  const params: Record<string, Named<NDArray>> = {};
  const stats: Record<string, Named<NDArray>> = {};
  channels.forEach((out, i) => {
    const inner = channels[i - 1] ?? inputs;
    const weight = random.fillNormal(new Float32Array(out * inner * 9));
    const scale = Math.sqrt(2 / (9 * inner));
    params[`conv${i + 1}`] = {
      weight: array(
        weight.map((w) => w * scale),
        'float32',
        [out, inner, 3, 3],
      ),
    };
    params[`bn${i + 1}`] = affineOf(out);
    stats[`bn${i + 1}`] = runningOf(out);
  });
  return {
    width: channels.at(-1)!,
    params,
    stats,
    apply(given, running, images, training) {
      const moved: Record<string, Named<Tensor>> = {};
      let x = images;
      strides.forEach((stride, i) => {
        const { weight } = given[`conv${i + 1}`] as { weight: Tensor };
        const affine = given[`bn${i + 1}`] as Affine<Tensor>;
        const before = running[`bn${i + 1}`] as Running<Tensor>;
        const y = conv2d(x, weight, undefined, { stride, padding: 1 });
        if (training) {
          const normal = trainingNorm(y, affine, before);
          moved[`bn${i + 1}`] = normal.running!;
          x = relu(normal.y);
        } else x = relu(runningNorm(y, affine, before));
      });
      return { features: mean(x, { axes: [2, 3] }), stats: training ? moved : running };
    },
  };
}
