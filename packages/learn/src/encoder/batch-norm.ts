/**
 * Normalization by the statistics of a batch (Ioffe and Szegedy, ICML 2015).
 *
 * @module
 */
import { add, mean, mul, rsqrt, sub, type Tensor } from '@fletch/array';

/**
 * Columns less their mean, divided by their standard deviation (the variance divided by the count, plus epsilon). The
 * gradient flows through both.
 *
 * @param x - `[count, width]`
 * @param epsilon - default 1e-5
 */
export function byBatch(x: Tensor, epsilon = 1e-5): Tensor {
  const centred = sub(x, mean(x, { axes: 0, keepDims: true }));
  const variance = mean(mul(centred, centred), { axes: 0, keepDims: true });
  return mul(centred, rsqrt(add(variance, epsilon)));
}
