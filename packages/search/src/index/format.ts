/**
 * The frame of a snapshot file: a header with a table of sections, each with its length and checksum.
 *
 * ```text
 * 0   8 bytes  magic "FLETCHIX"
 * 8   u32      format version
 * 12  u32      number of sections
 * 16  per section 32 bytes: name (12, zero padded), crc32 (u32), offset (f64), length (f64)
 * …   u32      crc32 of everything above
 * …   the sections
 * ```
 *
 * All numbers are little endian.
 *
 * @module
 */
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { FletchError } from '@fletch/base';

const MAGIC = 'FLETCHIX';
/** The newest version; newer ones are refused. */
export const FORMAT_VERSION = 2;
/** The version written: 2 where rows are codes, which the first version did not know. */
export const PLAIN_VERSION = 1;
export const CODED_VERSION = 2;
/** Where the version stands. */
export const VERSION_AT = 8;
const TABLE_START = 16;
const ENTRY_BYTES = 32;
const MAX_SECTIONS = 64;

/** Where a section lies in the file. */
export interface Section {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
  readonly crc: number;
}

export function corrupt(path: string, what: string, details: Record<string, unknown> = {}): FletchError {
  return new FletchError('CORRUPT', `The snapshot ${path} is damaged: ${what}. Build the index again.`, {
    details: { path, ...details },
  });
}

/** Bytes of a header for `count` sections. */
export function headerBytes(count: number): number {
  return TABLE_START + count * ENTRY_BYTES + 4;
}

export function encodeHeader(sections: readonly Section[], version: number): Buffer {
  const header = Buffer.alloc(headerBytes(sections.length));
  header.write(MAGIC, 0, 'latin1');
  header.writeUInt32LE(version, VERSION_AT);
  header.writeUInt32LE(sections.length, 12);
  sections.forEach(({ name, crc, offset, length }, i) => {
    const at = TABLE_START + i * ENTRY_BYTES;
    header.write(name, at, 12, 'latin1');
    header.writeUInt32LE(crc, at + 12);
    header.writeDoubleLE(offset, at + 16);
    header.writeDoubleLE(length, at + 24);
  });
  header.writeUInt32LE(crc32(header.subarray(0, -4)), header.length - 4);
  return header;
}

/**
 * Reads and checks the header.
 *
 * @throws FletchError `CORRUPT` or `FORMAT_TOO_NEW`
 */
export async function readHeader(file: FileHandle, path: string): Promise<Map<string, Section>> {
  const { size } = await file.stat();
  const start = Buffer.alloc(TABLE_START);
  await readExactly(file, start, 0, path, 'header');
  if (start.toString('latin1', 0, 8) !== MAGIC)
    throw corrupt(path, 'it does not begin like a snapshot', { offset: 0 });
  const version = start.readUInt32LE(8);
  if (version > FORMAT_VERSION)
    throw new FletchError(
      'FORMAT_TOO_NEW',
      `The snapshot ${path} has format ${version}, but this version of Fletch reads up to ${FORMAT_VERSION}: update Fletch.`,
      { details: { path, version, supported: FORMAT_VERSION } },
    );
  const count = start.readUInt32LE(12);
  if (version === 0 || count > MAX_SECTIONS) throw corrupt(path, 'its header is not valid', { offset: 8 });
  const header = Buffer.alloc(headerBytes(count));
  await readExactly(file, header, 0, path, 'header');
  if (crc32(header.subarray(0, -4)) !== header.readUInt32LE(header.length - 4))
    throw corrupt(path, 'its header does not match its checksum', { offset: 0 });
  const sections = new Map<string, Section>();
  for (let i = 0; i < count; i++) {
    const at = TABLE_START + i * ENTRY_BYTES;
    const section = {
      name: header.toString('latin1', at, at + 12).replace(/\0+$/, ''),
      crc: header.readUInt32LE(at + 12),
      offset: header.readDoubleLE(at + 16),
      length: header.readDoubleLE(at + 24),
    };
    if (!(section.offset >= header.length && section.length >= 0 && section.offset + section.length <= size))
      throw corrupt(path, `section "${section.name}" ends at ${section.offset + section.length} of ${size}`, {
        section: section.name,
        offset: size,
      });
    sections.set(section.name, section);
  }
  return sections;
}

/** Fills `target` from `offset` on. */
export async function readExactly(
  file: FileHandle,
  target: Uint8Array,
  offset: number,
  path: string,
  section: string,
): Promise<void> {
  let done = 0;
  while (done < target.length) {
    const { bytesRead } = await file.read(target, done, target.length - done, offset + done);
    if (bytesRead === 0)
      throw corrupt(path, `it ends inside ${section} at byte ${offset + done}`, {
        section,
        offset: offset + done,
      });
    done += bytesRead;
  }
}

/** Writes all of `source` at `offset`. */
export async function writeExactly(file: FileHandle, source: Uint8Array, offset: number): Promise<void> {
  let done = 0;
  while (done < source.length) {
    const { bytesWritten } = await file.write(source, done, source.length - done, offset + done);
    done += bytesWritten;
  }
}
