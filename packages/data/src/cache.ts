/**
 * Things that are made once and kept.
 *
 * @module
 */
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheFolder, describeFileError } from '@fletch/base';

/**
 * The folder `name` of the cache, made on first use: `make` fills a temporary folder, which then takes the name.
 * Stopped half-way, nothing is left under the name. Two processes may make it at once; the first one wins.
 *
 * @param name - path below the cache folder, with forward slashes
 * @throws FletchError `DISK_FULL` or `IO`, and what `make` throws
 */
export async function cachedFolder(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const final = join(cacheFolder(), name);
  if (await exists(final)) return final;
  let temporary: string | undefined;
  try {
    await mkdir(dirname(final), { recursive: true });
    temporary = await mkdtemp(`${final}.`);
    await make(temporary);
    await rename(temporary, final);
    return final;
  } catch (error) {
    if (temporary) await rm(temporary, { recursive: true, force: true });
    if (await exists(final)) return final;
    throw describeFileError(error, final);
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
