/**
 * The folders of collections, and how one goes away or takes the place of another.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isFletchError, syncFolder } from '@fletch/base';
import { readCollectionManifest } from './manifest.js';

/** Begins the names of folders that are not collections yet. */
export const NEW = '.new-';
/** Begins the names of folders that are collections no longer. */
export const GONE = '.gone-';

/**
 * The folders of collections in `home`, once what was left unfinished is tidied up: a collection whose place another
 * one took is removed.
 */
export async function collectionFolders(home: string): Promise<string[]> {
  const all = await readdir(home);
  // What cannot be removed stands in nobody's way, and is tried again the next time.
  for (const entry of all.filter((each) => each.startsWith(NEW) || each.startsWith(GONE)))
    await rm(join(home, entry), { recursive: true, force: true }).catch(() => undefined);
  const entries = all.filter((each) => !each.startsWith('.'));
  const replaced = new Set<string>();
  for (const entry of entries) {
    const manifest = await readCollectionManifest(join(home, entry)).catch((error: unknown) => {
      // One that cannot be read now may replace another: both must not be opened.
      if (isFletchError(error, 'IO')) throw error;
      return undefined;
    });
    if (manifest?.uuid === entry && manifest.replaces) replaced.add(manifest.replaces);
  }
  for (const entry of entries.filter((each) => replaced.has(each)))
    await removeFolder(home, join(home, entry));
  return entries.filter((entry) => !replaced.has(entry));
}

/** Removes the folder of a collection: at once by its name, then its files. One that is gone is no error. */
export async function removeFolder(home: string, folder: string): Promise<void> {
  const gone = join(home, GONE + randomUUID());
  await rename(folder, gone).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await syncFolder(home);
  // What is left of it is removed when the store is next opened.
  await rm(gone, { recursive: true, force: true }).catch(() => undefined);
}
