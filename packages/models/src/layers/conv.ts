/**
 * Convolutions and their batch normalization (Ioffe and Szegedy, ICML 2015).
 *
 * @module
 */
import {
  add,
  type ConvOptions,
  conv2d,
  mean,
  mul,
  reshape,
  rsqrt,
  type Shape,
  stopGradient,
  sub,
  type Tensor,
  tensor,
  type Value,
} from '@fletch/array';
import { FletchError } from '@fletch/base';
import { type Initializer, kaiming, type ParameterSpec, unit, zeroed } from '../parameters.js';
import type { Run } from '../run.js';

const EPSILON = 1e-5;
/** Share of a new batch in the running statistics. */
const MOMENTUM = 0.1;

/** A convolution without bias, its weight stored `[out, in, height, width]`. */
export function conv(run: Run, name: string, x: Tensor, options: ConvOptions): Tensor {
  const y = conv2d(run.tap(`${name}.in`, x), run.weight(`${name}.weight`), undefined, options);
  return run.tap(`${name}.out`, y);
}

/**
 * Normalizes every channel: in training by the batch's own mean and (biased) variance, through which gradients flow, while
 * the running ones move a tenth of the way towards the batch's (unbiased) in `run.buffers`; else by the running ones.
 *
 * @param x - `[batch, channels, …]`
 * @throws FletchError `INVALID_ARGUMENT` for a training batch with one number a channel: it has no variance
 */
export function batchNorm(run: Run, name: string, x: Tensor): Tensor {
  const channels = x.shape[1]!;
  const stretched: Shape = x.shape.map((n, axis) => (axis === 1 ? n : 1));
  const wide = (v: Tensor) => reshape(v, stretched);
  const [weight, bias] = [run.weight(`${name}.weight`), run.weight(`${name}.bias`)];
  const [oldMean, oldVariance] = [run.weight(`${name}.running_mean`), run.weight(`${name}.running_var`)];
  if (!run.options.training) {
    const scale = mul(weight, rsqrt(add(oldVariance, EPSILON)));
    const shift = sub(bias, mul(oldMean, scale));
    return run.tap(`${name}.out`, add(mul(x, wide(scale)), wide(shift)));
  }
  const count = x.size / channels;
  if (count < 2)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `${name}: batch normalization in training needs two or more numbers a channel, not shape [${x.shape}]: take a larger batch.`,
    );
  const axes = x.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  const centre = mean(x, { axes, keepDims: true });
  const centred = sub(x, centre);
  const variance = mean(mul(centred, centred), { axes, keepDims: true });
  const moved = (old: Tensor, now: Tensor) =>
    stopGradient(add(mul(old, 1 - MOMENTUM), mul(reshape(now, [channels]), MOMENTUM)));
  run.buffers[`${name}.running_mean`] = moved(oldMean, centre);
  run.buffers[`${name}.running_var`] = moved(oldVariance, mul(variance, count / (count - 1)));
  const factor = mul(wide(weight), rsqrt(add(variance, EPSILON)));
  return run.tap(`${name}.out`, add(mul(centred, factor), wide(bias)));
}

/** The parameter of {@link conv}. */
export function convSpecs(
  name: string,
  inner: number,
  out: number,
  kernel: number,
  initial: Initializer = kaiming,
): ParameterSpec[] {
  return [{ name: `${name}.weight`, shape: [out, inner, kernel, kernel], kind: 'conv', initial }];
}

/** The parameters of {@link batchNorm}: scale 1, shift 0, running mean 0 and variance 1. */
export function batchNormSpecs(name: string, channels: number, scale: Initializer = unit): ParameterSpec[] {
  return [
    { name: `${name}.weight`, shape: [channels], kind: 'scale', initial: scale },
    { name: `${name}.bias`, shape: [channels], kind: 'bias', initial: zeroed },
    { name: `${name}.running_mean`, shape: [channels], kind: 'buffer', initial: zeroed },
    { name: `${name}.running_var`, shape: [channels], kind: 'buffer', initial: unit },
  ];
}

/**
 * Checked images `[batch, channels, height, width]`.
 *
 * @param side - the height and width they must have. Default: any
 */
export function imagesOf(family: string, images: Value, channels: number, side?: number): Tensor {
  const given = tensor(images);
  if (given.rank !== 4 || given.shape[1] !== channels || !given.dtype.startsWith('float'))
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `${family}: images must be floating-point of shape [batch, ${channels}, height, width], not ${given.dtype} of shape [${given.shape}].`,
    );
  const [, , height, width] = given.shape;
  if (side !== undefined && (height !== side || width !== side))
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `${family}: the images are ${height} × ${width}; the model is for ${side} × ${side}. Resize them.`,
    );
  return given;
}
