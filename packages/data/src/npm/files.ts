/**
 * Files of npm packages whose content is known.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { cacheFolder, FletchError, throwIfAborted } from '@fletch/base';
import { type NpmPackage, packageKey, type ResolveOptions, resolveNpmPackage } from './package.js';

/** The SHA-256 of some bytes, in hexadecimal digits. */
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/**
 * Reads files of a package and compares them with their checksums. When one in the cache is damaged, the package is fetched
 * again, once.
 *
 * @param files - paths in the package, with the SHA-256 of each
 * @returns their contents, in that order
 * @throws FletchError what {@link resolveNpmPackage} throws; `CORRUPT` naming the file that is damaged
 */
export async function readNpmFiles(
  wanted: NpmPackage,
  files: Readonly<Record<string, string>>,
  options: ResolveOptions = {},
): Promise<Buffer[]> {
  const folder = await resolveNpmPackage(wanted, options);
  const contents = await tryRead(folder, files, options);
  if (typeof contents !== 'string') return contents;
  const inCache = folder.startsWith(cacheFolder() + sep);
  if (inCache) {
    options.onProgress?.({ done: 0, total: 1, stage: `${contents} is damaged, fetching it again` });
    // The package's own folder in the cache, not that of the package alone: what is missing there would not be fetched.
    await rm(join(cacheFolder(), 'npm', packageKey(wanted)), { recursive: true, force: true });
    const again = await tryRead(await resolveNpmPackage(wanted, options), files, options);
    if (typeof again !== 'string') return again;
  }
  throw new FletchError(
    'CORRUPT',
    `${join(folder, contents)} is not the file that ${wanted.name}@${wanted.version} holds: ${
      inCache ? 'its content has changed at the registry' : 'reinstall the package'
    }.`,
    { details: { package: wanted.name, file: contents } },
  );
}

/** The contents, or the first file that is not as it should be. */
async function tryRead(
  folder: string,
  files: Readonly<Record<string, string>>,
  { signal }: ResolveOptions,
): Promise<Buffer[] | string> {
  const contents: Buffer[] = [];
  for (const [file, expected] of Object.entries(files)) {
    throwIfAborted(signal);
    const content = await readFile(join(folder, file)).catch(() => undefined);
    if (!content || sha256(content) !== expected) return file;
    contents.push(content);
  }
  return contents;
}
