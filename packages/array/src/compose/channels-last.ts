/**
 * Convolution of images that keep their channels last.
 *
 * Windows are then rows whose parts lie in memory as they stand: one look-up gathers them all, and the convolution and
 * both of its gradients are a single product of matrices over all images. For many small images with many channels this
 * takes two thirds of the time of `conv2d`, which goes image by image.
 *
 * @module
 */
import { array } from '../core/ndarray.js';
import { callError, type Tensor, tensors, type Value } from '../core/tensor.js';
import { type ConvOptions, perAxis, windows as windowCount } from '../operations/conv.js';
import { gather } from '../operations/gather.js';
import { matmul } from '../operations/matmul.js';
import { reshape, transpose } from '../operations/shape.js';
import { pad } from '../operations/slice.js';
import { customVjp } from '../operations/structure.js';

/** Along one axis: for each window the positions of its taps. Outside of the axis there are zeros. */
type Taps = readonly (readonly number[])[];

/** How a kernel moves along one axis. */
interface Axis {
  readonly length: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly count: number;
}

const range = (n: number) => Array.from({ length: n }, (_, i) => i);

/** Rows `[batch · windows, taps · channels]` of images `[batch, height, width, channels]`. */
function gatherWindows(x: Tensor, ys: Taps, xs: Taps): Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const beyond = (taps: Taps, length: number): [number, number] => [
    Math.max(0, -Math.min(...taps.flat())),
    Math.max(0, Math.max(...taps.flat()) - (length - 1)),
  ];
  const [above, below] = beyond(ys, height);
  const [left, right] = beyond(xs, width);
  const line = left + width + right;
  const padded = pad(x, { 1: [above, below], 2: [left, right] });
  const places = ys.flatMap((rows) =>
    xs.flatMap((columns) =>
      rows.flatMap((row) => columns.map((column) => (row + above) * line + column + left)),
    ),
  );
  const lines = reshape(padded, [batch, -1, channels]);
  const found = gather(lines, array(Int32Array.from(places), 'int32'), 1);
  return reshape(found, [batch * ys.length * xs.length, -1]);
}

/** What the forward windows see. */
const seen = ({ kernel, stride, padding, count }: Axis): Taps =>
  range(count).map((i) => range(kernel).map((tap) => i * stride - padding + tap));

/**
 * Which windows saw a place: that at `stride · m + phase`, padding counted, was seen by window m − i with tap
 * `stride · i + phase`. All phases of an m are found at once.
 */
function backwards({ length, kernel, stride, padding }: Axis) {
  const reach = Math.ceil(kernel / stride);
  const first = Math.floor(padding / stride);
  const count = Math.floor((length - 1 + padding) / stride) - first + 1;
  const taps: Taps = range(count).map((m) => range(reach).map((i) => first + m - i));
  const placed = range(length).map((at) => at + padding - first * stride);
  return { reach, count, taps, placed };
}

/** Cotangent of the images from that of the outputs. */
function imageGradient(g: Tensor, x: Tensor, w: Tensor, vertical: Axis, horizontal: Axis): Tensor {
  const [out, channels, kernelY, kernelX] = w.shape as [number, number, number, number];
  const [sy, sx] = [vertical.stride, horizontal.stride];
  const [a, b] = [backwards(vertical), backwards(horizontal)];
  const filled = pad(w, { 2: [0, a.reach * sy - kernelY], 3: [0, b.reach * sx - kernelX] });
  const apart = transpose(reshape(filled, [out, channels, a.reach, sy, b.reach, sx]), [2, 4, 0, 3, 5, 1]);
  const weights = reshape(apart, [a.reach * b.reach * out, sy * sx * channels]);
  const phases = matmul(gatherWindows(g, a.taps, b.taps), weights);
  if (sy === 1 && sx === 1) return reshape(phases, x.shape);
  const places = a.placed.flatMap((y) =>
    b.placed.map(
      (z) => ((Math.floor(y / sy) * b.count + Math.floor(z / sx)) * sy + (y % sy)) * sx + (z % sx),
    ),
  );
  const lines = reshape(phases, [x.shape[0]!, -1, channels]);
  return reshape(gather(lines, array(Int32Array.from(places), 'int32'), 1), x.shape);
}

/**
 * Cross-correlation over height and width of images with their channels last.
 *
 * @param x - `[batch, height, width, channels]`
 * @param w - `[output channels, channels, kernel height, kernel width]`, as `conv2d` takes it
 * @returns `[batch, height, width, output channels]`
 * @throws FletchError `DIMENSION_MISMATCH` when they do not fit
 */
export function conv2dLast(
  x: Value,
  w: Value,
  options: Pick<ConvOptions, 'stride' | 'padding'> = {},
): Tensor {
  const [images, kernels] = tensors('conv2dLast', [x, w]) as [Tensor, Tensor];
  const [, height, width, channels] = images.shape as [number, number, number, number];
  const [out, inner, ...kernel] = kernels.shape as [number, number, number, number];
  const strides = perAxis('conv2dLast', options.stride, 2, 1);
  const padding =
    options.padding === 'same'
      ? kernel.map((k) => (k - 1) / 2)
      : perAxis('conv2dLast', options.padding, 2, 0);
  const axes = [height, width].map((length, i): Axis => {
    const [k, stride, own] = [kernel[i]!, strides[i]!, padding[i]!];
    return { length, kernel: k, stride, padding: own, count: windowCount(length, k, stride, 1, 2 * own) };
  });
  const fits =
    images.rank === 4 &&
    kernels.rank === 4 &&
    channels === inner &&
    axes.every(({ stride, padding: own, count }) => stride > 0 && Number.isInteger(own) && count > 0);
  if (!fits)
    throw callError(
      'conv2dLast',
      `images ${String(images)} and kernels ${String(kernels)} with stride ${strides.join(', ')} and padding ${padding.join(', ')} do not fit: ` +
        'images are [batch, height, width, channels], kernels [output channels, channels, height, width] no larger than the padded image, ' +
        'and padding "same" is for kernels of odd size',
      'DIMENSION_MISMATCH',
    );
  const [vertical, horizontal] = axes as [Axis, Axis];
  const shape = [images.shape[0]!, vertical.count, horizontal.count, out];
  const places = kernel[0]! * kernel[1]!;
  const rows = gatherWindows(images, seen(vertical), seen(horizontal));
  return customVjp<[Tensor, Tensor]>(
    (_: Tensor, own: Tensor) => {
      const weights = reshape(transpose(own, [2, 3, 1, 0]), [places * inner, out]);
      return reshape(matmul(rows, weights), shape);
    },
    (g, [given, own]) => {
      const flat = reshape(g, [-1, out]);
      const weights = reshape(matmul(rows, flat, { transposeA: true }), [...kernel, inner, out]);
      return [imageGradient(g, given, own, vertical, horizontal), transpose(weights, [3, 2, 0, 1])];
    },
  )(images, kernels);
}
