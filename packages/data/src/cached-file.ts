/**
 * Files that are made once and kept, with their checksums beside them: a damaged one is made again.
 *
 * @module
 */
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheFolder, FletchError, replaceFile } from '@fletch/base';
import { sha256 } from './npm/files.js';

/**
 * The content of the file `name` of the cache; `make` makes it when it is missing or damaged.
 *
 * @param name - path below the cache folder, with forward slashes
 * @param expected - the SHA-256 that the content must have; without it, the one it had when it was made
 * @throws FletchError `CORRUPT` when what was made is not what was expected; `DISK_FULL`, `IO`, and what `make` throws
 */
export async function cachedFile(
  name: string,
  make: () => Promise<Uint8Array>,
  expected?: string,
): Promise<Buffer> {
  const path = join(cacheFolder(), name);
  const known = expected ?? (await readFile(`${path}.sha256`, 'utf8').catch(() => undefined));
  if (known !== undefined) {
    const kept = await readFile(path).catch(() => undefined);
    if (kept && sha256(kept) === known) return kept;
  }
  const made = await make();
  const digest = sha256(made);
  if (expected !== undefined && digest !== expected)
    throw new FletchError(
      'CORRUPT',
      `What was made for ${name} is not what was expected (SHA-256 ${digest} instead of ${expected}): its source has changed.`,
      { details: { name, found: digest, expected } },
    );
  await mkdir(dirname(path), { recursive: true });
  await replaceFile(path, (file) => file.writeFile(made));
  if (expected === undefined) await replaceFile(`${path}.sha256`, (file) => file.writeFile(digest));
  return Buffer.from(made.buffer, made.byteOffset, made.byteLength);
}
