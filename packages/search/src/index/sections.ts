/**
 * Whole files of named sections, in the frame of a snapshot.
 *
 * @module
 */
import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { describeFileError, FletchError, replaceFile } from '@fletch/base';
import {
  corrupt,
  encodeHeader,
  headerBytes,
  PLAIN_VERSION,
  readExactly,
  readHeader,
  type Section,
  writeExactly,
} from './format.js';

/**
 * Writes sections in their order; the file is replaced as a whole.
 *
 * @throws FletchError `DISK_FULL` or `IO`
 */
export async function writeSections(
  path: string,
  content: Readonly<Record<string, Uint8Array>>,
): Promise<void> {
  await replaceFile(path, async (file) => {
    let offset = headerBytes(Object.keys(content).length);
    const sections: Section[] = [];
    for (const [name, bytes] of Object.entries(content)) {
      await writeExactly(file, bytes, offset);
      sections.push({ name, crc: crc32(bytes), offset, length: bytes.length });
      offset += bytes.length;
    }
    await writeExactly(file, encodeHeader(sections, PLAIN_VERSION), 0);
  });
}

/**
 * Reads and checks all sections; each has a buffer of its own.
 *
 * @throws FletchError `NOT_FOUND`, `CORRUPT` naming the section, `FORMAT_TOO_NEW`
 */
export async function readSections(path: string): Promise<Map<string, Uint8Array>> {
  const file = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT')
      throw new FletchError('NOT_FOUND', `There is no file ${path}.`, { details: { path }, cause });
    throw describeFileError(cause, path);
  });
  try {
    const read = new Map<string, Uint8Array>();
    for (const [name, { offset, length, crc }] of await readHeader(file, path)) {
      const bytes = new Uint8Array(length);
      await readExactly(file, bytes, offset, path, name);
      if (crc32(bytes) !== crc)
        throw corrupt(path, `section "${name}" (byte ${offset} on) does not match its checksum`, {
          section: name,
          offset,
        });
      read.set(name, bytes);
    }
    return read;
  } finally {
    await file.close();
  }
}
