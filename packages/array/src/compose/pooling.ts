/**
 * Pooling over the axes after batch and channels.
 *
 * @module
 */
import { callError, type Tensor, tensor, type Value } from '../core/tensor.js';
import { mul } from '../operations/binary.js';
import { perAxis, unfold } from '../operations/conv.js';
import { max, mean, sum } from '../operations/reduce.js';
import { reshape } from '../operations/shape.js';

/** How a pool's window moves; one number stands for all axes. */
export interface PoolOptions {
  /** Default: the window's size. */
  readonly stride?: number | readonly number[];
  /** Places outside on both sides; they never win a maximum and count as 0 in a mean. Default 0. */
  readonly padding?: number | readonly number[];
}

function pool(
  name: string,
  x: Value,
  size: number | readonly number[],
  options: PoolOptions,
  outside: number,
): Tensor {
  const given = tensor(x);
  const rank = given.rank - 2;
  if (rank < 1)
    throw callError(name, `${String(given)} has no axes after batch and channels`, 'DIMENSION_MISMATCH');
  const kernel = perAxis(name, size, rank, 1);
  const strides = options.stride === undefined ? kernel : perAxis(name, options.stride, rank, 1);
  const padding = perAxis(name, options.padding, rank, 0);
  const fits = kernel.every((k, i) => k > 0 && k <= given.shape[i + 2]! + 2 * padding[i]!);
  if (!fits)
    throw callError(
      name,
      `a window of ${kernel.join(' × ')} does not fit ${String(given)}`,
      'DIMENSION_MISMATCH',
    );
  return unfold(
    given,
    kernel,
    { strides, dilations: kernel.map(() => 1), before: padding, after: padding },
    outside,
  );
}

/** Windows that neither overlap nor leave a rest: axes can be split instead of copied. */
function tiles(x: Tensor, size: number | readonly number[], options: PoolOptions): Tensor | undefined {
  const rank = x.rank - 2;
  const kernel = typeof size === 'number' ? Array<number>(rank).fill(size) : size;
  const plain = options.stride === undefined && options.padding === undefined;
  if (!plain || rank < 1 || !kernel.every((k, i) => k > 0 && x.shape[i + 2]! % k === 0)) return undefined;
  return reshape(x, [...x.shape.slice(0, 2), ...kernel.flatMap((k, i) => [x.shape[i + 2]! / k, k])]);
}

const tileAxes = (x: Tensor) => Array.from({ length: (x.rank - 2) / 2 }, (_, i) => 2 * i + 3);

/**
 * Largest of each window; equal ones share the gradient.
 *
 * @param x - `[batch, channels, …]`
 */
export function maxPool(x: Value, size: number | readonly number[], options: PoolOptions = {}): Tensor {
  const tiled = tiles(tensor(x), size, options);
  if (tiled !== undefined) return max(tiled, { axes: tileAxes(tiled) });
  return max(pool('maxPool', x, size, options, -3.4e38), { axes: 2 });
}

/**
 * Mean of each window.
 *
 * @param x - `[batch, channels, …]`
 */
export function averagePool(x: Value, size: number | readonly number[], options: PoolOptions = {}): Tensor {
  const tiled = tiles(tensor(x), size, options);
  if (tiled !== undefined) return mean(tiled, { axes: tileAxes(tiled) });
  const windows = pool('averagePool', x, size, options, 0);
  return mul(sum(windows, { axes: 2 }), 1 / windows.shape[2]!);
}
