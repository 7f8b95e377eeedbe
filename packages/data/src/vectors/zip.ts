/**
 * Files in zip archives, held to what the archive says of them.
 *
 * @module
 */
import type { Readable } from 'node:stream';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { type Bytes, checkInside, describeReadError, invalidFile, openBytes, slice } from './bytes.js';

/** Files of one archive. */
const MAX_ENTRIES = 10_000;

/** Times that a file may be larger than what it is packed into; arrays of anything but zeros stay far below. */
const MAX_RATIO = 200;

/** Below this size the ratio does no harm. */
const HARMLESS = 2 ** 20;

/** Bytes of all files together. */
const MAX_TOTAL = 2 ** 40;

export interface ZipEntry {
  readonly name: string;
  readonly size: number;
  open(): Promise<Bytes>;
}

export interface Zip {
  readonly entries: readonly ZipEntry[];
  close(): Promise<void>;
}

/**
 * Reads the list of files.
 *
 * @throws FletchError `INVALID_INPUT_FILE` also for an archive that would unpack to far more than it is
 */
export async function openZip(path: string): Promise<Zip> {
  const file = await openBytes(path);
  let archive: ZipFile | undefined;
  try {
    archive = await yauzl.openPromise(path, {
      lazyEntries: true,
      autoClose: false,
      validateEntrySizes: true,
    });
    const entries: ZipEntry[] = [];
    let total = 0;
    for await (const entry of archive.eachEntry()) {
      total += entry.uncompressedSize;
      checkEntry(path, entry, entries.length, total);
      entries.push({
        name: entry.fileName,
        size: entry.uncompressedSize,
        open: () => openEntry(path, file, archive!, entry),
      });
    }
    const opened = archive;
    return {
      entries,
      async close() {
        opened.close();
        await file.close();
      },
    };
  } catch (error) {
    archive?.close();
    await file.close();
    throw zipError(path, error);
  }
}

function checkEntry(path: string, entry: Entry, before: number, total: number): void {
  const { fileName, uncompressedSize, compressedSize } = entry;
  if (before >= MAX_ENTRIES) throw invalidFile(path, `it holds more than ${MAX_ENTRIES} files.`);
  if (entry.isEncrypted()) throw invalidFile(path, `${fileName} in it is encrypted.`);
  if (uncompressedSize > HARMLESS && uncompressedSize > MAX_RATIO * compressedSize)
    throw invalidFile(
      path,
      `${fileName} in it would unpack to ${uncompressedSize} bytes from ${compressedSize}, more than ${MAX_RATIO} times: it looks like a zip bomb. If it is not, unpack it yourself.`,
    );
  if (total > MAX_TOTAL) throw invalidFile(path, `it would unpack to more than ${MAX_TOTAL} bytes.`);
}

const STORED = 0;

async function openEntry(path: string, file: Bytes, archive: ZipFile, entry: Entry): Promise<Bytes> {
  const name = `${path}:${entry.fileName}`;
  if (entry.compressionMethod !== STORED) return unpacked(name, path, archive, entry);
  try {
    const { fileDataStart } = await archive.readLocalFileHeaderPromise(entry, { minimal: true });
    checkInside(path, file.size, fileDataStart, entry.uncompressedSize);
    return { ...slice(file, fileDataStart, entry.uncompressedSize, name), close: async () => {} };
  } catch (error) {
    throw zipError(path, error);
  }
}

/** A packed file: reading on is cheap, going back begins anew. */
function unpacked(name: string, path: string, archive: ZipFile, entry: Entry): Bytes {
  let stream: Readable | undefined;
  let chunks: AsyncIterator<Buffer> | undefined;
  let at = 0;
  let rest: Buffer = Buffer.alloc(0);
  const restart = async (): Promise<void> => {
    stream?.destroy();
    stream = await archive.openReadStreamPromise(entry);
    chunks = stream[Symbol.asyncIterator]();
    at = 0;
    rest = Buffer.alloc(0);
  };
  const more = async (): Promise<Buffer> => {
    if (rest.length > 0) return rest;
    const { value, done } = await chunks!.next();
    if (done) throw invalidFile(name, `it ends at byte ${at} instead of ${entry.uncompressedSize}.`);
    rest = value;
    return rest;
  };
  return {
    name,
    size: entry.uncompressedSize,
    seekable: false,
    async read(offset, length) {
      checkInside(name, entry.uncompressedSize, offset, length);
      try {
        if (!chunks || offset < at) await restart();
        const bytes = Buffer.allocUnsafe(length);
        while (at < offset + length) {
          const chunk = await more();
          const take = Math.min(chunk.length, (at < offset ? offset : offset + length) - at);
          if (at >= offset) chunk.copy(bytes, at - offset, 0, take);
          rest = chunk.subarray(take);
          at += take;
        }
        return bytes;
      } catch (error) {
        throw zipError(path, error);
      }
    },
    async close() {
      stream?.destroy();
    },
  };
}

/** The archive reader's own errors are about the content; those of the operating system have codes. */
function zipError(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || error.name === 'FletchError') return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code !== undefined && !code.startsWith('Z_')) return describeReadError(error, path);
  return invalidFile(path, `it is no sound zip archive (${error.message}).`, {}, error);
}
