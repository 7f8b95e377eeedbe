import { array, type NDArray } from '@fletch/array';
import { rng } from '@fletch/linalg';
import { describe, expect, test } from 'vitest';
import { gaussianWeights } from './blur.js';
import { placementOf, sample } from './geometry.js';
import { type AugmentOptions, augment, clothingViews, digitViews, photographViews } from './index.js';

const random = (shape: number[], seed = 1): NDArray =>
  array(rng(seed).fillUniform(new Float32Array(shape.reduce((a, b) => a * b, 1))), 'float32', shape);
const dataOf = (images: NDArray) => Array.from(images.data as Float32Array);

describe('random changes', () => {
  test('repeat with the seed, differ by seed and image, and leave the input alone', () => {
    const images = random([6, 1, 14, 14]);
    const before = dataOf(images);
    const once = augment(images, digitViews.a, 5);
    expect(dataOf(augment(images, digitViews.a, 5))).toEqual(dataOf(once));
    expect(dataOf(augment(images, digitViews.a, 6))).not.toEqual(dataOf(once));
    expect(dataOf(images)).toEqual(before);
    expect(once.shape).toEqual(images.shape);
    // The first three come out alike whatever follows them.
    const three = array((images.data as Float32Array).slice(0, 3 * 196), 'float32', [3, 1, 14, 14]);
    expect(dataOf(augment(three, digitViews.a, 5))).toEqual(dataOf(once).slice(0, 3 * 196));
  });

  test('stay between 0 and 1', () => {
    const images = random([20, 3, 9, 12], 2);
    for (const options of [photographViews.a, photographViews.b])
      for (const seed of [1, 2, 3])
        expect(dataOf(augment(images, options, seed)).every((value) => value >= 0 && value <= 1)).toBe(true);
  });

  test('an empty list of changes changes nothing; neither does a crop of everything', () => {
    const images = random([2, 1, 7, 5]);
    expect(dataOf(augment(images, {}, 1))).toEqual(dataOf(images));
    const whole = augment(
      images,
      { crop: { scale: [1, 1], aspect: [7 / 5, 7 / 5].map((x) => 1 / x) as never } },
      1,
    );
    const off = dataOf(whole).map((value, at) => Math.abs(value - (images.data[at] as number)));
    expect(Math.max(...off)).toBeLessThan(1e-5);
  });

  test('flip mirrors rows', () => {
    const images = random([1, 2, 3, 4]);
    const flipped = dataOf(augment(images, { flip: 1 }, 1));
    for (let at = 0; at < 24; at++) {
      const mirrored = Math.floor(at / 4) * 4 + 3 - (at % 4);
      expect(flipped[mirrored]).toBeCloseTo(images.data[at] as number, 6);
    }
  });

  test('happen as often as asked', () => {
    const images = random([2000, 1, 2, 2]);
    const changed = (options: AugmentOptions) => {
      const out = augment(images, options, 3).data as Float32Array;
      let count = 0;
      for (let n = 0; n < 2000; n++) if (out[n * 4] !== images.data[n * 4]) count++;
      return count / 2000;
    };
    expect(changed({ solarize: { probability: 0.3, threshold: 0 } })).toBeCloseTo(0.3, 1);
    expect(changed({ blur: { sigma: [1, 1], probability: 0.6 } })).toBeCloseTo(0.6, 1);
    expect(changed({ jitter: { brightness: 0.2, probability: 0.8 } })).toBeCloseTo(0.8, 1);
    expect(changed({ flip: 0.5 })).toBeCloseTo(0.5, 1);
  });

  test('brightness and contrast keep the mean where they should', () => {
    const images = array(
      Float32Array.from(dataOf(random([50, 1, 8, 8])), (value) => 0.4 + 0.2 * value),
      'float32',
      [50, 1, 8, 8],
    );
    const means = (given: NDArray) =>
      Array.from(
        { length: 50 },
        (_, n) => (given.data as Float32Array).slice(n * 64, (n + 1) * 64).reduce((a, b) => a + b) / 64,
      );
    const before = means(images);
    const contrast = means(augment(images, { jitter: { contrast: 0.5 } }, 4));
    for (const [n, mean] of contrast.entries()) expect(mean).toBeCloseTo(before[n]!, 5);
    const shifts = means(augment(images, { jitter: { brightness: 0.3 } }, 4)).map(
      (mean, n) => mean - before[n]!,
    );
    expect(Math.max(...shifts.map(Math.abs))).toBeLessThanOrEqual(0.3 + 1e-6);
    expect(Math.min(...shifts)).toBeLessThan(-0.2);
    expect(Math.max(...shifts)).toBeGreaterThan(0.2);
  });

  test('solarize turns bright values only', () => {
    const images = array([0.1, 0.5, 0.9, 0.3], 'float32', [1, 1, 2, 2]);
    const turned = dataOf(augment(images, { solarize: { probability: 1 } }, 1));
    expect(turned).toEqual([0.1, 0.5, 0.1, 0.3].map((value) => expect.closeTo(value, 6)));
  });

  test('colours turn about grey: grey images stay, half a turn twice is none', () => {
    const grey = array(
      Float32Array.from({ length: 12 }, (_, at) => [0.2, 0.4, 0.6, 0.8][at % 4]!),
      'float32',
      [1, 3, 2, 2],
    );
    expect(dataOf(augment(grey, { jitter: { hue: 0.5, saturation: 0.5 } }, 1))).toEqual(
      dataOf(grey).map((value) => expect.closeTo(value, 5)),
    );
    const drained = dataOf(augment(random([1, 3, 2, 2]), { grey: 1 }, 1));
    for (let i = 0; i < 4; i++)
      expect([drained[i + 4], drained[i + 8]]).toEqual([
        expect.closeTo(drained[i]!, 6),
        expect.closeTo(drained[i]!, 6),
      ]);
  });
});

describe('sampling', () => {
  /** Bilinear interpolation of one point, by the definition. */
  const at = (image: Float32Array, h: number, w: number, y: number, x: number): number => {
    const [u, v] = [Math.min(w - 1, Math.max(0, x)), Math.min(h - 1, Math.max(0, y))];
    let sum = 0;
    for (let i = 0; i < h; i++)
      for (let j = 0; j < w; j++)
        sum += image[i * w + j]! * Math.max(0, 1 - Math.abs(v - i)) * Math.max(0, 1 - Math.abs(u - j));
    return sum;
  };

  test('is bilinear at the turned and stretched places', () => {
    const [h, w] = [6, 9];
    const source = rng(3).fillUniform(new Float32Array(2 * h * w));
    const part = { x: 0.4, y: -0.7, width: 0.6, height: 0.8, angle: 0.5, flip: true };
    const target = new Float32Array(2 * h * w);
    sample(source, 0, target, 0, placementOf(part, w, h), 2, h, w);
    const [cos, sin] = [Math.cos(0.5), Math.sin(0.5)];
    for (let i = 0; i < h; i++)
      for (let j = 0; j < w; j++) {
        // From the middle of the view: mirrored, turned, stretched, moved to the middle of the part.
        const [dx, dy] = [-(j - (w - 1) / 2), i - (h - 1) / 2];
        const x = (w - 1) / 2 + 0.4 * 0.2 * w + 0.6 * (cos * dx - sin * dy);
        const y = (h - 1) / 2 - 0.7 * 0.1 * h + 0.8 * (sin * dx + cos * dy);
        for (const c of [0, 1])
          expect(target[(c * h + i) * w + j]).toBeCloseTo(at(source.subarray(c * h * w), h, w, y, x), 5);
      }
  });

  test('a part at the corner starts at the corner', () => {
    const placed = placementOf({ x: -1, y: 1, width: 0.5, height: 0.5, angle: 0, flip: false }, 8, 8);
    // The part's left edge is at −½, its first pixel's middle a quarter of a pixel inside.
    expect(placed.x).toBeCloseTo(-0.25, 12);
    expect(placed.y + 7 * placed.yy).toBeCloseTo(7.25, 12);
  });
});

describe('blur', () => {
  test('weights are those of a Gaussian and sum to 1', () => {
    for (const sigma of [0.1, 0.7, 2]) {
      const weights = gaussianWeights(sigma);
      expect(weights.reduce((sum, weight) => sum + 2 * weight, -weights[0]!)).toBeCloseTo(1, 12);
      if (weights.length > 1)
        expect(weights[1]! / weights[0]!).toBeCloseTo(Math.exp(-1 / (2 * sigma ** 2)), 12);
    }
  });

  test('spreads a point by the product of the weights', () => {
    const point = new Float32Array(15 * 15);
    point[7 * 15 + 7] = 1;
    const blurred = augment(
      array(point, 'float32', [1, 1, 15, 15]),
      { blur: { sigma: [1, 1], probability: 1 } },
      1,
    );
    const weights = gaussianWeights(1);
    for (let i = 0; i < 15; i++)
      for (let j = 0; j < 15; j++) {
        const expected = (weights[Math.abs(i - 7)] ?? 0) * (weights[Math.abs(j - 7)] ?? 0);
        expect(blurred.data[i * 15 + j]).toBeCloseTo(expected, 6);
      }
  });
});

test('a view of a batch of digits takes little time beside a training step', () => {
  const images = random([256, 1, 28, 28]);
  augment(images, digitViews.a, 0);
  const started = process.cpuUsage();
  for (let i = 0; i < 6; i++) augment(images, i % 2 === 0 ? digitViews.a : digitViews.b, i);
  const { user, system } = process.cpuUsage(started);
  // Measured: 7 ms of processor time; a step on such a batch takes some 200. The bound leaves room for a busy machine.
  expect((user + system) / 6 / 1000).toBeLessThan(60);
});

test.each<[string, AugmentOptions, RegExp]>([
  ['a scale above 1', { crop: { scale: [0.5, 1.5] } }, /crop\.scale.*1\.5/],
  ['a scale the wrong way round', { crop: { scale: [0.8, 0.2] } }, /crop\.scale.*0\.2/],
  ['a probability above 1', { flip: 2 }, /flip.*2/],
  ['a negative turn', { rotate: -1 }, /rotate.*-1/],
  ['no number', { jitter: { contrast: Number.NaN } }, /jitter\.contrast.*NaN/],
  ['a negative width', { blur: { sigma: [-1, 1], probability: 1 } }, /blur\.sigma.*-1/],
  ['colours of grey images', { grey: 0.5 }, /three channels, not 1/],
])('%s is refused', (_, options, message) => {
  expect(() => augment(random([1, 1, 4, 4]), options, 0)).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) }),
  );
});

test('images have four axes', () => {
  expect(() => augment(array([1, 2]), {}, 0)).toThrow(
    /\[count, channels, height, width\], not float32 \[2\]/,
  );
  expect(() => augment(array([1], 'float64', [1, 1, 1, 1]), {}, 0)).toThrow(/float64/);
  expect(clothingViews.a.flip).toBe(0.5);
  expect(digitViews.a.flip).toBe(0);
});
