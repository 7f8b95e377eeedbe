/**
 * Convolutions over one or two axes.
 *
 * @module
 */
import { type Attributes, type Reference, single, typed } from '../core/operation.js';
import { Mismatch, type Shape, show, sizeOf, stridesOf } from '../core/shape.js';
import { apply, callError, type Tensor, tensors, type Value } from '../core/tensor.js';
import { add } from './binary.js';
import { matmul } from './matmul.js';
import { sum } from './reduce.js';
import { reshape, swapAxes, transpose } from './shape.js';
import { flip, pad, type Range, slice, spread, stack } from './slice.js';

/** Per spatial axis: how a window moves. */
export interface Window {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
}

interface ConvAttributes extends Attributes, Window {
  readonly groups: number;
}

/** Number of windows along one axis. */
export function windows(
  length: number,
  kernel: number,
  stride: number,
  dilation: number,
  padding: number,
): number {
  return Math.floor((length + padding - (kernel - 1) * dilation - 1) / stride) + 1;
}

/**
 * The elements under each window: `[batch, channels, kernel size, …windows]`, made of one strided slice for
 * each place in the kernel.
 *
 * @param axis - where the kernel's places go. Default 2
 */
export function unfold(x: Tensor, kernel: Shape, a: Window, outside = 0, axis = 2): Tensor {
  const rank = kernel.length;
  const padded = pad(
    x,
    Object.fromEntries(kernel.map((_, i) => [i + 2, [a.before[i]!, a.after[i]!] as const])),
    outside,
  );
  const counts = kernel.map((k, i) =>
    windows(x.shape[i + 2]!, k, a.strides[i]!, a.dilations[i]!, a.before[i]! + a.after[i]!),
  );
  const parts = Array.from({ length: sizeOf(kernel) }, (_, place) => {
    const ranges = stridesOf(kernel).map((step, i): Range => {
      const start = (Math.floor(place / step) % kernel[i]!) * a.dilations[i]!;
      return [start, start + (counts[i]! - 1) * a.strides[i]! + 1, a.strides[i]!];
    });
    return slice(padded, null, null, ...ranges);
  });
  return rank === 0 ? x : stack(parts, axis);
}

/** The weights with input and output channels exchanged within each group, and the kernel reversed. */
function reversed(w: Tensor, groups: number): Tensor {
  const [out, inner, ...kernel] = w.shape as [number, number, ...number[]];
  let flipped = w;
  for (const i of kernel.keys()) flipped = flip(flipped, i + 2);
  const grouped = reshape(flipped, [groups, out / groups, inner, ...kernel]);
  return reshape(transpose(grouped, [0, 2, 1, ...kernel.map((_, i) => i + 3)]), [
    groups * inner,
    out / groups,
    ...kernel,
  ]);
}

/**
 * {@link inputGradient} of a strided convolution. Inputs whose places leave the same remainder to the strides see the
 * same weights: one convolution of stride 1 gives all remainders as channels, which are then laid beside each other.
 */
function stridedInputGradient(g: Tensor, x: Tensor, w: Tensor, a: ConvAttributes): Tensor {
  const [out, inner, ...kernel] = w.shape as [number, number, ...number[]];
  const [batch, channels, ...lengths] = x.shape as [number, number, ...number[]];
  const taps = kernel.map((k, i) => Math.ceil(k / a.strides[i]!));
  const counts = taps.map((t, i) => g.shape[i + 2]! + t - 1);
  const filled = pad(w, Object.fromEntries(taps.map((t, i) => [i + 2, [0, t * a.strides[i]! - kernel[i]!]])));
  const apart = reshape(filled, [out, inner, ...taps.flatMap((t, i) => [t, a.strides[i]!])]);
  const order = [...taps.map((_, i) => 2 * i + 3), ...taps.map((_, i) => 2 * i + 2)];
  const weights = reshape(transpose(apart, [0, 1, ...order]), [out, inner * sizeOf(a.strides), ...taps]);
  const phases = apply(convOperations.conv, [g, reversed(weights, a.groups)], {
    strides: taps.map(() => 1),
    dilations: a.dilations,
    before: taps.map((t) => t - 1),
    after: taps.map((t) => t - 1),
    groups: a.groups,
  });
  const beside = transpose(reshape(phases, [batch, channels, ...a.strides, ...counts]), [
    0,
    1,
    ...taps.flatMap((_, i) => [taps.length + 2 + i, 2 + i]),
  ]);
  const whole = reshape(beside, [batch, channels, ...counts.map((n, i) => n * a.strides[i]!)]);
  const kept = counts.map((n, i) => Math.min(n * a.strides[i]! - a.before[i]!, lengths[i]!));
  const seen = slice(whole, null, null, ...kept.map((n, i): Range => [a.before[i]!, a.before[i]! + n]));
  // What lies behind the last window was not seen.
  return pad(seen, Object.fromEntries(kept.map((n, i) => [i + 2, [0, lengths[i]! - n]])));
}

function inputGradient(g: Tensor, x: Tensor, w: Tensor, a: ConvAttributes): Tensor {
  const kernel = w.shape.slice(2);
  const plain = a.dilations.every((dilation) => dilation === 1);
  if (plain && a.strides.every((stride, i) => stride <= kernel[i]!) && a.strides.some((stride) => stride > 1))
    return stridedInputGradient(g, x, w, a);
  let wide = g;
  for (const [i, stride] of a.strides.entries()) wide = spread(wide, i + 2, stride);
  const before = kernel.map((k, i) => (k - 1) * a.dilations[i]! - a.before[i]!);
  const after = kernel.map(
    (k, i) => x.shape[i + 2]! + (k - 1) * a.dilations[i]! - wide.shape[i + 2]! - before[i]!,
  );
  // More padding than the kernel reaches: the outermost windows saw only zeros.
  wide = slice(
    wide,
    null,
    null,
    ...kernel.map((_, i): Range => [Math.max(0, -before[i]!), wide.shape[i + 2]! - Math.max(0, -after[i]!)]),
  );
  return apply(convOperations.conv, [wide, reversed(w, a.groups)], {
    strides: kernel.map(() => 1),
    dilations: a.dilations,
    before: before.map((n) => Math.max(0, n)),
    after: after.map((n) => Math.max(0, n)),
    groups: a.groups,
  });
}

/**
 * Windows of stride 1 over two axes, cut from the flattened image: each place in the kernel is one long run instead
 * of a run per row. The runs go on through the padding, where the widened cotangent is zero.
 */
function alongRows(
  g: Tensor,
  x: Tensor,
  kernel: Shape,
  a: Window,
  axis: number,
): [wide: Tensor, seen: Tensor] {
  const [batch, channels] = x.shape as [number, number];
  const [height, width] = g.shape.slice(2) as [number, number];
  const [dy, dx] = a.dilations as [number, number];
  const padded = pad(x, { 2: [a.before[0]!, a.after[0]!], 3: [a.before[1]!, a.after[1]!] });
  const line = padded.shape[3]!;
  const wide = pad(g, { 3: [0, line - width] });
  const flat = pad(reshape(padded, [batch, channels, -1]), { 2: [0, line - width] });
  const runs = Array.from({ length: sizeOf(kernel) }, (_, place) => {
    const start = Math.floor(place / kernel[1]!) * dy * line + (place % kernel[1]!) * dx;
    return slice(flat, null, null, [start, start + height * line]);
  });
  return [wide, stack(runs, axis)];
}

/**
 * A product of cotangents and windows for each image, summed; where an image has fewer places than weights see it, one
 * product over the places of all images, for which channels go before images.
 */
function weightGradient(g: Tensor, x: Tensor, w: Tensor, a: ConvAttributes): Tensor {
  const [out, inner, ...kernel] = w.shape as [number, number, ...number[]];
  const [height, width] = [out / a.groups, inner * sizeOf(kernel)];
  const together = sizeOf(g.shape.slice(2)) < width;
  const [cotangent, image] = together ? [swapAxes(g, 0, 1), swapAxes(x, 0, 1)] : [g, x];
  const axis = together ? 1 : 2;
  const [wide, seen] =
    a.strides.join() === '1,1'
      ? alongRows(cotangent, image, kernel, a, axis)
      : [cotangent, unfold(image, kernel, a, 0, axis)];
  const lead = together ? [] : [g.shape[0]!];
  const columns = reshape(seen, [...lead, a.groups, width, -1]);
  const rows = reshape(wide, [...lead, a.groups, height, -1]);
  const products = matmul(rows, columns, { transposeB: true });
  return reshape(together ? products : sum(products, { axes: 0 }), w.shape);
}

/** The entries of this file. */
export const convOperations = {
  conv: single<ConvAttributes>({
    name: 'conv',
    summary: 'cross-correlation over the axes after batch and channels',
    derivative: 'conv(g, reversed w); matmul(g, windows of x)',
    interpreted: ['float64'],
    infer: ([x, w], { strides, dilations, before, after, groups }) => {
      const rank = strides.length;
      if (x!.shape.length !== rank + 2 || w!.shape.length !== rank + 2)
        throw new Mismatch(`both operands need ${rank + 2} axes`);
      if (x!.dtype !== w!.dtype || !x!.dtype.startsWith('float'))
        throw new Mismatch('both operands must have the same floating-point type');
      const [out, inner, ...kernel] = w!.shape as [number, number, ...number[]];
      if (x!.shape[1] !== inner * groups)
        throw new Mismatch(
          `${x!.shape[1]} channels in ${groups} group(s) do not fit weights of ${inner} channels`,
        );
      if (out % groups !== 0) throw new Mismatch(`${out} output channels do not split into ${groups} groups`);
      const spatial = kernel.map((k, i) =>
        windows(x!.shape[i + 2]!, k, strides[i]!, dilations[i]!, before[i]! + after[i]!),
      );
      if (spatial.some((n) => n < 1)) throw new Mismatch('the kernel is larger than the padded input');
      return typed([x!.shape[0]!, out, ...spatial], x!.dtype);
    },
    gradient: (g, { inputs: [x, w], attributes }) => [
      inputGradient(g, x!, w!, attributes),
      weightGradient(g, x!, w!, attributes),
    ],
    lower: (emitter, inputs, { inputs: [, w], attributes: { strides, dilations, before, after, groups } }) =>
      emitter.node('Conv', inputs, {
        strides,
        dilations,
        pads: [...before, ...after],
        group: groups,
        kernel_shape: w!.shape.slice(2),
      }),
    evaluate: ([x, w], { outputs: [y], attributes }) => evaluateConv(x!, w!, y!.shape, attributes),
  }),
};

function evaluateConv(x: Reference, w: Reference, shape: Shape, a: ConvAttributes): Float64Array {
  const result = new Float64Array(sizeOf(shape));
  const [outputs, inputs, weights] = [stridesOf(shape), stridesOf(x.shape), stridesOf(w.shape)];
  const inner = w.shape[1]!;
  const kernel = w.shape.slice(2);
  const places = sizeOf(kernel);
  const placeSteps = stridesOf(kernel);
  for (let i = 0; i < result.length; i++) {
    const position = shape.map((length, axis) => Math.floor(i / outputs[axis]!) % length);
    const group = Math.floor(position[1]! / (shape[1]! / a.groups));
    let total = 0;
    for (let place = 0; place < places; place++) {
      let from = position[0]! * inputs[0]! + group * inner * inputs[1]!;
      let inside = true;
      for (const [axis, k] of kernel.entries()) {
        const step = Math.floor(place / placeSteps[axis]!) % k;
        const at = position[axis + 2]! * a.strides[axis]! + step * a.dilations[axis]! - a.before[axis]!;
        inside &&= at >= 0 && at < x.shape[axis + 2]!;
        from += at * inputs[axis + 2]!;
      }
      if (!inside) continue;
      for (let c = 0; c < inner; c++)
        total +=
          x.values[from + c * inputs[1]!]! * w.values[position[1]! * weights[0]! + c * weights[1]! + place]!;
    }
    result[i] = total;
  }
  return result;
}

/** How a convolution's window moves; one number stands for all axes. */
export interface ConvOptions {
  /** Default 1. */
  readonly stride?: number | readonly number[];
  /** Zeros on both sides, or `same`: as many as keep the length at stride 1. Default 0. */
  readonly padding?: number | readonly number[] | 'same';
  /** Default 1. */
  readonly dilation?: number | readonly number[];
  /** Default 1. */
  readonly groups?: number;
}

/** One number per axis. */
export function perAxis(
  name: string,
  given: number | readonly number[] | undefined,
  rank: number,
  standard: number,
): number[] {
  const list =
    given === undefined || typeof given === 'number' ? Array(rank).fill(given ?? standard) : [...given];
  if (list.length !== rank || !list.every((n) => Number.isInteger(n) && n >= 0))
    throw callError(name, `${show(list)} must be ${rank} whole number(s), not negative`);
  return list;
}

function convolve(
  name: string,
  rank: number,
  x: Value,
  w: Value,
  bias: Value | undefined,
  options: ConvOptions,
): Tensor {
  const [input, weight] = tensors(name, [x, w]) as [Tensor, Tensor];
  const kernel = weight.shape.slice(2);
  const dilations = perAxis(name, options.dilation, rank, 1);
  const reach = kernel.map((k, i) => (k - 1) * (dilations[i] ?? 1));
  const same = options.padding === 'same';
  const before = same
    ? reach.map((n) => Math.floor(n / 2))
    : perAxis(name, options.padding as number | undefined, rank, 0);
  const after = same ? reach.map((n) => Math.ceil(n / 2)) : before;
  const strides = perAxis(name, options.stride, rank, 1);
  const y = apply(convOperations.conv, [input, weight], {
    strides,
    dilations,
    before,
    after,
    groups: options.groups ?? 1,
  });
  if (bias === undefined) return y;
  const [b] = tensors(name, [bias]) as [Tensor];
  return add(y, reshape(b, [b.size, ...kernel.map(() => 1)]));
}

/**
 * Cross-correlation over one axis.
 *
 * @param x - `[batch, channels, length]`
 * @param w - `[output channels, channels / groups, kernel]`
 * @param bias - `[output channels]`
 */
export function conv1d(x: Value, w: Value, bias?: Value, options: ConvOptions = {}): Tensor {
  return convolve('conv1d', 1, x, w, bias, options);
}

/**
 * Cross-correlation over two axes.
 *
 * @param x - `[batch, channels, height, width]`
 * @param w - `[output channels, channels / groups, kernel height, kernel width]`
 * @param bias - `[output channels]`
 */
export function conv2d(x: Value, w: Value, bias?: Value, options: ConvOptions = {}): Tensor {
  return convolve('conv2d', 2, x, w, bias, options);
}
