/**
 * Random changes to images: the same seed gives the same images.
 *
 * @module
 */
import { array, type NDArray } from '@fletch/array';
import { FletchError } from '@fletch/base';
import { rng } from '@fletch/linalg';
import { blurPlane, gaussianWeights } from './blur.js';
import { adjust, recolour, solarize } from './colour.js';
import { placementOf, sample } from './geometry.js';
import { type AugmentOptions, checkOptions, type Span } from './options.js';

export {
  type AugmentOptions,
  clothingViews,
  digitViews,
  photographViews,
  type Span,
  type ViewOptions,
} from './options.js';

/** Random numbers that one image takes, whatever is done with them: options do not shift each other's draws. */
const DRAWS = 16;

/**
 * Changes images at random.
 *
 * @param images - float32 `[count, channels, height, width]`, values from 0 to 1
 * @param seed - the i-th image of a batch depends on the seed, i and itself alone
 * @returns new images of the same shape
 * @throws FletchError `INVALID_ARGUMENT` for options out of their range, images that have not four axes, or colour
 *   options for images that have not three channels
 */
export function augment(images: NDArray, options: AugmentOptions, seed: number): NDArray {
  checkOptions(options);
  const { crop, rotate = 0, flip = 0, jitter, grey = 0, blur, solarize: solar } = options;
  const [count, channels, height, width] = checkImages(images);
  if (channels !== 3 && (grey > 0 || (jitter?.saturation ?? 0) > 0 || (jitter?.hue ?? 0) > 0))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `Grey, saturation and hue need images of three channels, not ${channels}: leave them out.`,
    );
  const source = images.data as Float32Array;
  const target = new Float32Array(source.length);
  const draws = rng(seed).fillUniform(new Float64Array(count * DRAWS));
  const plane = height * width;
  const size = channels * plane;
  const moves = crop !== undefined || rotate > 0 || flip > 0;
  for (let n = 0; n < count; n++) {
    const draw = (i: number) => draws[n * DRAWS + i]!;
    const around = (i: number, most: number) => (2 * draw(i) - 1) * most;
    const at = n * size;
    if (moves) {
      const part = partOf(crop, height / width, draw(0), draw(1));
      const angle = (around(4, rotate) * Math.PI) / 180;
      const placed = { ...part, x: around(2, 1), y: around(3, 1), angle, flip: draw(5) < flip };
      sample(source, at, target, at, placementOf(placed, width, height), channels, height, width);
    } else target.set(source.subarray(at, at + size), at);
    if (jitter && draw(6) < (jitter.probability ?? 1)) {
      const [brightness, contrast] = [around(7, jitter.brightness ?? 0), 1 + around(8, jitter.contrast ?? 0)];
      if (brightness !== 0 || contrast !== 1) adjust(target, at, size, brightness, contrast);
      const [saturation, hue] = [1 + around(9, jitter.saturation ?? 0), around(10, jitter.hue ?? 0)];
      if (saturation !== 1 || hue !== 0) recolour(target, at, plane, saturation, hue);
    }
    if (draw(11) < grey) recolour(target, at, plane, 0, 0);
    if (blur && draw(12) < blur.probability) {
      const weights = gaussianWeights(between(blur.sigma, draw(13)));
      for (let c = 0; c < channels; c++) blurPlane(target, at + c * plane, height, width, weights);
    }
    if (solar && draw(14) < solar.probability) solarize(target, at, size, solar.threshold ?? 0.5);
  }
  return array(target, 'float32', images.shape);
}

/** Shares of width and height of a part of the area, at most the whole. */
function partOf(crop: AugmentOptions['crop'], tall: number, first: number, second: number) {
  if (!crop) return { width: 1, height: 1 };
  const area = between(crop.scale, first);
  const [low, high] = crop.aspect ?? [3 / 4, 4 / 3];
  const wide = Math.exp(between([Math.log(low), Math.log(high)], second)) * tall;
  return { width: Math.min(1, Math.sqrt(area * wide)), height: Math.min(1, Math.sqrt(area / wide)) };
}

const between = ([from, to]: Span, share: number) => from + share * (to - from);

/**
 * The shape of images.
 *
 * @throws FletchError `INVALID_ARGUMENT` unless float32 of four axes, all longer than 0
 */
export function checkImages(
  images: NDArray,
): [count: number, channels: number, height: number, width: number] {
  const { shape, dtype } = images;
  if (shape.length !== 4 || dtype !== 'float32' || shape.some((length) => length === 0))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `Images are float32 [count, channels, height, width], not ${dtype} [${shape.join(', ')}].`,
      { details: { shape, dtype } },
    );
  return shape as unknown as [number, number, number, number];
}
