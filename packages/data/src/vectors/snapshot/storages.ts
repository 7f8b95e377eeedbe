/**
 * The vectors of one name in a segment: dense, sparse, or several a point.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import { invalidFile } from '../bytes.js';
import type { TarFiles } from '../tar.js';
import { elementOf, openChunks, openMatrix } from './chunked.js';
import { openGridstore } from './gridstore.js';
import { type Flags, fileAt, isObject, type JsonObject, readFlags, unread } from './parts.js';
import { sparseVector } from './sparse.js';

/** Vectors by the places of their points, as the dialect writes them; undefined where a point has none. */
export interface VectorReader {
  read(first: number, count: number): Promise<(Json | undefined)[]>;
}

const nothing: VectorReader = { read: async (_first, count) => new Array(count).fill(undefined) };

/** Most vectors of one point. */
const MAX_TOKENS = 2 ** 20;

/**
 * Opens the dense vectors that `config` describes.
 *
 * @throws FletchError `INVALID_INPUT_FILE`
 */
export async function openDense(
  files: TarFiles,
  folder: string,
  config: JsonObject,
  slots: number,
): Promise<VectorReader> {
  if (config.storage_type === 'Empty') return nothing;
  const { size } = config;
  if (typeof size !== 'number')
    throw invalidFile(folder, 'the segment does not say how long its vectors are.');
  const element = elementOf(typeof config.datatype === 'string' ? config.datatype : undefined);
  if (isObject(config.multivector_config)) return openMulti(files, folder, size, element, slots);
  const single = files.get(`${folder}/matrix.dat`);
  if (!single && !files.has(`${folder}/vectors/config.json`))
    throw unread(`vectors of the storage "${String(config.storage_type)}" in ${folder}`);
  const matrix = single
    ? await openMatrix(single, size * element.size)
    : await openChunks(files, `${folder}/vectors`, size, element.size);
  const missing = single
    ? await readFlags(files.get(`${folder}/deleted.dat`), 8, slots)
    : await deletedIn(files, folder);
  return {
    async read(first, count) {
      const there = Math.max(0, Math.min(count, matrix.count - first));
      const numbers = new Float32Array(there * size);
      if (there > 0) element.decode(await matrix.read(first, there), 0, there * size, numbers, 0);
      return Array.from({ length: count }, (_, i) =>
        i < there && !missing(first + i) ? Array.from(numbers.subarray(i * size, (i + 1) * size)) : undefined,
      );
    },
  };
}

/** Flags of a folder that grows. */
async function deletedIn(files: TarFiles, folder: string): Promise<Flags> {
  const status = files.get(`${folder}/deleted/status.dat`);
  if (!status) return () => false;
  const begin = await status.read(0, 16);
  if (begin.readBigUInt64LE(8) !== 0n) throw unread(`flags of an older version in ${folder}`);
  const file = files.get(`${folder}/deleted/flags_a.dat`);
  const count = Math.min(Number(begin.readBigUInt64LE(0)), (file?.size ?? 0) * 8);
  return readFlags(file, 0, count);
}

async function openMulti(
  files: TarFiles,
  folder: string,
  size: number,
  element: ReturnType<typeof elementOf>,
  slots: number,
): Promise<VectorReader> {
  if (!files.has(`${folder}/offsets/config.json`)) throw unread(`vectors of an unknown storage in ${folder}`);
  const vectors = await openChunks(files, `${folder}/vectors`, size, element.size);
  const offsets = await openChunks(files, `${folder}/offsets`, 1, 12);
  const missing = await deletedIn(files, folder);
  const tokens = async (start: number, count: number): Promise<number[][]> => {
    if (count > MAX_TOKENS || start + count > vectors.count)
      throw invalidFile(
        folder,
        `a point has ${count} vectors at ${start} of ${vectors.count}: it is damaged.`,
      );
    const numbers = new Float32Array(count * size);
    if (count > 0) element.decode(await vectors.read(start, count), 0, count * size, numbers, 0);
    return Array.from({ length: count }, (_, i) => Array.from(numbers.subarray(i * size, (i + 1) * size)));
  };
  return {
    async read(first, count) {
      const there = Math.max(0, Math.min(count, offsets.count - first, slots - first));
      const entries = there > 0 ? await offsets.read(first, there) : Buffer.alloc(0);
      const found: (Json | undefined)[] = [];
      for (let i = 0; i < count; i++)
        found.push(
          i < there && !missing(first + i)
            ? await tokens(entries.readUInt32LE(12 * i), entries.readUInt32LE(12 * i + 4))
            : undefined,
        );
      return found;
    },
  };
}

/** Opens sparse vectors. */
export async function openSparse(files: TarFiles, folder: string, config: JsonObject): Promise<VectorReader> {
  if (config.storage_type === 'empty') return nothing;
  if (!files.has(`${folder}/store/config.json`))
    throw unread(`sparse vectors of the storage "${String(config.storage_type)}" in ${folder}`);
  const store = await openGridstore(files, `${folder}/store`);
  const missing = await deletedIn(files, folder);
  return {
    async read(first, count) {
      const values = await store.read(first, count);
      return values.map((bytes, i) => {
        if (!bytes || missing(first + i)) return undefined;
        const vector = sparseVector(bytes);
        if (!vector)
          throw invalidFile(
            fileAt(files, `${folder}/store/tracker.dat`).name,
            `the vector at place ${first + i} is damaged.`,
          );
        return vector;
      });
    },
  };
}
