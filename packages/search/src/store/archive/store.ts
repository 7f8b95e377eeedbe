/**
 * Snapshots and copies of a whole store.
 *
 * @module
 */
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describeFileError, FletchError, syncFolder } from '@fletch/base';
import { formatMajor, makeFolder, readManifest, writeManifest } from '../manifest.js';
import type { SnapshotFolder } from './folder.js';
import { archiveFormat } from './format.js';
import { packFolder } from './pack.js';
import { unpack } from './unpack.js';

/** A collection as these functions need it. */
export interface Copied {
  readonly name: string;
  readonly uuid: string;
  /** Copies tables, indexes and manifest into an empty folder. */
  copy(folder: string): Promise<void>;
}

export type AliasPairs = readonly (readonly [alias: string, collection: string])[];

/** Makes a snapshot of the store: one of each collection, and the aliases, in one file. */
export function createStoreSnapshot(
  place: SnapshotFolder,
  collections: readonly Copied[],
  aliases: () => AliasPairs,
) {
  return place.createFrom({ fletch: 'snapshot', format: archiveFormat, kind: 'store' }, async (folder) => {
    const names: string[] = [];
    for (const { name, copy } of collections) {
      const part = join(folder, 'part');
      await mkdir(part);
      await copy(part);
      const file = `collection-${names.length}.snapshot`;
      const head = { fletch: 'snapshot', format: archiveFormat, kind: 'collection', name } as const;
      await packFolder(join(folder, file), part, (await readdir(part)).filter(isKept).sort(), head);
      await rm(part, { recursive: true });
      names.push(file);
    }
    await writeManifest(join(folder, 'aliases.json'), aliasFile(aliases()));
    return ['aliases.json', ...names];
  });
}

/**
 * Copies collections and aliases into a folder that must not be there yet, or be empty. It appears as a whole, when
 * it is finished.
 *
 * @throws FletchError `INVALID_ARGUMENT`, `DISK_FULL`, `IO`
 */
export async function copyStore(
  path: string,
  storeUuid: string,
  collections: readonly Copied[],
  aliases: () => AliasPairs,
  onCollection: (name: string) => void = () => undefined,
): Promise<void> {
  await intoNewFolder(path, async (folder) => {
    for (const { name, uuid, copy } of collections) {
      onCollection(name);
      const target = join(folder, 'collections', uuid);
      await makeFolder(target);
      await copy(target);
      await rm(join(target, 'lock.mdb'), { force: true });
      await syncFolder(target);
    }
    await makeFolder(join(folder, 'collections'));
    await writeManifest(join(folder, 'aliases.json'), aliasFile(aliases()));
    await writeManifest(join(folder, 'fletch.json'), {
      fletch: 'store',
      format: formatMajor,
      uuid: storeUuid,
    });
  });
}

/**
 * Unpacks a snapshot of a store into collections' snapshot files and their aliases.
 *
 * @param use - gets the files, which are gone afterwards
 * @throws FletchError `CORRUPT`, `FORMAT_TOO_NEW`, `DISK_FULL`, `IO`
 */
export async function withStoreSnapshot<T>(
  file: string,
  temporary: string,
  use: (snapshots: readonly string[], aliases: AliasPairs) => Promise<T>,
): Promise<T> {
  await makeFolder(temporary);
  try {
    const { names } = await unpack(file, temporary, 'store');
    const { aliases } = await readManifest(join(temporary, 'aliases.json'), formatMajor);
    const files = names.filter((name) => name.endsWith('.snapshot')).map((name) => join(temporary, name));
    return await use(files, aliases as AliasPairs);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Lets `fill` work on a folder beside `path`, which takes its place when it is finished. */
export async function intoNewFolder(path: string, fill: (folder: string) => Promise<void>): Promise<void> {
  const target = resolve(path);
  const entries = await readdir(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    if (error.code === 'ENOTDIR')
      throw new FletchError('INVALID_ARGUMENT', `${path} is not a folder.`, { details: { path } });
    throw describeFileError(error, path);
  });
  if (entries && entries.length > 0)
    throw new FletchError('INVALID_ARGUMENT', `${path} is not empty. Choose another folder.`, {
      details: { path },
    });
  const unfinished = `${target}.${process.pid}.new`;
  try {
    await rm(unfinished, { recursive: true, force: true });
    await makeFolder(unfinished);
    await fill(unfinished);
    await syncFolder(unfinished);
    if (entries) await rm(target, { recursive: true });
    await rename(unfinished, target);
    await syncFolder(join(target, '..'));
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true }).catch(() => undefined);
    throw describeFileError(error, path);
  }
}

function aliasFile(aliases: AliasPairs) {
  return { fletch: 'aliases', format: formatMajor, aliases };
}

function isKept(name: string): boolean {
  return name !== 'lock.mdb';
}
