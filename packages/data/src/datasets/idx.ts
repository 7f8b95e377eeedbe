/**
 * The format of MNIST's files: a magic number that names type and dimensions, their sizes, the numbers row by row.
 *
 * Format: Y. LeCun, C. Cortes, C. Burges, The MNIST database, "FILE FORMATS FOR THE MNIST DATABASE".
 *
 * @module
 */
import { gunzipSync } from 'node:zlib';
import { invalidFile, readWhole } from '../vectors/bytes.js';
import type { ImageSet } from './images.js';
import { checkImages } from './images.js';

/** Bytes that an unpacked file may have. */
const MAX_SIZE = 2 ** 31 - 1;

/** An array of bytes. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/**
 * An array of unsigned bytes in idx format, packed by gzip or not.
 *
 * @param file - where it is from, for messages
 * @throws FletchError `INVALID_INPUT_FILE`
 */
export function parseIdx(content: Uint8Array, file: string): IdxArray {
  const bytes = unpack(content, file);
  const [zero, zeroToo, type, dimensions] = bytes;
  if (bytes.length < 4 || zero !== 0 || zeroToo !== 0)
    throw invalidFile(file, 'it does not begin as an idx file does, with two zeros.');
  if (type !== 8)
    throw invalidFile(file, `its numbers are of type ${type}: images and labels are bytes (type 8).`);
  if (dimensions! < 1 || dimensions! > 4)
    throw invalidFile(file, `it has ${dimensions} dimensions: images have 3 or 4, labels 1.`);
  const start = 4 + 4 * dimensions!;
  if (bytes.length < start) throw invalidFile(file, `it ends at byte ${bytes.length}, inside its head.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const shape = Array.from({ length: dimensions! }, (_, i) => view.getUint32(4 + 4 * i));
  const size = shape.reduce((product, length) => product * length, 1);
  if (start + size !== bytes.length)
    throw invalidFile(
      file,
      `its shape [${shape.join(', ')}] needs ${size} bytes, ${bytes.length - start} follow: it was cut off or is damaged.`,
    );
  return { shape, data: new Uint8Array(bytes.buffer, bytes.byteOffset + start, size) };
}

function unpack(content: Uint8Array, file: string): Uint8Array {
  if (content[0] !== 0x1f || content[1] !== 0x8b) return content;
  try {
    return gunzipSync(content, { maxOutputLength: Math.min(MAX_SIZE, 1100 * content.length) });
  } catch (cause) {
    throw invalidFile(file, `it does not unpack (${(cause as Error).message}).`, {}, cause);
  }
}

/** The bytes of an idx file of this array. */
export function packIdx({ shape, data }: IdxArray): Uint8Array {
  const bytes = Buffer.alloc(4 + 4 * shape.length + data.length);
  bytes[2] = 8;
  bytes[3] = shape.length;
  for (const [i, size] of shape.entries()) bytes.writeUInt32BE(size, 4 + 4 * i);
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
}

/**
 * Grey images and their labels.
 *
 * @param file - where they are from, for messages
 * @throws FletchError `INVALID_INPUT_FILE`, also for a label that is none of the classes
 */
export function imagesFromIdx(
  images: IdxArray,
  labels: IdxArray,
  classes: readonly string[],
  file: string,
): ImageSet {
  const [count, rows, columns, ...more] = images.shape;
  if (columns === undefined || more.length > 0 || rows! * columns === 0)
    throw invalidFile(
      file,
      `images have the shape [count, rows, columns], not [${images.shape.join(', ')}].`,
    );
  if (labels.shape.length !== 1)
    throw invalidFile(file, `labels have the shape [count], not [${labels.shape.join(', ')}].`);
  const set = {
    count: count!,
    channels: 1,
    rows: rows!,
    columns,
    images: images.data,
    labels: labels.data,
    classes,
  };
  return checkImages(set, file);
}

/**
 * Reads a pair of idx files, e.g. `train-images-idx3-ubyte.gz` and `train-labels-idx1-ubyte.gz`.
 *
 * @param classes - what the labels are called; default: `0` to `9`
 * @throws FletchError `NOT_FOUND`, `INVALID_INPUT_FILE`
 */
export async function readIdxImages(
  imagesPath: string,
  labelsPath: string,
  classes: readonly string[] = Array.from('0123456789'),
): Promise<ImageSet> {
  const [images, labels] = [await readIdx(imagesPath), await readIdx(labelsPath)];
  return imagesFromIdx(images, labels, classes, imagesPath);
}

/** Reads one idx file, packed by gzip or not. Throws `NOT_FOUND`, `INVALID_INPUT_FILE`. */
export async function readIdx(path: string): Promise<IdxArray> {
  return parseIdx(await readWhole(path), path);
}
