/**
 * Operations that move elements without computing: reshape, transpose, broadcast.
 *
 * @module
 */
import { type Attributes, single, typed } from '../core/operation.js';
import {
  broadcastShapes,
  broadcastStrides,
  Mismatch,
  type Shape,
  sameShape,
  show,
  sizeOf,
  stridesOf,
  walk,
} from '../core/shape.js';
import { apply, callError, type Tensor, tensor, type Value } from '../core/tensor.js';
import { axisOf, sumTo } from './reduce.js';

interface ShapeAttributes extends Attributes {
  readonly shape: Shape;
}

interface OrderAttributes extends Attributes {
  readonly order: readonly number[];
}

/** Reads `values` at strided offsets in the order of `shape`. */
export function gatherStrided(
  values: Float64Array,
  shape: Shape,
  strides: readonly number[],
  start = 0,
): Float64Array {
  const result = new Float64Array(sizeOf(shape));
  walk(shape, [strides], (i, [from]) => {
    result[i] = values[start + from!]!;
  });
  return result;
}

/** The entries of this file. */
export const shapeOperations = {
  reshape: single<ShapeAttributes>({
    name: 'reshape',
    summary: 'the same elements in another shape',
    derivative: 'reshape(g)',
    infer: ([x], { shape }) => {
      if (sizeOf(shape) !== sizeOf(x!.shape))
        throw new Mismatch(`${sizeOf(x!.shape)} elements do not fill shape ${show(shape)}`);
      return typed(shape, x!.dtype);
    },
    gradient: (g, { inputs: [x] }) => [reshape(g, x!.shape)],
    lower: (emitter, [x], { attributes: { shape } }) =>
      emitter.node('Reshape', [x!, emitter.ints(shape)], { allowzero: 1 }),
    evaluate: ([x]) => x!.values,
  }),
  transpose: single<OrderAttributes>({
    name: 'transpose',
    summary: 'axes in another order',
    derivative: 'g in the former order',
    infer: ([x], { order }) => {
      if (order.length !== x!.shape.length || new Set(order).size !== order.length)
        throw new Mismatch(`the order ${show(order)} is no permutation of ${x!.shape.length} axes`);
      return typed(
        order.map((axis) => x!.shape[axis]!),
        x!.dtype,
      );
    },
    gradient: (g, { attributes: { order } }) => {
      const back = new Array<number>(order.length);
      for (const [to, from] of order.entries()) back[from] = to;
      return [transpose(g, back)];
    },
    lower: (emitter, [x], { attributes: { order } }) => emitter.node('Transpose', [x!], { perm: order }),
    evaluate: ([x], { outputs, attributes: { order } }) => {
      const strides = stridesOf(x!.shape);
      return gatherStrided(
        x!.values,
        outputs[0]!.shape,
        order.map((axis) => strides[axis]!),
      );
    },
  }),
  broadcast: single<ShapeAttributes>({
    name: 'broadcast',
    summary: 'stretched to a shape',
    derivative: 'g, summed to the former shape',
    infer: ([x], { shape }) => {
      if (!sameShape(broadcastShapes(x!.shape, shape), shape))
        throw new Mismatch(`${show(x!.shape)} does not stretch to ${show(shape)}`);
      return typed(shape, x!.dtype);
    },
    gradient: (g, { inputs: [x] }) => [sumTo(g, x!.shape)],
    lower: (emitter, [x], { attributes: { shape } }) => emitter.node('Expand', [x!, emitter.ints(shape)]),
    evaluate: ([x], { attributes: { shape } }) =>
      gatherStrided(x!.values, shape, broadcastStrides(x!.shape, shape)),
  }),
};

/** The same elements in `shape`; one length may be −1 and is worked out. */
export function reshape(x: Value, shape: Shape): Tensor {
  const given = tensor(x);
  const free = shape.indexOf(-1);
  let full = shape;
  if (free >= 0) {
    const rest = shape.reduce((n, length, i) => (i === free ? n : n * length), 1);
    full = shape.with(free, rest === 0 ? 0 : given.size / rest);
  }
  if (!full.every((length) => Number.isInteger(length) && length >= 0))
    throw callError(
      'reshape',
      `${given.size} elements do not fill shape ${show(shape)}`,
      'DIMENSION_MISMATCH',
    );
  return sameShape(full, given.shape) ? given : apply(shapeOperations.reshape, [given], { shape: full });
}

/** Axes in another order. Default: reversed. */
export function transpose(x: Value, order?: readonly number[]): Tensor {
  const given = tensor(x);
  const axes = order
    ? order.map((axis) => axisOf('transpose', axis, given.rank))
    : given.shape.map((_, axis) => given.rank - 1 - axis);
  if (axes.length === given.rank && axes.every((axis, i) => axis === i)) return given;
  return apply(shapeOperations.transpose, [given], { order: axes });
}

/** Two axes exchanged. Default: the last two. */
export function swapAxes(x: Value, a = -2, b = -1): Tensor {
  const given = tensor(x);
  const order = given.shape.map((_, axis) => axis);
  const [i, j] = [axisOf('swapAxes', a, given.rank), axisOf('swapAxes', b, given.rank)];
  order[i] = j;
  order[j] = i;
  return transpose(given, order);
}

/** `x` stretched to `shape` by the rule of broadcasting. */
export function broadcastTo(x: Value, shape: Shape): Tensor {
  const given = tensor(x);
  return sameShape(given.shape, shape) ? given : apply(shapeOperations.broadcast, [given], { shape });
}

/** A new axis of length 1 before `axis` (−1: at the end). */
export function expandDims(x: Value, axis: number): Tensor {
  const given = tensor(x);
  const at = axisOf('expandDims', axis, given.rank + 1);
  return reshape(given, given.shape.toSpliced(at, 0, 1));
}

/** Without axes of length 1. Default: all such axes. */
export function squeeze(x: Value, axis?: number): Tensor {
  const given = tensor(x);
  if (axis === undefined)
    return reshape(
      given,
      given.shape.filter((length) => length !== 1),
    );
  const at = axisOf('squeeze', axis, given.rank);
  if (given.shape[at] !== 1)
    throw callError(
      'squeeze',
      `axis ${axis} of ${show(given.shape)} has length ${given.shape[at]}, not 1`,
      'DIMENSION_MISMATCH',
    );
  return reshape(given, given.shape.toSpliced(at, 1));
}

/** All axes from `axis` (default 0) on as one. */
export function flatten(x: Value, axis = 0): Tensor {
  const given = tensor(x);
  return reshape(given, [...given.shape.slice(0, axis), sizeOf(given.shape.slice(axis))]);
}
