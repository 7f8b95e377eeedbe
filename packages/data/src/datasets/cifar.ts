/**
 * CIFAR-10 and CIFAR-100 in their binary form: 60,000 pictures of 32 x 32 pixels in colour, in a folder of the user's.
 *
 * Format: https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version"
 *
 * @module
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FletchError } from '@fletch/base';
import { describeReadError, invalidFile, readWhole } from '../vectors/bytes.js';
import { checkImages, type ImageSet, type ImageSplits } from './images.js';

const PIXELS = 3 * 32 * 32;

const CIFAR10 = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

export interface CifarOptions {
  /** Of CIFAR-100: the 100 classes (default) or the 20 groups of them. */
  readonly labels?: 'fine' | 'coarse';
}

/**
 * Reads the folder `cifar-10-batches-bin` or `cifar-100-binary` as its authors split it: 50,000 pictures for training, 10,000
 * for the test. Pixels are `[count, 3, 32, 32]`.
 *
 * @throws FletchError `NOT_FOUND` when the folder holds neither; `INVALID_INPUT_FILE`
 */
export async function readCifar(
  folder: string,
  { labels = 'fine' }: CifarOptions = {},
): Promise<ImageSplits> {
  const names = await readdir(folder).catch((error) => {
    throw describeReadError(error, folder);
  });
  if (names.includes('test_batch.bin')) {
    const classes = await readNames(join(folder, 'batches.meta.txt'), CIFAR10);
    const batches = names.filter((name) => /^data_batch_\d\.bin$/.test(name)).sort();
    if (batches.length === 0) throw missing(folder, 'data_batch_1.bin');
    const parts: ImageSet[] = [];
    for (const batch of batches) parts.push(await readBatch(join(folder, batch), 1, 0, classes));
    return { train: joined(parts), test: await readBatch(join(folder, 'test_batch.bin'), 1, 0, classes) };
  }
  if (!names.includes('train.bin') || !names.includes('test.bin'))
    throw missing(folder, 'test_batch.bin or test.bin');
  const count = labels === 'fine' ? 100 : 20;
  const numbers = Array.from({ length: count }, (_, i) => String(i));
  const classes = await readNames(join(folder, `${labels}_label_names.txt`), numbers);
  const place = labels === 'fine' ? 1 : 0;
  return {
    train: await readBatch(join(folder, 'train.bin'), 2, place, classes),
    test: await readBatch(join(folder, 'test.bin'), 2, place, classes),
  };
}

function missing(folder: string, file: string): FletchError {
  return new FletchError(
    'NOT_FOUND',
    `${folder} holds no ${file}: unpack the binary version of CIFAR-10 or CIFAR-100 and name its folder.`,
    { details: { folder } },
  );
}

async function readNames(path: string, otherwise: readonly string[]): Promise<readonly string[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const names = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  return names.length === otherwise.length ? names : otherwise;
}

/** Records of `labels` bytes, of which one is taken, and the pixels: the red ones, the green, the blue. */
async function readBatch(
  path: string,
  labels: number,
  place: number,
  classes: readonly string[],
): Promise<ImageSet> {
  const content = await readWhole(path);
  const size = labels + PIXELS;
  if (content.length === 0 || content.length % size !== 0)
    throw invalidFile(
      path,
      `its ${content.length} bytes are no multiple of ${size}: it was cut off or is damaged.`,
    );
  const count = content.length / size;
  const images = new Uint8Array(count * PIXELS);
  const codes = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    codes[i] = content[i * size + place]!;
    images.set(content.subarray(i * size + labels, (i + 1) * size), i * PIXELS);
  }
  return checkImages({ count, channels: 3, rows: 32, columns: 32, images, labels: codes, classes }, path);
}

function joined(parts: readonly ImageSet[]): ImageSet {
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const images = new Uint8Array(count * PIXELS);
  const labels = new Uint8Array(count);
  let at = 0;
  for (const part of parts) {
    images.set(part.images, at * PIXELS);
    labels.set(part.labels, at);
    at += part.count;
  }
  return { ...parts[0]!, count, images, labels };
}
