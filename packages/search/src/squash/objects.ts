/**
 * Where an index is kept: bytes under names.
 *
 * @module
 */
import { open, readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { describeFileError, FletchError, replaceFile } from '@fletch/base';

/** Bytes of an object: from `from` to before `to`. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** Named bytes: a folder, or a bucket. */
export interface ObjectStore {
  /**
   * @param range - default: all
   * @throws FletchError `NOT_FOUND` with the name, `CORRUPT` when it ends before the range does
   */
  get(key: string, range?: ByteRange): Promise<Uint8Array>;
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Names that begin with `prefix`, sorted. */
  list(prefix: string): Promise<string[]>;
}

export function missingObject(key: string, place: string, cause?: unknown): FletchError {
  return new FletchError('NOT_FOUND', `There is no ${key} in ${place}: push the index again.`, {
    details: { key },
    cause,
  });
}

export function shortObject(key: string, expected: number, actual: number): FletchError {
  return new FletchError('CORRUPT', `${key} gave ${actual} of ${expected} bytes: push the index again.`, {
    details: { key, expected, actual },
  });
}

/** A folder as an object store. */
export function folderObjects(folder: string): ObjectStore {
  const pathOf = (key: string): string => {
    if (key.split('/').some((part) => part === '' || part === '.' || part === '..') || key.includes('\\'))
      throw new FletchError('UNSAFE_PATH', `"${key}" is no name of an object.`, { details: { key } });
    return join(folder, ...key.split('/'));
  };
  return {
    async get(key, range) {
      try {
        return range ? await readRange(pathOf(key), key, range) : await readFile(pathOf(key));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ENOENT' || code === 'ENOTDIR') throw missingObject(key, folder, error);
        throw describeFileError(error, pathOf(key));
      }
    },
    put: (key, bytes) => replaceFile(pathOf(key), (file) => file.writeFile(bytes)),
    async list(prefix) {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
        .filter((key) => key.startsWith(prefix))
        .sort();
    },
  };
}

async function readRange(path: string, key: string, { from, to }: ByteRange): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const bytes = new Uint8Array(to - from);
    let done = 0;
    while (done < bytes.length) {
      const { bytesRead } = await file.read(bytes, done, bytes.length - done, from + done);
      if (bytesRead === 0) throw shortObject(key, bytes.length, done);
      done += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}
