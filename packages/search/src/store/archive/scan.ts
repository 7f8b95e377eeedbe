/**
 * A look at the headers of a tar file before it is unpacked, so that nothing but plain files with plain names is
 * ever written, and nothing is read into memory because a header says so.
 *
 * @module
 */
import { open } from 'node:fs/promises';
import { badArchive, HEAD, isPlainName, MAX_JSON, SUMS } from './format.js';

const BLOCK = 512;
const MAX_ENTRIES = 100_000;

/**
 * Checks every header.
 *
 * @returns names and sizes in the order of the file
 * @throws FletchError `CORRUPT` for anything that a snapshot does not have: other kinds of entries (links, devices,
 *   long names), paths, two files of one name, entries beyond the end, a missing beginning or end
 */
export async function scanArchive(path: string): Promise<{ name: string; size: number }[]> {
  const file = await open(path, 'r');
  try {
    const { size: end } = await file.stat();
    const entries: { name: string; size: number }[] = [];
    const header = Buffer.alloc(BLOCK);
    for (let at = 0; ; ) {
      const { bytesRead } = await file.read(header, 0, BLOCK, at);
      if (bytesRead < BLOCK) throw badArchive(path, 'it ends too early');
      if (header.every((byte) => byte === 0)) break;
      const entry = readHeader(header, path, at);
      if (at === 0 && entry.name !== HEAD)
        throw badArchive(
          path,
          'it is not a snapshot that Fletch made. Those of Qdrant are read by fletch import',
        );
      if (entries.some(({ name }) => name === entry.name))
        throw badArchive(path, `it holds two files called ${entry.name}`);
      at += BLOCK + Math.ceil(entry.size / BLOCK) * BLOCK;
      if (at > end) throw badArchive(path, `it ends inside ${entry.name}`);
      entries.push(entry);
      if (entries.length > MAX_ENTRIES) throw badArchive(path, 'it holds too many files');
    }
    if (entries.at(-1)?.name !== SUMS) throw badArchive(path, 'its checksums are missing');
    return entries;
  } finally {
    await file.close();
  }
}

function readHeader(header: Buffer, path: string, at: number): { name: string; size: number } {
  const text = (start: number, length: number) =>
    header.toString('latin1', start, start + length).split('\0')[0]!;
  if (Number.parseInt(text(148, 8), 8) !== checksum(header))
    throw badArchive(path, `byte ${at} begins no file`);
  const name = text(0, 100);
  const kind = text(156, 1);
  if ((kind !== '0' && kind !== '') || text(345, 155) !== '' || text(157, 100) !== '' || !isPlainName(name))
    throw badArchive(path, `${JSON.stringify(name)} is not a plain file`);
  const size = readSize(header);
  if (!Number.isSafeInteger(size) || size < 0) throw badArchive(path, `the size of ${name} is not valid`);
  if (name.endsWith('.json') && size > MAX_JSON) throw badArchive(path, `${name} is too large`);
  return { name, size };
}

/** Octal digits, or, for 8 GiB and more, a number in base 256 after a set first bit. */
function readSize(header: Buffer): number {
  if ((header[124]! & 0x80) === 0) {
    const digits = header.toString('latin1', 124, 136).replace(/[\0 ]+$/, '');
    return /^[0-7]{1,12}$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
  }
  let size = 0;
  for (let i = 125; i < 136; i++) size = size * 256 + header[i]!;
  return size;
}

/** The sum of all bytes, those of the sum itself taken as spaces. */
function checksum(header: Buffer): number {
  let sum = 8 * 32;
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += header[i]!;
  return sum;
}
