/**
 * Nearest neighbours that a benchmark holds to be true.
 *
 * @module
 */
import { extname } from 'node:path';
import { FletchError } from '@fletch/base';
import { type Bytes, invalidFile, openBytes } from './bytes.js';
import { hdf5Limits, hdf5Program } from './formats/hdf5-library.js';
import { readIsolatedNeighbors } from './isolated.js';
import { checkDimension, checkRoom } from './rows.js';

/** For each query its nearest rows, the nearest first. */
export interface Neighbors {
  readonly count: number;
  /** Neighbours of one query. */
  readonly k: number;
  /** `count` × `k` row numbers. */
  readonly ids: Int32Array;
}

/** Numbers of all queries together. */
const MAX_NUMBERS = 2 ** 28;

/**
 * Reads neighbours from `.ivecs`, from the `.ibin` of the big-ann benchmarks (distances may follow), or from the dataset
 * `neighbors` of an HDF5 file.
 *
 * @throws FletchError `INVALID_INPUT_FILE`, `INVALID_ARGUMENT` for another ending, `NOT_FOUND`
 */
export async function readNeighbors(path: string): Promise<Neighbors> {
  const bytes = await openBytes(path);
  try {
    switch (extname(path).toLowerCase()) {
      case '.ivecs':
        return await fromIvecs(bytes);
      case '.ibin':
        return await fromIbin(bytes);
      case '.hdf5':
      case '.h5':
        return await readIsolatedNeighbors(hdf5Program, path, await hdf5Limits(path));
      default:
        throw new FletchError(
          'INVALID_ARGUMENT',
          `${path}: neighbours are read from .ivecs, .ibin and .hdf5.`,
        );
    }
  } finally {
    await bytes.close();
  }
}

/** Throws `INVALID_INPUT_FILE` for more neighbours than are read. */
export function checkNeighbors(file: string, count: number, k: number): void {
  checkDimension(file, k);
  if (count * k > MAX_NUMBERS) throw invalidFile(file, `it holds more than ${MAX_NUMBERS} neighbours.`);
}

async function fromIvecs(bytes: Bytes): Promise<Neighbors> {
  const k = (await bytes.read(0, 4)).readInt32LE(0);
  const stride = 4 + 4 * k;
  if (k > 0 && bytes.size % stride !== 0)
    throw invalidFile(bytes.name, `its ${bytes.size} bytes are no multiple of ${stride}: it was cut off.`);
  const count = bytes.size / stride;
  checkNeighbors(bytes.name, count, k);
  const raw = await bytes.read(0, bytes.size);
  const ids = new Int32Array(count * k);
  for (let row = 0; row < count; row++) {
    if (raw.readInt32LE(row * stride) !== k)
      throw invalidFile(bytes.name, `query ${row} has another number of neighbours than the first.`, { row });
    for (let i = 0; i < k; i++) ids[row * k + i] = raw.readInt32LE(row * stride + 4 + 4 * i);
  }
  return { count, k, ids };
}

async function fromIbin(bytes: Bytes): Promise<Neighbors> {
  const header = await bytes.read(0, 8);
  const [count, k] = [header.readUInt32LE(0), header.readUInt32LE(4)];
  checkNeighbors(bytes.name, count, k);
  checkRoom(bytes, 8, 4 * k, count);
  const rest = bytes.size - 8 - 4 * k * count;
  if (rest !== 0 && rest !== 4 * k * count)
    throw invalidFile(bytes.name, `neither its end nor distances follow its ${count} × ${k} neighbours.`);
  const raw = await bytes.read(8, 4 * k * count);
  return { count, k, ids: Int32Array.from({ length: count * k }, (_, i) => raw.readInt32LE(4 * i)) };
}
