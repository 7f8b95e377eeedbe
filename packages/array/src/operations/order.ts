/**
 * Operations along an axis that depend on order: top-k, sorting, running sums.
 *
 * @module
 */
import { type Attributes, single, typed } from '../core/operation.js';
import { Mismatch, stridesOf } from '../core/shape.js';
import { apply, type Tensor, tensor, type Value } from '../core/tensor.js';
import { takeAlongAxis } from './gather.js';
import { axisOf } from './reduce.js';

interface TopKAttributes extends Attributes {
  readonly axis: number;
  readonly k: number;
  readonly largest: boolean;
}

interface CumsumAttributes extends Attributes {
  readonly axis: number;
  /** Each sum leaves out its own element. */
  readonly exclusive: boolean;
  /** Sums run from the end. */
  readonly reverse: boolean;
}

/** Calls `visit` with the first offset of every line along `axis`, the step and the number of steps. */
function lines(
  shape: readonly number[],
  axis: number,
  visit: (start: number, step: number, length: number) => void,
): void {
  const step = stridesOf(shape)[axis]!;
  const length = shape[axis]!;
  const size = shape.reduce((a, b) => a * b, 1);
  for (let outer = 0; outer < size; outer += step * length)
    for (let inner = 0; inner < step; inner++) visit(outer + inner, step, length);
}

/** The entries of this file. */
export const orderOperations = {
  topkPositions: single<TopKAttributes>({
    name: 'topkPositions',
    summary: 'positions of the k largest (or smallest) along an axis, in order, int32',
    derivative: '',
    infer: ([x], { axis, k }) => {
      if (x!.dtype === 'bool') throw new Mismatch('bool has no order: cast it first');
      if (!Number.isInteger(k) || k < 1 || k > x!.shape[axis]!)
        throw new Mismatch(`k = ${k} of an axis of length ${x!.shape[axis]}`);
      return typed(x!.shape.with(axis, k), 'int32');
    },
    gradient: null,
    lower: (emitter, [x], { attributes: { axis, k, largest } }) => {
      const [, positions] = emitter.nodes('TopK', [x!, emitter.ints([k])], 2, {
        axis,
        largest: Number(largest),
        sorted: 1,
      });
      return emitter.node('Cast', [positions!], { to: 6 });
    },
    evaluate: ([x], { outputs: [y], attributes: { axis, k, largest } }) => {
      const result = new Float64Array(y!.size);
      const targets: [number, number][] = [];
      lines(y!.shape, axis, (start, step) => targets.push([start, step]));
      let line = 0;
      lines(x!.shape, axis, (start, step, length) => {
        const at = (i: number) => x!.values[start + i * step]!;
        const sorted = Array.from({ length }, (_, i) => i).sort(
          (a, b) => (largest ? at(b) - at(a) : at(a) - at(b)) || a - b,
        );
        const [to, toStep] = targets[line++]!;
        for (let i = 0; i < k; i++) result[to + i * toStep] = sorted[i]!;
      });
      return result;
    },
  }),
  cumsum: single<CumsumAttributes>({
    name: 'cumsum',
    summary: 'running sum along an axis',
    derivative: 'running sum of g from the other end',
    infer: ([x]) => {
      if (x!.dtype === 'bool') throw new Mismatch('bool has no cumsum: cast it first');
      return x!;
    },
    gradient: (g, { attributes }): Tensor[] => [
      apply(orderOperations.cumsum, [g], { ...attributes, reverse: !attributes.reverse }),
    ],
    lower: (emitter, [x], { attributes: { axis, exclusive, reverse } }) =>
      emitter.node('CumSum', [x!, emitter.scalar(axis, 'int64')], {
        exclusive: Number(exclusive),
        reverse: Number(reverse),
      }),
    evaluate: ([x], { attributes: { axis, exclusive, reverse } }) => {
      const result = new Float64Array(x!.values.length);
      lines(x!.shape, axis, (start, step, length) => {
        let total = 0;
        for (let i = 0; i < length; i++) {
          const at = start + (reverse ? length - 1 - i : i) * step;
          const before = total;
          total += x!.values[at]!;
          result[at] = exclusive ? before : total;
        }
      });
      return result;
    },
  }),
};

/** Which end {@link topk} and {@link argsort} take, and along which axis. */
export interface OrderOptions {
  /** Default −1. */
  readonly axis?: number;
  /** Default: true for `topk`, false for `sort` and `argsort`. */
  readonly largest?: boolean;
}

/** The k largest (or smallest) along an axis, in order, and their positions (`int32`). Equal ones keep their order. */
export function topk(x: Value, k: number, options: OrderOptions = {}): { values: Tensor; positions: Tensor } {
  const given = tensor(x);
  const axis = axisOf('topk', options.axis ?? -1, given.rank);
  const positions = apply(orderOperations.topkPositions, [given], {
    axis,
    k,
    largest: options.largest ?? true,
  });
  return { values: takeAlongAxis(given, positions, axis), positions };
}

/** Positions that sort `x` along an axis, smallest first unless `largest`. */
export function argsort(x: Value, options: OrderOptions = {}): Tensor {
  const given = tensor(x);
  const axis = axisOf('argsort', options.axis ?? -1, given.rank);
  return apply(orderOperations.topkPositions, [given], {
    axis,
    k: given.shape[axis]!,
    largest: options.largest ?? false,
  });
}

/** `x` sorted along an axis, smallest first unless `largest`. */
export function sort(x: Value, options: OrderOptions = {}): Tensor {
  const given = tensor(x);
  return takeAlongAxis(given, argsort(given, options), options.axis ?? -1);
}

/** Running sum along an axis (default −1). */
export function cumsum(
  x: Value,
  options: { readonly axis?: number; readonly exclusive?: boolean; readonly reverse?: boolean } = {},
): Tensor {
  const given = tensor(x);
  const { axis = -1, exclusive = false, reverse = false } = options;
  return apply(orderOperations.cumsum, [given], {
    axis: axisOf('cumsum', axis, given.rank),
    exclusive,
    reverse,
  });
}
