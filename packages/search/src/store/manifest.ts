/**
 * The small files that say what a folder is: `fletch.json` of a store, `collection.json` of a collection. Each ends
 * with a checksum of the rest; those of earlier versions have none.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { describeFileError, FletchError, replaceFile, syncFolder } from '@fletch/base';
import type { VectorSpec } from './vectors.js';

/** Major number of a store's layout. */
export const formatMajor = 1;
/** Major number of a collection's layout. In format 1 the values of the tables have no checksums. */
export const collectionFormat = 2;

/** What stands in `collection.json`. */
export interface CollectionManifest {
  readonly format: number;
  readonly uuid: string;
  readonly name: string;
  readonly vectors: readonly VectorSpec[];
  /** Folder of the collection whose place this one takes; it is removed when both are found. */
  readonly replaces?: string;
}

/**
 * Makes sure that `path` is a store, creating one in a folder that is empty or not there yet.
 *
 * @returns its real path
 * @throws FletchError `INVALID_ARGUMENT` for anything else, `FORMAT_TOO_NEW`, `CORRUPT`
 */
export async function prepareStore(path: string): Promise<string> {
  try {
    await makeFolder(path);
    const folder = await realpath(path);
    const manifest = join(folder, 'fletch.json');
    const entries = await readdir(folder);
    if (entries.includes('fletch.json')) {
      const content = await readManifest(manifest, formatMajor);
      if (content.fletch !== 'store')
        throw new FletchError('CORRUPT', `${manifest} does not describe a store.`);
      return folder;
    }
    if (entries.some((entry) => !entry.startsWith('fletch.json.')))
      throw new FletchError(
        'INVALID_ARGUMENT',
        `${path} is not empty and is not a Fletch store (it has no fletch.json). Choose another folder.`,
        { details: { path } },
      );
    await writeManifest(manifest, { fletch: 'store', format: formatMajor, uuid: randomUUID() });
    return folder;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST' || code === 'ENOTDIR' || code === 'ELOOP')
      throw new FletchError('INVALID_ARGUMENT', `${path} is not a folder.`, {
        details: { path },
        cause: error,
      });
    throw describeFileError(error, path);
  }
}

/** Makes a folder, with those above it, so that a power cut does not take it away again. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let made = resolve(path); made.length >= first.length; made = dirname(made))
    await syncFolder(dirname(made));
}

/**
 * Reads a collection's manifest.
 *
 * @throws FletchError `CORRUPT`, `FORMAT_TOO_NEW`
 */
export async function readCollectionManifest(folder: string): Promise<CollectionManifest> {
  const path = join(folder, 'collection.json');
  const content = (await readManifest(path, collectionFormat)) as unknown as CollectionManifest;
  if (typeof content.name !== 'string' || typeof content.uuid !== 'string' || !Array.isArray(content.vectors))
    throw new FletchError('CORRUPT', `${path} is damaged: name, uuid or vectors are missing.`, {
      details: { path },
    });
  return content;
}

/** Writes a manifest durably. */
export async function writeManifest(path: string, content: object): Promise<void> {
  const { checksum: _old, ...rest } = content as { checksum?: string };
  await replaceFile(path, async (file) => {
    await file.writeFile(`${JSON.stringify({ ...rest, checksum: checksumOf(rest) }, null, 2)}\n`);
  });
}

/** CRC-32 of the JSON text without spaces, in hexadecimal. */
function checksumOf(content: object): string {
  return crc32(JSON.stringify(content)).toString(16).padStart(8, '0');
}

/**
 * Reads a small JSON file and checks its checksum, if it has one.
 *
 * @throws FletchError `CORRUPT`, `FORMAT_TOO_NEW`, `IO`
 */
export async function readManifest(path: string, supported: number): Promise<Record<string, unknown>> {
  await stat(path).catch((error: unknown) => {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? new FletchError('CORRUPT', `${path} is missing.`, { details: { path } })
      : describeFileError(error, path);
  });
  const corrupt = (what: string, cause?: unknown, details = {}) =>
    new FletchError('CORRUPT', `${path} is damaged: ${what}.`, { details: { path, ...details }, cause });
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw describeFileError(error, path);
  });
  let content: Record<string, unknown>;
  try {
    content = JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw corrupt('it is not JSON', error);
  }
  if (typeof content?.format !== 'number' || !Number.isInteger(content.format) || content.format < 1)
    throw corrupt('it names no format');
  const { checksum, ...rest } = content;
  if (checksum !== undefined && checksum !== checksumOf(rest))
    throw corrupt('it does not match its checksum', undefined, { name: content.name });
  if (content.format > supported)
    throw new FletchError(
      'FORMAT_TOO_NEW',
      `${path} was written by a newer version of Fletch (format ${content.format}; this one reads ${supported}). Update Fletch.`,
      { details: { path, name: content.name, format: content.format, supported } },
    );
  return rest;
}
