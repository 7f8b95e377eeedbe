/**
 * Copies of a collection's index files, which are replaced as a whole and never changed.
 *
 * @module
 */
import { constants, copyFile, link, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Files of a collection's folder that are derived from its tables. */
export function isIndexFile(name: string): boolean {
  return /^index-[\w-]+\.snapshot$/.test(name);
}

/** Puts the index files of `from` into `to`, as links where both are on one disk. */
export async function copyIndexes(from: string, to: string): Promise<void> {
  for (const name of (await readdir(from)).filter(isIndexFile))
    await link(join(from, name), join(to, name)).catch(() =>
      copyFile(join(from, name), join(to, name), constants.COPYFILE_FICLONE),
    );
}
