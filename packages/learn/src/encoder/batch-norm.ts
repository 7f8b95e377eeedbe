/**
 * Batch normalization (Ioffe and Szegedy, ICML 2015).
 *
 * @module
 */
import { add, mean, mul, ones, reshape, rsqrt, sub, type Tensor, zeros } from '@fletch/array';

const EPSILON = 1e-5;
/** Share of the new batch in the running statistics. */
const MOMENTUM = 0.1;

/** Scale and shift of each channel. */
export type Affine<Leaf> = { readonly weight: Leaf; readonly bias: Leaf };
/** Mean and (unbiased) variance of each channel over the batches seen. */
export type Running<Leaf> = { readonly running_mean: Leaf; readonly running_var: Leaf };

/** Scale 1 and shift 0. */
export const affineOf = (channels: number) => ({ weight: ones([channels]), bias: zeros([channels]) });
/** Mean 0 and variance 1. */
export const runningOf = (channels: number) => ({
  running_mean: zeros([channels]),
  running_var: ones([channels]),
});

const shapeOf = (x: Tensor) => x.shape.map((n, axis) => (axis === 1 ? n : 1));

/**
 * Centred by the batch and divided by its standard deviation (variance divided by the count, plus epsilon), channel by
 * channel. The gradient flows through both.
 *
 * @param x - `[count, channels, …]`
 */
export function byBatch(x: Tensor, epsilon = EPSILON): { y: Tensor; mean: Tensor; variance: Tensor } {
  const axes = x.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  const centre = mean(x, { axes, keepDims: true });
  const centred = sub(x, centre);
  const variance = mean(mul(centred, centred), { axes, keepDims: true });
  return { y: mul(centred, rsqrt(add(variance, epsilon))), mean: centre, variance };
}

/** Normalizes with the batch's statistics; the running ones move towards them. */
export function trainingNorm(
  x: Tensor,
  affine: Affine<Tensor>,
  running?: Running<Tensor>,
): { y: Tensor; running: Running<Tensor> | undefined } {
  const { y, mean: centre, variance } = byBatch(x);
  const scaled = add(mul(y, reshape(affine.weight, shapeOf(x))), reshape(affine.bias, shapeOf(x)));
  if (!running) return { y: scaled, running: undefined };
  const channels = x.shape[1]!;
  const count = x.size / channels;
  const moved = (old: Tensor, now: Tensor) =>
    add(mul(old, 1 - MOMENTUM), mul(reshape(now, [channels]), MOMENTUM));
  return {
    y: scaled,
    running: {
      running_mean: moved(running.running_mean, centre),
      running_var: moved(running.running_var, mul(variance, count / Math.max(1, count - 1))),
    },
  };
}

/** Normalizes with the running statistics. */
export function runningNorm(x: Tensor, affine: Affine<Tensor>, running: Running<Tensor>): Tensor {
  const scale = mul(affine.weight, rsqrt(add(running.running_var, EPSILON)));
  const shift = sub(affine.bias, mul(running.running_mean, scale));
  return add(mul(x, reshape(scale, shapeOf(x))), reshape(shift, shapeOf(x)));
}
