/**
 * Files that writes had no time to finish, as their process was killed.
 *
 * @module
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isUnfinished } from '@fletch/base';

/** Removes them from a folder and those below it, and checksums of snapshots that are gone. What cannot be removed is tried again the next time. */
export async function removeUnfinished(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const files = new Set(entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name)));
  for (const file of files) {
    const lonely = file.endsWith('.snapshot.checksum') && !files.has(file.slice(0, -'.checksum'.length));
    if (lonely || isUnfinished(file)) await rm(file, { force: true }).catch(() => undefined);
  }
}
