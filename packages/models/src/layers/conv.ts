/**
 * Convolutions and their batch normalization (Ioffe and Szegedy, ICML 2015).
 *
 * @module
 */
import {
  add,
  type ConvOptions,
  conv2d,
  conv2dLast,
  customVjp,
  mean,
  mul,
  reshape,
  rsqrt,
  type Shape,
  stopGradient,
  sub,
  sum,
  type Tensor,
  tensor,
  transpose,
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

/** Shows a value to a tap as `[batch, channels, …]` when the layers keep channels last. */
function tapLast(run: Run, site: string, x: Tensor): Tensor {
  if (run.options.tap === undefined) return x;
  const first = channelsFirst(x);
  const seen = run.tap(site, first);
  return seen === first ? x : channelsLast(seen);
}

/** `[batch, height, width, channels]` of `[batch, channels, height, width]`. */
export const channelsLast = (x: Tensor): Tensor => transpose(x, [0, 2, 3, 1]);
/** The inverse of {@link channelsLast}. */
export const channelsFirst = (x: Tensor): Tensor => transpose(x, [0, 3, 1, 2]);

/** {@link conv} of `[batch, height, width, channels]`. */
export function convLast(
  run: Run,
  name: string,
  x: Tensor,
  options: Pick<ConvOptions, 'stride' | 'padding'>,
): Tensor {
  const seen = tapLast(run, `${name}.in`, x);
  return tapLast(run, `${name}.out`, conv2dLast(seen, run.weight(`${name}.weight`), options));
}

/** {@link batchNorm} of `[batch, height, width, channels]`. */
export function batchNormLast(run: Run, name: string, x: Tensor): Tensor {
  return tapLast(run, `${name}.out`, normalized(run, name, x, x.rank - 1));
}

/**
 * Normalizes every channel: in training by the batch's own mean and (biased) variance, through which gradients flow, while
 * the running ones move a tenth of the way towards the batch's (unbiased) in `run.buffers`; else by the running ones.
 *
 * @param x - `[batch, channels, …]`
 * @throws FletchError `INVALID_ARGUMENT` for a training batch with one number a channel: it has no variance
 */
export function batchNorm(run: Run, name: string, x: Tensor): Tensor {
  return run.tap(`${name}.out`, normalized(run, name, x, 1));
}

function normalized(run: Run, name: string, x: Tensor, axis: number): Tensor {
  const channels = x.shape[axis]!;
  const stretched: Shape = x.shape.map((n, i) => (i === axis ? n : 1));
  const wide = (v: Tensor) => reshape(v, stretched);
  const [weight, bias] = [run.weight(`${name}.weight`), run.weight(`${name}.bias`)];
  const [oldMean, oldVariance] = [run.weight(`${name}.running_mean`), run.weight(`${name}.running_var`)];
  if (!run.options.training) {
    const scale = mul(weight, rsqrt(add(oldVariance, EPSILON)));
    const shift = sub(bias, mul(oldMean, scale));
    return add(mul(x, wide(scale)), wide(shift));
  }
  const count = x.size / channels;
  if (count < 2)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `${name}: batch normalization in training needs two or more numbers a channel, not shape [${x.shape}]: take a larger batch.`,
    );
  const over = { axes: x.shape.flatMap((_, i) => (i === axis ? [] : [i])), keepDims: true };
  const centre = mean(x, over);
  const centred = sub(x, centre);
  const variance = mean(mul(centred, centred), over);
  const moved = (old: Tensor, now: Tensor) =>
    stopGradient(add(mul(old, 1 - MOMENTUM), mul(reshape(now, [channels]), MOMENTUM)));
  run.buffers[`${name}.running_mean`] = moved(oldMean, centre);
  run.buffers[`${name}.running_var`] = moved(oldVariance, mul(variance, count / (count - 1)));
  const inverse = rsqrt(add(variance, EPSILON));
  const standard = mul(centred, inverse);
  // The sums that the gradients of scale and shift are serve that of x as well.
  return customVjp<[Tensor, Tensor, Tensor]>(
    (_: Tensor, scale: Tensor, shift: Tensor) => add(mul(standard, wide(scale)), wide(shift)),
    (g, [, scale]) => {
      const [total, along] = [sum(g, over), sum(mul(g, standard), over)];
      const factor = mul(wide(scale), inverse);
      const less = add(mul(standard, mul(along, 1 / count)), mul(total, 1 / count));
      return [mul(sub(g, less), factor), reshape(along, [channels]), reshape(total, [channels])];
    },
  )(x, weight, bias);
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
