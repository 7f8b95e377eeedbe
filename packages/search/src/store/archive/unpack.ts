/**
 * Reading of snapshot files: checked before, while and after they are unpacked.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describeFileError, FletchError, isFletchError, syncFolder } from '@fletch/base';
import { extract } from 'tar-stream';
import {
  type ArchiveHead,
  type ArchiveKind,
  archiveFormat,
  badArchive,
  type Checksums,
  HEAD,
  SUMS,
} from './format.js';
import { scanArchive } from './scan.js';

/**
 * Unpacks a snapshot into an empty folder; its files are on disk when this resolves. The two files that describe
 * the snapshot itself are not written.
 *
 * @param folder - undefined to check only
 * @throws FletchError `CORRUPT` when anything does not fit, `FORMAT_TOO_NEW`, `DISK_FULL`, `IO`
 */
export async function unpack(
  path: string,
  folder: string | undefined,
  kind: ArchiveKind,
): Promise<{ head: ArchiveHead; names: string[] }> {
  try {
    await scanArchive(path);
    const seen = new Map<string, { size: number; sha256: string }>();
    const texts = new Map<string, string>();
    const entries = extract();
    const feeding = pipeline(createReadStream(path, { highWaterMark: 2 ** 20 }), entries);
    feeding.catch(() => undefined);
    for await (const entry of entries) {
      const { name } = entry.header;
      const described = name === HEAD || name === SUMS;
      const hash = createHash('sha256');
      let size = 0;
      const parts: Buffer[] = [];
      const looking = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          hash.update(chunk);
          size += chunk.length;
          if (described) parts.push(chunk);
          done(null, described || folder === undefined ? undefined : chunk);
        },
      });
      if (described || folder === undefined) await pipeline(entry, looking.resume());
      else await pipeline(entry, looking, createWriteStream(join(folder, name), { flags: 'wx' }));
      if (described) texts.set(name, Buffer.concat(parts).toString());
      if (name !== SUMS) seen.set(name, { size, sha256: hash.digest('hex') });
    }
    await feeding;
    const head = readHead(path, texts.get(HEAD), kind);
    compare(path, seen, parse<Checksums>(path, texts.get(SUMS)));
    const names = [...seen.keys()].filter((name) => name !== HEAD);
    if (folder !== undefined) await sync(folder, names);
    return { head, names };
  } catch (error) {
    if (isFletchError(error)) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new FletchError('NOT_FOUND', `There is no snapshot ${path}.`, {
        details: { path },
        cause: error,
      });
    const described = describeFileError(error, path);
    throw isFletchError(described) ? described : badArchive(path, (error as Error).message, error);
  }
}

function readHead(path: string, text: string | undefined, kind: ArchiveKind): ArchiveHead {
  const head = parse<ArchiveHead>(path, text);
  if (head.fletch !== 'snapshot' || !Number.isInteger(head.format))
    throw badArchive(path, 'its head is not valid');
  if (head.format > archiveFormat)
    throw new FletchError(
      'FORMAT_TOO_NEW',
      `The snapshot ${path} was written by a newer version of Fletch (format ${head.format}; this one reads ${archiveFormat}). Update Fletch.`,
      { details: { path, format: head.format, supported: archiveFormat } },
    );
  if (head.kind !== kind)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `The snapshot ${path} is one of a ${String(head.kind)}, not of a ${kind}.`,
      { details: { path, kind: head.kind } },
    );
  return head;
}

function parse<T>(path: string, text: string | undefined): T {
  try {
    const value = JSON.parse(text ?? '') as T;
    if (typeof value === 'object' && value !== null) return value;
  } catch {}
  throw badArchive(path, 'its description is not JSON');
}

function compare(
  path: string,
  seen: ReadonlyMap<string, { size: number; sha256: string }>,
  sums: Checksums,
): void {
  for (const [name, { size, sha256 }] of seen) {
    const expected = Object.hasOwn(sums, name) ? sums[name] : undefined;
    if (expected?.sha256 !== sha256 || expected.size !== size)
      throw badArchive(path, `${name} does not match its checksum`);
  }
  const missing = Object.keys(sums).find((name) => !seen.has(name));
  if (missing !== undefined) throw badArchive(path, `${missing} is missing`);
}

async function sync(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const file = await open(join(folder, name), 'r+');
    await file.sync().finally(() => file.close());
  }
  await syncFolder(folder);
}

/** SHA-256 of a file, in hexadecimal. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 2 ** 20 }), hash).catch((error: unknown) => {
    throw describeFileError(error, path);
  });
  return hash.digest('hex');
}
