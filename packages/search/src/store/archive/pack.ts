/**
 * Writing of snapshot files.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describeFileError } from '@fletch/base';
import { type Pack, pack } from 'tar-stream';
import { type ArchiveHead, type Checksums, HEAD, SUMS } from './format.js';

/**
 * Packs files of a folder into one file, which is on disk when this resolves.
 *
 * @param names - in the order in which they are to stand
 * @returns the SHA-256 of the whole file, in hexadecimal
 * @throws FletchError `DISK_FULL`, `IO`
 */
export async function packFolder(
  path: string,
  folder: string,
  names: readonly string[],
  head: ArchiveHead,
): Promise<string> {
  const tar = pack();
  const whole = createHash('sha256');
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      whole.update(chunk);
      done(null, chunk);
    },
  });
  try {
    await Promise.all([
      pipeline(tar, hashing, createWriteStream(path, { flags: 'wx' })),
      fill(tar, folder, names, head).catch((error: Error) => {
        tar.destroy(error);
        throw error;
      }),
    ]);
    const file = await open(path, 'r');
    await file.sync().finally(() => file.close());
  } catch (error) {
    throw describeFileError(error, path);
  }
  return whole.digest('hex');
}

async function fill(tar: Pack, folder: string, names: readonly string[], head: ArchiveHead): Promise<void> {
  const sums: { -readonly [F in keyof Checksums]: Checksums[F] } = {};
  const text = async (name: string, value: object) => {
    const content = Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
    sums[name] = { size: content.length, sha256: createHash('sha256').update(content).digest('hex') };
    await new Promise<void>((resolve, reject) =>
      tar.entry({ name, mtime: new Date(0) }, content, (error) => (error ? reject(error) : resolve())),
    );
  };
  await text(HEAD, head);
  for (const name of names) {
    const { size } = await stat(join(folder, name));
    const hash = createHash('sha256');
    const entry = tar.entry({ name, size, mtime: new Date(0) });
    await pipeline(
      createReadStream(join(folder, name), { highWaterMark: 2 ** 20, end: Math.max(0, size - 1) }),
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          yield chunk;
        }
      },
      entry,
    );
    sums[name] = { size, sha256: hash.digest('hex') };
  }
  await text(SUMS, sums);
  tar.finalize();
}
