import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { scratch } from '../vectors/testing.case.js';
import { imagesFromIdx, packIdx, parseIdx, readIdxImages } from './idx.js';
import {
  batchIndices,
  holdOut,
  type ImageSet,
  imageBatches,
  imageFloats,
  pixelStatistics,
  takeImages,
} from './images.js';

const { file, folder } = scratch();

/** `count` images of 2 x 3 pixels; all pixels of image i are i, its label i modulo 3. */
function numbered(count: number, channels = 1): ImageSet {
  const size = channels * 6;
  return {
    count,
    channels,
    rows: 2,
    columns: 3,
    images: Uint8Array.from({ length: count * size }, (_, i) => Math.floor(i / size)),
    labels: Uint8Array.from({ length: count }, (_, i) => i % 3),
    classes: ['a', 'b', 'c'],
  };
}

describe('idx files', () => {
  const set = numbered(4);
  const images = packIdx({ shape: [4, 2, 3], data: set.images });
  const labels = packIdx({ shape: [4], data: set.labels });

  test('are read, packed or not', async () => {
    expect(
      await readIdxImages(file('images', images), file('labels.gz', gzipSync(labels)), set.classes),
    ).toEqual(set);
    await expect(readIdxImages(`${folder}/none`, `${folder}/none`)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  const bomb = Buffer.concat([gzipSync(Buffer.alloc(100_000)).subarray(0, 60)]);
  test.each([
    ['nothing', Buffer.alloc(0), /does not begin/],
    ['another beginning', Buffer.from('PK\x03\x04'), /does not begin/],
    ['floats', Buffer.from([0, 0, 0x0d, 1, 0, 0, 0, 0]), /type 13/],
    ['no dimension', Buffer.from([0, 0, 8, 0]), /0 dimensions/],
    ['many dimensions', Buffer.from([0, 0, 8, 200]), /200 dimensions/],
    ['half a head', images.slice(0, 9), /inside its head/],
    ['too few pixels', images.slice(0, -1), /cut off or is damaged/],
    ['too many pixels', Buffer.concat([images, Buffer.alloc(1)]), /24 bytes, 25 follow/],
    [
      'sizes whose product overflows',
      Buffer.concat([Buffer.from([0, 0, 8, 4]), Buffer.alloc(16, 255)]),
      /cut off/,
    ],
    ['a damaged pack', bomb, /does not unpack/],
  ])('%s', (_, content, message) => {
    expect(() => parseIdx(content, 'x')).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT_FILE', message: expect.stringMatching(message) }),
    );
  });

  test.each([
    [[4, 6], [4], /shape \[count, rows, columns\], not \[4, 6\]/],
    [[4, 2, 3], [2, 2], /shape \[count\], not \[2, 2\]/],
    [[4, 2, 3], [3], /4 images have 3 labels/],
  ])('images %j with labels %j', (shape, labelShape, message) => {
    const data = new Uint8Array(shape.reduce((a, b) => a * b));
    const some = { shape: labelShape, data: new Uint8Array(labelShape.reduce((a, b) => a * b)) };
    expect(() => imagesFromIdx({ shape, data }, some, ['a'], 'x')).toThrow(message);
  });

  test('a label that is no class', () => {
    const [pixels, wrong] = [
      { shape: [4, 2, 3], data: set.images },
      { shape: [4], data: Uint8Array.of(0, 1, 9, 0) },
    ];
    expect(() => imagesFromIdx(pixels, wrong, set.classes, 'x')).toThrow(
      /the label of image 2 is 9, there are the classes 0 to 2/,
    );
  });
});

describe('a set of images', () => {
  test('gives some of them', () => {
    const some = takeImages(numbered(5), [4, 0]);
    expect(Array.from(some.images)).toEqual([4, 4, 4, 4, 4, 4, 0, 0, 0, 0, 0, 0]);
    expect(Array.from(some.labels)).toEqual([1, 0]);
    expect(() => takeImages(numbered(5), [5])).toThrow(/no image 5/);
  });

  test('holds some out: as many of each class, the same for a seed, none twice', () => {
    const set = numbered(30);
    const { train, validation } = holdOut(set, 9, 4);
    const numbers = (part: ImageSet) => Array.from({ length: part.count }, (_, i) => part.images[i * 6]!);
    expect([train.count, validation.count]).toEqual([21, 9]);
    expect([...numbers(train), ...numbers(validation)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 30 }, (_, i) => i),
    );
    for (const label of [0, 1, 2]) expect(validation.labels.filter((one) => one === label)).toHaveLength(3);
    expect(numbers(holdOut(set, 9, 4).validation)).toEqual(numbers(validation));
    expect(numbers(holdOut(set, 9, 5).validation)).not.toEqual(numbers(validation));
    expect(() => holdOut(set, 30)).toThrow(/30 of 30 images cannot be held out/);
  });

  test('is normalised with the mean and deviation of each channel', () => {
    const set = { ...numbered(2, 3), images: Uint8Array.from({ length: 36 }, (_, i) => (i * 7) % 256) };
    const statistics = pixelStatistics(set);
    const floats = imageFloats(set, statistics);
    for (const channel of [0, 1, 2]) {
      const values = [0, 1].flatMap((i) =>
        Array.from(floats.subarray((i * 3 + channel) * 6, (i * 3 + channel + 1) * 6)),
      );
      const mean = values.reduce((sum, value) => sum + value) / 12;
      expect(mean).toBeCloseTo(0, 5);
      expect(values.reduce((sum, value) => sum + value ** 2, 0) / 12).toBeCloseTo(1, 5);
    }
    expect(imageFloats(set)[5]).toBe(Math.fround(35 / 255));
  });

  test('comes in batches: every image once an epoch, another order each', () => {
    const set = numbered(10);
    const epoch = (seed: number | undefined, number = 0, dropLast = false) => [
      ...imageBatches(set, { size: 4, epoch: number, dropLast, ...(seed === undefined ? {} : { seed }) }),
    ];
    const order = (batches: ReturnType<typeof epoch>) =>
      batches.flatMap(({ indices }) => Array.from(indices));
    const all = Array.from({ length: 10 }, (_, i) => i);
    expect(order(epoch(undefined))).toEqual(all);
    expect(order(epoch(1)).sort((a, b) => a - b)).toEqual(all);
    expect(order(epoch(1))).toEqual(order(epoch(1)));
    expect(order(epoch(1))).not.toEqual(order(epoch(1, 1)));
    expect(epoch(1).map(({ count }) => count)).toEqual([4, 4, 2]);
    expect(epoch(1, 0, true).map(({ count }) => count)).toEqual([4, 4]);
    for (const { images, labels, indices } of epoch(3))
      for (const [i, index] of indices.entries()) {
        expect(labels[i]).toBe(index % 3);
        expect(images[i * 6]).toBe(Math.fround(index / 255));
      }
    expect(() => [...batchIndices(3, { size: 0 })]).toThrow(/A batch of 0 is none/);
  });
});
