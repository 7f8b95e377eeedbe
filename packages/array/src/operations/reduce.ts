/**
 * Reductions along axes.
 *
 * @module
 */
import { isFloating } from '../core/dtype.js';
import { type Attributes, type Operation, type Reference, single, typed } from '../core/operation.js';
import {
  Mismatch,
  normalizeAxes,
  normalizeAxis,
  reducedShape,
  type Shape,
  sameShape,
  sizeOf,
  stridesOf,
  walk,
} from '../core/shape.js';
import { apply, callError, type Tensor, tensor, type Value } from '../core/tensor.js';
import { div, equal, mul, neg, sub } from './binary.js';
import { cast } from './cast.js';
import { broadcastTo, reshape } from './shape.js';
import { sqrt } from './unary.js';

interface ReduceAttributes extends Attributes {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

/** Which axes a reduction takes, and whether they stay with length 1. */
export interface ReduceOptions {
  /** Default: all of them. Negative axes count from the back. */
  readonly axes?: number | readonly number[];
  /** Default: false. */
  readonly keepDims?: boolean;
}

/** Folds every group of elements that fall together when `axes` vanish. */
function fold(
  x: Reference,
  axes: readonly number[],
  start: number,
  f: (total: number, value: number) => number,
): Float64Array {
  const kept = reducedShape(x.shape, axes, true);
  const strides = stridesOf(kept).map((stride, axis) => (axes.includes(axis) ? 0 : stride));
  const result = new Float64Array(sizeOf(kept)).fill(start);
  walk(x.shape, [strides], (i, [to]) => {
    result[to!] = f(result[to!]!, x.values[i]!);
  });
  return result;
}

interface Rule {
  readonly summary: string;
  readonly derivative: string;
  readonly onnx: string;
  readonly start: number;
  readonly fold: (total: number, value: number) => number;
  readonly gradient: (g: Tensor, x: Tensor, y: Tensor, axes: readonly number[]) => Tensor;
}

function reduction(name: string, rule: Rule): Operation<ReduceAttributes> {
  return single<ReduceAttributes>({
    name,
    summary: rule.summary,
    derivative: rule.derivative,
    infer: ([x], { axes, keepDims }) => {
      if (x!.dtype === 'bool') throw new Mismatch(`bool has no ${name}: cast it first`);
      if (rule.start !== 0 && axes.some((axis) => x!.shape[axis] === 0))
        throw new Mismatch(`nothing to take the ${name} of`);
      return typed(reducedShape(x!.shape, axes, keepDims), x!.dtype);
    },
    gradient: (g, { inputs: [x], outputs: [y], attributes: { axes } }) => {
      const kept = reducedShape(x!.shape, axes, true);
      return [rule.gradient(reshape(g, kept), x!, reshape(y!, kept), axes)];
    },
    lower: (emitter, [x], { attributes: { axes, keepDims } }) =>
      emitter.node(rule.onnx, [x!, emitter.ints(axes)], {
        keepdims: Number(keepDims),
        noop_with_empty_axes: 1,
      }),
    evaluate: ([x], { attributes: { axes } }) => fold(x!, axes, rule.start, rule.fold),
  });
}

/** The gradient of an extremum is shared equally by all elements that attain it. */
function extremumGradient(g: Tensor, x: Tensor, y: Tensor, axes: readonly number[]): Tensor {
  const attains = cast(equal(x, y), x.dtype);
  return mul(attains, div(g, sum(attains, { axes, keepDims: true })));
}

interface AxisAttributes extends Attributes {
  readonly axis: number;
  readonly keepDims: boolean;
}

/** The entries of this file. */
export const reduceOperations = {
  sum: reduction('sum', {
    summary: 'sum along axes',
    derivative: 'g, stretched',
    onnx: 'ReduceSum',
    start: 0,
    fold: (total, value) => total + value,
    gradient: (g, x) => broadcastTo(g, x.shape),
  }),
  max: reduction('max', {
    summary: 'largest along axes',
    derivative: 'g, shared by the elements that attain it',
    onnx: 'ReduceMax',
    start: -Infinity,
    fold: Math.max,
    gradient: extremumGradient,
  }),
  min: reduction('min', {
    summary: 'smallest along axes',
    derivative: 'g, shared by the elements that attain it',
    onnx: 'ReduceMin',
    start: Infinity,
    fold: Math.min,
    gradient: extremumGradient,
  }),
  argmax: single<AxisAttributes>({
    name: 'argmax',
    summary: 'position of the first largest along an axis, int32',
    derivative: '',
    infer: ([x], { axis, keepDims }) => {
      if (x!.dtype === 'bool' || x!.dtype === 'int64')
        throw new Mismatch(`${x!.dtype} has no argmax: cast it first`);
      if (x!.shape[axis] === 0) throw new Mismatch('nothing to take the argmax of');
      return typed(reducedShape(x!.shape, [axis], keepDims), 'int32');
    },
    gradient: null,
    lower: (emitter, [x], { attributes: { axis, keepDims } }) =>
      emitter.node('Cast', [emitter.node('ArgMax', [x!], { axis, keepdims: Number(keepDims) })], { to: 6 }),
    evaluate: ([x], { attributes: { axis } }) => {
      const stride = stridesOf(x!.shape)[axis]!;
      const best = fold(x!, [axis], -Infinity, Math.max);
      const result = new Float64Array(best.length).fill(-1);
      const length = x!.shape[axis]!;
      for (let i = 0; i < x!.values.length; i++) {
        const to = Math.floor(i / (stride * length)) * stride + (i % stride);
        if (result[to] === -1 && x!.values[i] === best[to]) result[to] = Math.floor(i / stride) % length;
      }
      return result;
    },
  }),
};

function reduce(name: 'sum' | 'max' | 'min', x: Value, options: ReduceOptions): Tensor {
  const given = tensor(x);
  return apply(reduceOperations[name], [given], {
    axes: axesOf(name, options.axes, given.rank),
    keepDims: options.keepDims ?? false,
  });
}

/** Normalized axes; a wrong axis is the caller's error. */
export function axesOf(name: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  try {
    return normalizeAxes(axes, rank);
  } catch (cause) {
    throw callError(name, (cause as Error).message, 'DIMENSION_MISMATCH');
  }
}

/** {@link axesOf} of a single axis. */
export function axisOf(name: string, axis: number, rank: number): number {
  try {
    return normalizeAxis(axis, rank);
  } catch (cause) {
    throw callError(name, (cause as Error).message, 'DIMENSION_MISMATCH');
  }
}

/** Sum along axes (default: all). */
export function sum(x: Value, options: ReduceOptions = {}): Tensor {
  return reduce('sum', x, options);
}

/** Largest along axes (default: all); its gradient is shared by the elements that attain it. */
export function max(x: Value, options: ReduceOptions = {}): Tensor {
  return reduce('max', x, options);
}

/** Smallest along axes (default: all); its gradient is shared by the elements that attain it. */
export function min(x: Value, options: ReduceOptions = {}): Tensor {
  return reduce('min', x, options);
}

/** Mean along axes (default: all) of a floating-point tensor. */
export function mean(x: Value, options: ReduceOptions = {}): Tensor {
  const given = tensor(x);
  if (!isFloating(given.dtype)) throw callError('mean', `${given.dtype} has no mean: cast it first`);
  const axes = axesOf('mean', options.axes, given.rank);
  const count = axes.reduce((n, axis) => n * given.shape[axis]!, 1);
  if (count === 0) throw callError('mean', 'nothing to take the mean of', 'DIMENSION_MISMATCH');
  return mul(sum(given, { ...options, axes }), 1 / count);
}

/**
 * Mean squared distance from the mean along axes (default: all).
 *
 * @param options.correction - subtracted from the count in the divisor. Default 0; 1 is the sample variance
 */
export function variance(x: Value, options: ReduceOptions & { readonly correction?: number } = {}): Tensor {
  const given = tensor(x);
  const axes = axesOf('variance', options.axes, given.rank);
  const count = axes.reduce((n, axis) => n * given.shape[axis]!, 1);
  const centred = sub(given, mean(given, { axes, keepDims: true }));
  return mul(sum(mul(centred, centred), { ...options, axes }), 1 / (count - (options.correction ?? 0)));
}

/** Euclidean length along axes (default: all): √(Σx² + epsilon). Default epsilon 0: no gradient at 0 then. */
export function norm(x: Value, options: ReduceOptions & { readonly epsilon?: number } = {}): Tensor {
  const given = tensor(x);
  const total = sum(mul(given, given), options);
  const { epsilon = 0 } = options;
  return sqrt(epsilon === 0 ? total : sub(total, -epsilon));
}

/** Position of the first largest along `axis` (default −1), `int32`. */
export function argmax(
  x: Value,
  options: { readonly axis?: number; readonly keepDims?: boolean } = {},
): Tensor {
  const given = tensor(x);
  const axis = axisOf('argmax', options.axis ?? -1, given.rank);
  return apply(reduceOperations.argmax, [given], { axis, keepDims: options.keepDims ?? false });
}

/** Position of the first smallest along `axis` (default −1), `int32`. */
export function argmin(
  x: Value,
  options: { readonly axis?: number; readonly keepDims?: boolean } = {},
): Tensor {
  return argmax(neg(x), options);
}

/** Sums a cotangent down to the shape that was broadcast. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const lead = x.rank - shape.length;
  const axes = x.shape.flatMap((length, axis) =>
    axis < lead || (shape[axis - lead] === 1 && length !== 1) ? [axis] : [],
  );
  return reshape(sum(x, { axes, keepDims: false }), shape);
}

/** Whether all elements along the axes hold. */
export function all(x: Value, options: ReduceOptions = {}): Tensor {
  return cast(min(cast(x, 'int32'), options), 'bool');
}

/** Whether any element along the axes holds. */
export function any(x: Value, options: ReduceOptions = {}): Tensor {
  return cast(max(cast(x, 'int32'), options), 'bool');
}
