/**
 * Opening whatever holds vectors.
 *
 * @module
 */
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { FletchError } from '@fletch/base';
import { checkRegular, describeReadError } from './bytes.js';
import { vectorFormats } from './formats/index.js';
import { isServerAddress, openServer } from './formats/qdrant.js';
import type { Glance, OpenOptions, VectorFormat, VectorSource } from './types.js';

const HEAD = 512;

/**
 * Opens a file or folder of vectors, or a collection of a running server (`http://…`). The content of a file says what it
 * is, else its name does, unless `format` is given.
 *
 * @throws FletchError `NOT_FOUND`; `INVALID_ARGUMENT` when nothing says what it is; `UNSAFE_FORMAT` for pickles;
 *   `INVALID_INPUT_FILE` when the content is wrong
 * @example
 * ```ts
 * const source = await openVectors('glove.npy');
 * for await (const { first, count, vectors } of source.batches({ size: 1000 })) console.log(first, count, vectors);
 * await source.close();
 * ```
 */
export async function openVectors(path: string, options: OpenOptions = {}): Promise<VectorSource> {
  if (isServerAddress(path)) return openServer(path, options);
  const glance = await look(path);
  return (await chooseFormat(glance, options.format)).open(path, options);
}

async function look(path: string): Promise<Glance> {
  let file: FileHandle | undefined;
  try {
    const status = await stat(path);
    if (status.isDirectory()) return { path, head: Buffer.alloc(0), size: 0, entries: await readdir(path) };
    await checkRegular(path);
    file = await open(path, 'r');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    return { path, head: buffer.subarray(0, bytesRead), size: status.size };
  } catch (error) {
    throw describeReadError(error, path);
  } finally {
    await file?.close();
  }
}

async function chooseFormat(glance: Glance, asked: string | undefined): Promise<VectorFormat> {
  const names = vectorFormats.map(({ name }) => name).join(', ');
  if (asked !== undefined) {
    const found = vectorFormats.find(({ name }) => name === asked);
    if (found) return found;
    throw new FletchError('INVALID_ARGUMENT', `There is no format "${asked}". Formats: ${names}.`);
  }
  const known = vectorFormats.find(({ matches }) => matches?.(glance)) ?? byName(glance.path);
  if (known) return known;
  refusePickle(glance);
  const what = glance.entries ? 'folder' : 'file';
  throw new FletchError(
    'INVALID_ARGUMENT',
    `Neither the content nor the name of the ${what} ${glance.path} says what it is: name it with --format. Formats: ${names}.`,
  );
}

function byName(path: string): VectorFormat | undefined {
  const ending = extname(path.replace(/[/\\]+$/, '')).toLowerCase();
  return ending === '' ? undefined : vectorFormats.find(({ endings }) => endings.includes(ending));
}

/** Endings of files that are programs when they are read: https://docs.python.org/3/library/pickle.html */
const pickles: readonly string[] = ['.pkl', '.pickle', '.pt', '.pth', '.ckpt', '.joblib'];

function refusePickle({ path, head }: Glance): void {
  const protocol = head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5;
  if (!protocol && !pickles.includes(extname(path).toLowerCase())) return;
  throw new FletchError(
    'UNSAFE_FORMAT',
    `${path} is a Python pickle, and reading it would run the program in it. Save the vectors where you trust it: numpy.save("${basename(path, extname(path))}.npy", array.astype("float32")).`,
    { details: { file: path } },
  );
}
