/**
 * Parts of tensors and tensors of parts: slice, pad, concat and what is made of them.
 *
 * @module
 */
import { type Attributes, single, typed } from '../core/operation.js';
import { Mismatch, sameShape, show, sizeOf, stridesOf, walk } from '../core/shape.js';
import { apply, callError, scalar, type Tensor, tensor, tensors, type Value } from '../core/tensor.js';
import { axisOf } from './reduce.js';
import { broadcastTo, expandDims, gatherStrided, reshape, squeeze } from './shape.js';

interface SliceAttributes extends Attributes {
  /** First position along each axis. */
  readonly starts: readonly number[];
  /** Number of positions along each axis. */
  readonly lengths: readonly number[];
  /** Distance between positions; negative walks backwards, never 0. */
  readonly steps: readonly number[];
}

interface PadAttributes extends Attributes {
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly value: number;
}

interface ConcatAttributes extends Attributes {
  readonly axis: number;
}

/** The entries of this file. */
export const sliceOperations = {
  slice: single<SliceAttributes>({
    name: 'slice',
    summary: 'a part of a tensor, with steps',
    derivative: 'g among zeros',
    infer: ([x], { starts, lengths, steps }) => {
      for (const [axis, length] of lengths.entries()) {
        const last = starts[axis]! + (length - 1) * steps[axis]!;
        const whole = x!.shape[axis]!;
        if (length > 0 && (Math.min(starts[axis]!, last) < 0 || Math.max(starts[axis]!, last) >= whole))
          throw new Mismatch(
            `positions ${starts[axis]} to ${last} lie outside axis ${axis} of length ${whole}`,
          );
      }
      return typed(lengths, x!.dtype);
    },
    gradient: (g, { inputs: [x], attributes: { starts, lengths, steps } }): Tensor[] => {
      let back = g;
      for (const [axis, step] of steps.entries()) if (step < 0) back = flip(back, axis);
      for (const [axis, step] of steps.entries())
        if (Math.abs(step) > 1) back = spread(back, axis, Math.abs(step));
      const before = starts.map((start, axis) =>
        lengths[axis] === 0 ? 0 : Math.min(start, start + (lengths[axis]! - 1) * steps[axis]!),
      );
      const after = before.map((start, axis) => x!.shape[axis]! - start - back.shape[axis]!);
      return [apply(sliceOperations.pad, [back], { before, after, value: 0 })];
    },
    lower: (emitter, [x], { inputs, attributes: { starts, lengths, steps } }) => {
      const shape = inputs[0]!.shape;
      const axes = shape.flatMap((whole, axis) =>
        lengths[axis] === whole && steps[axis]! > 0 ? [] : [axis],
      );
      if (axes.length === 0) return emitter.node('Identity', [x!]);
      const ends = axes.map((axis) => {
        if (lengths[axis] === 0) return starts[axis]!;
        const end = starts[axis]! + (lengths[axis]! - 1) * steps[axis]! + Math.sign(steps[axis]!);
        return end < 0 ? -shape[axis]! - 1 : end;
      });
      return emitter.node('Slice', [
        x!,
        emitter.ints(axes.map((axis) => starts[axis]!)),
        emitter.ints(ends),
        emitter.ints(axes),
        emitter.ints(axes.map((axis) => steps[axis]!)),
      ]);
    },
    evaluate: ([x], { attributes: { starts, lengths, steps } }) => {
      const strides = stridesOf(x!.shape);
      const start = starts.reduce((sum, first, axis) => sum + first * strides[axis]!, 0);
      return gatherStrided(
        x!.values,
        lengths,
        strides.map((stride, axis) => stride * steps[axis]!),
        start,
      );
    },
  }),
  pad: single<PadAttributes>({
    name: 'pad',
    summary: 'surrounded by a constant',
    derivative: 'the part of g inside',
    infer: ([x], { before, after }) => {
      if (before.length !== x!.shape.length || after.length !== x!.shape.length)
        throw new Mismatch(`padding for ${before.length} axes, the tensor has ${x!.shape.length}`);
      if (![...before, ...after].every((n) => Number.isInteger(n) && n >= 0))
        throw new Mismatch(`padding ${show(before)}, ${show(after)} must be whole and not negative`);
      return typed(
        x!.shape.map((length, axis) => before[axis]! + length + after[axis]!),
        x!.dtype,
      );
    },
    gradient: (g, { inputs: [x], attributes: { before } }): Tensor[] => [
      apply(sliceOperations.slice, [g], { starts: before, lengths: x!.shape, steps: before.map(() => 1) }),
    ],
    lower: (emitter, [x], { inputs: [given], attributes: { before, after, value } }) =>
      given!.dtype === 'bool'
        ? emitter.node(
            'Cast',
            [
              emitter.node('Pad', [
                emitter.node('Cast', [x!], { to: 6 }),
                emitter.ints([...before, ...after]),
                emitter.scalar(value, 'int32'),
              ]),
            ],
            { to: 9 },
          )
        : emitter.node('Pad', [x!, emitter.ints([...before, ...after]), emitter.scalar(value, given!.dtype)]),
    evaluate: ([x], { outputs: [y], attributes: { before, value } }) => {
      const result = new Float64Array(sizeOf(y!.shape)).fill(value);
      const strides = stridesOf(y!.shape);
      const start = before.reduce((sum, n, axis) => sum + n * strides[axis]!, 0);
      walk(x!.shape, [strides], (i, [to]) => {
        result[start + to!] = x!.values[i]!;
      });
      return result;
    },
  }),
  concat: single<ConcatAttributes>({
    name: 'concat',
    summary: 'tensors one after another along an axis',
    derivative: 'the parts of g',
    infer: (inputs, { axis }) => {
      const first = inputs[0];
      if (first === undefined) throw new Mismatch('nothing to join');
      for (const [i, other] of inputs.entries()) {
        if (other.dtype !== first.dtype)
          throw new Mismatch(`element types ${first.dtype} and ${other.dtype} differ: cast one`);
        if (!sameShape(other.shape.with(axis, 0), first.shape.with(axis, 0)))
          throw new Mismatch(`tensor ${i} differs from tensor 0 beside axis ${axis}`);
      }
      return typed(
        first.shape.with(
          axis,
          inputs.reduce((sum, other) => sum + other.shape[axis]!, 0),
        ),
        first.dtype,
      );
    },
    gradient: (g, { inputs, attributes: { axis } }) => {
      let start = 0;
      return inputs.map((x) => {
        const from = start;
        start += x.shape[axis]!;
        return sliceAxis(g, axis, from, start);
      });
    },
    lower: (emitter, inputs, { attributes: { axis } }) => emitter.node('Concat', inputs, { axis }),
    evaluate: (inputs, { outputs: [y], attributes: { axis } }) => {
      const result = new Float64Array(sizeOf(y!.shape));
      const strides = stridesOf(y!.shape);
      let start = 0;
      for (const x of inputs) {
        const from = start;
        walk(x.shape, [strides], (i, [to]) => {
          result[from + to!] = x.values[i]!;
        });
        start += x.shape[axis]! * strides[axis]!;
      }
      return result;
    },
  }),
};

/** A part of one axis: all of it (`null`), a position (the axis vanishes), or `[start, end]` / `[start, end, step]`. */
export type Range = null | number | readonly [start: number, end: number, step?: number];

/**
 * A part of `x`, one range per axis (missing ones take all). Negative positions count from the back; `end` is
 * exclusive and may be `Infinity`.
 *
 * @example
 * ```ts
 * slice(x, null, [0, 2]) // the first two columns
 * ```
 */
export function slice(x: Value, ...ranges: readonly Range[]): Tensor {
  const given = tensor(x);
  if (ranges.length > given.rank)
    throw callError('slice', `${ranges.length} ranges for shape ${show(given.shape)}`, 'DIMENSION_MISMATCH');
  const starts: number[] = [];
  const lengths: number[] = [];
  const steps: number[] = [];
  const gone: number[] = [];
  for (const [axis, whole] of given.shape.entries()) {
    const range = ranges[axis] ?? null;
    if (typeof range === 'number') {
      gone.push(axis);
      starts.push(range < 0 ? range + whole : range);
      lengths.push(1);
      steps.push(1);
      continue;
    }
    const [start, end, step = 1] = range ?? [0, whole];
    if (!Number.isInteger(step) || step < 1)
      throw callError('slice', `step ${step} is not a positive integer`);
    const place = (at: number) => Math.min(Math.max(at < 0 ? at + whole : at, 0), whole);
    starts.push(place(start));
    lengths.push(Math.max(0, Math.ceil((place(end) - place(start)) / step)));
    steps.push(step);
  }
  const part =
    sameShape(lengths, given.shape) && steps.every((step) => step === 1)
      ? given
      : apply(sliceOperations.slice, [given], { starts, lengths, steps });
  return reshape(
    part,
    lengths.filter((_, axis) => !gone.includes(axis)),
  );
}

/** Positions `start` to `end` (exclusive) of one axis, every `step`-th. */
export function sliceAxis(x: Value, axis: number, start: number, end: number, step = 1): Tensor {
  const given = tensor(x);
  const at = axisOf('slice', axis, given.rank);
  return slice(given, ...given.shape.map((_, i): Range => (i === at ? [start, end, step] : null)));
}

/** The order along `axis` (default: the last) reversed. */
export function flip(x: Value, axis = -1): Tensor {
  const given = tensor(x);
  const at = axisOf('flip', axis, given.rank);
  if (given.shape[at]! < 2) return given;
  return apply(sliceOperations.slice, [given], {
    starts: given.shape.map((length, i) => (i === at ? length - 1 : 0)),
    lengths: given.shape,
    steps: given.shape.map((_, i) => (i === at ? -1 : 1)),
  });
}

/** `step − 1` zeros between neighbours along `axis`. */
export function spread(x: Tensor, axis: number, step: number): Tensor {
  if (step === 1 || x.shape[axis]! < 2) return x;
  const apart = pad(expandDims(x, axis + 1), { [axis + 1]: [0, step - 1] });
  const length = x.shape[axis]! * step;
  return sliceAxis(reshape(apart, x.shape.with(axis, length)), axis, 0, length - step + 1);
}

/**
 * `x` surrounded by `value` (default 0).
 *
 * @param widths - per axis number (or index) `[before, after]`
 */
export function pad(
  x: Value,
  widths: Readonly<Record<number, readonly [number, number]>>,
  value = 0,
): Tensor {
  const given = tensor(x);
  const before = given.shape.map(() => 0);
  const after = given.shape.map(() => 0);
  for (const [key, [left, right]] of Object.entries(widths)) {
    const axis = axisOf('pad', Number(key), given.rank);
    before[axis] = left;
    after[axis] = right;
  }
  if ([...before, ...after].every((n) => n === 0)) return given;
  return apply(sliceOperations.pad, [given], { before, after, value });
}

/** Tensors one after another along `axis` (default 0). */
export function concat(parts: readonly Value[], axis = 0): Tensor {
  const given = tensors('concat', parts);
  if (given.length === 1) return given[0]!;
  return apply(sliceOperations.concat, given, { axis: axisOf('concat', axis, given[0]?.rank ?? 0) });
}

/** Tensors of equal shape side by side along a new axis (default 0). */
export function stack(parts: readonly Value[], axis = 0): Tensor {
  const given = tensors('stack', parts);
  const at = axisOf('stack', axis, (given[0]?.rank ?? 0) + 1);
  return concat(
    given.map((part) => expandDims(part, at)),
    at,
  );
}

/**
 * Parts along `axis` (default 0).
 *
 * @param parts - how many equal parts, or their lengths
 */
export function split(x: Value, parts: number | readonly number[], axis = 0): Tensor[] {
  const given = tensor(x);
  const at = axisOf('split', axis, given.rank);
  const whole = given.shape[at]!;
  const lengths = typeof parts === 'number' ? Array.from({ length: parts }, () => whole / parts) : parts;
  if (lengths.reduce((a, b) => a + b, 0) !== whole || !lengths.every(Number.isInteger))
    throw callError(
      'split',
      `axis ${axis} of length ${whole} does not split into ${show(lengths)}`,
      'DIMENSION_MISMATCH',
    );
  let start = 0;
  return lengths.map((length) => {
    start += length;
    return sliceAxis(given, at, start - length, start);
  });
}

/** The tensors along `axis` (default 0), without that axis. */
export function unstack(x: Value, axis = 0): Tensor[] {
  const given = tensor(x);
  const at = axisOf('unstack', axis, given.rank);
  return split(given, given.shape[at]!, at).map((part) => squeeze(part, at));
}

/** `x` repeated `times` along `axis`. */
export function repeat(x: Value, times: number, axis = 0): Tensor {
  const given = tensor(x);
  const at = axisOf('repeat', axis, given.rank);
  const wide = broadcastTo(expandDims(given, at), given.shape.toSpliced(at, 0, times));
  return reshape(wide, given.shape.with(at, given.shape[at]! * times));
}

/** `value` in the shape and element type of `x`. */
export function fullLike(x: Tensor, value: number): Tensor {
  return broadcastTo(scalar(value, x.dtype), x.shape);
}

/** Zeros in the shape and element type of `x`. */
export function zerosLike(x: Tensor): Tensor {
  return fullLike(x, 0);
}
