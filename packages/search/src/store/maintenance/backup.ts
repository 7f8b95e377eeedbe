/**
 * Copies of a store that may be open in another process, and stores made of snapshots.
 *
 * @module
 */
import { copyFile, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { FletchError, isFletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { readSnapshotOwner } from '../../index/snapshot.js';
import { readSpecs, type VectorSpec } from '../../space/spec.js';
import { Aliases } from '../aliases.js';
import { copyIndexes, isIndexFile } from '../archive/copy.js';
import {
  type AliasPairs,
  type Copied,
  copyStore,
  intoNewFolder,
  withStoreSnapshot,
} from '../archive/store.js';
import { unpack } from '../archive/unpack.js';
import { checkData } from '../check-data.js';
import { Environment } from '../environment.js';
import { lockStore } from '../lock.js';
import { formatMajor, readCollectionManifest, readManifest } from '../manifest.js';
import { open } from '../open.js';
import { storeFolder } from './verify.js';

/** Tries to copy an index that fits the tables beside it, while another process saves newer ones. */
const TRIES = 3;

/** The copy, and the collections in it. */
export interface BackupReport {
  readonly path: string;
  readonly collections: readonly string[];
}

/**
 * Copies a store into a new folder that can be opened as one. It may be open in another process, which goes on; in
 * this process use `store.backup`.
 *
 * @throws FletchError `LOCKED` when this process has it open, `INVALID_ARGUMENT`, `CORRUPT`, `DISK_FULL`, `IO`
 */
export async function backup(store: string, out: string, options: LongWork = {}): Promise<BackupReport> {
  const path = await storeFolder(store);
  const release = await lockStore(path).catch((error: unknown) => {
    if (isFletchError(error, 'LOCKED') && error.details.pid !== process.pid) return undefined;
    throw error;
  });
  try {
    const home = join(path, 'collections');
    const collections: Copied[] = [];
    for (const entry of (await readdir(home)).filter((each) => !each.startsWith('.')).sort()) {
      const folder = join(home, entry);
      const { name } = await readCollectionManifest(folder);
      collections.push({ name, uuid: entry, copy: (target) => copyCollection(folder, target) });
    }
    const { uuid } = await readManifest(join(path, 'fletch.json'), formatMajor);
    const aliases = await Aliases.open(join(path, 'aliases.json'));
    const pairs = () => aliases.list().map((each) => [each.alias_name, each.collection_name] as const);
    let done = 0;
    await copyStore(out, String(uuid), collections, pairs, (name) => {
      throwIfAborted(options.signal);
      options.onProgress?.({ done: done++, total: collections.length, stage: `copying "${name}"` });
    });
    return { path: resolve(out), collections: collections.map(({ name }) => name) };
  } finally {
    await release?.();
  }
}

/** Copies the files of a collection that another process may be writing to. */
async function copyCollection(folder: string, target: string): Promise<void> {
  const manifest = await readCollectionManifest(folder);
  await copyFile(join(folder, 'collection.json'), join(target, 'collection.json'));
  await copyIndexes(folder, target);
  const specs = [...readSpecs(manifest.vectors).values()];
  const sealed = manifest.format >= 2;
  const source = new Environment(folder, specs, { sealed, readOnly: true });
  try {
    for (let attempt = 1; ; attempt++) {
      await rm(join(target, 'data.mdb'), { force: true });
      await source.copyTo(target);
      const stale = await staleIndexes(target, specs, sealed);
      if (stale.length === 0) break;
      for (const file of (await readdir(target)).filter(isIndexFile)) await rm(join(target, file));
      // Without a snapshot an index is built when the copy is opened.
      if (attempt === TRIES) break;
      await copyIndexes(folder, target);
    }
  } finally {
    await source.close();
  }
  await checkData(join(target, 'data.mdb'), { whole: true });
}

/** Indexes that are too old, or too new, for the tables beside them. */
async function staleIndexes(
  folder: string,
  specs: readonly VectorSpec[],
  sealed: boolean,
): Promise<string[]> {
  const copy = new Environment(folder, specs, { sealed });
  try {
    const version = Number(copy.fact('version') ?? 0);
    const logStart = Number(copy.fact('logStart') ?? 0);
    const stale: string[] = [];
    for (const file of (await readdir(folder)).filter(isIndexFile)) {
      const owner = await readSnapshotOwner(join(folder, file)).catch(() => undefined);
      const at = Number(owner?.version);
      if (!(at >= logStart && at <= version)) stale.push(file);
    }
    return stale;
  } finally {
    await copy.close();
  }
}

/**
 * Makes a store of a snapshot: of a whole store, or of one collection.
 *
 * @throws FletchError `INVALID_ARGUMENT`, `NOT_FOUND`, `CORRUPT`, `FORMAT_TOO_NEW`, `DISK_FULL`, `IO`
 */
export async function restore(snapshot: string, out: string, options: LongWork = {}): Promise<BackupReport> {
  const collections: string[] = [];
  await intoNewFolder(out, async (folder) => {
    const store = await open(folder);
    try {
      const one = async (file: string) => {
        throwIfAborted(options.signal);
        const { head } = await unpack(file, undefined, 'collection');
        const name = head.name ?? 'collection';
        options.onProgress?.({ done: collections.length, stage: `restoring "${name}"` });
        await store.recoverSnapshot(name, { path: file });
        collections.push(name);
      };
      const many = async (files: readonly string[], aliases: AliasPairs) => {
        for (const file of files) await one(file);
        await store.updateAliases(
          aliases.map(([alias_name, collection_name]) => ({ create_alias: { alias_name, collection_name } })),
        );
      };
      const whole = await isStoreSnapshot(snapshot);
      if (whole) await withStoreSnapshot(snapshot, join(folder, 'temporary', 'store'), many);
      else await one(snapshot);
    } finally {
      await store.close();
    }
  });
  return { path: resolve(out), collections };
}

async function isStoreSnapshot(path: string): Promise<boolean> {
  try {
    await unpack(path, undefined, 'store');
    return true;
  } catch (error) {
    if (error instanceof FletchError && error.code === 'INVALID_ARGUMENT') return false;
    throw error;
  }
}
