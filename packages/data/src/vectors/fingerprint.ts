/**
 * Whether a source is still the one that was read before.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';

/** Of the names, sizes and times of files, and of the choices that decide what is read from them. */
export async function fingerprintOf(
  paths: readonly string[],
  ...choices: readonly (string | undefined)[]
): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) {
    const { size, mtimeMs } = await stat(path);
    hash.update(`${basename(path)}\0${size}\0${Math.floor(mtimeMs)}\0`);
  }
  for (const choice of choices) hash.update(`${choice ?? ''}\0`);
  return hash.digest('hex').slice(0, 32);
}
