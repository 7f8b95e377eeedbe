/**
 * Files in tar archives, read where they lie: nothing is unpacked. POSIX (ustar, pax) and GNU forms, long names and files
 * with holes among them: https://www.gnu.org/software/tar/manual/html_node/Standard.html
 *
 * @module
 */
import { type Bytes, checkInside, invalidFile, slice } from './bytes.js';

const BLOCK = 512;

/** Files of one archive. */
const MAX_ENTRIES = 1_000_000;

/** Bytes of a long name. */
const MAX_NAME = 65_536;

/** Files by their paths, without `./`; folders and links are left out. */
export type TarFiles = ReadonlyMap<string, Bytes>;

/**
 * Lists the archive.
 *
 * @throws FletchError `INVALID_INPUT_FILE` with the byte where it stops being a tar archive
 */
export async function readTar(bytes: Bytes): Promise<TarFiles> {
  const files = new Map<string, Bytes>();
  let long: { name?: string; size?: number } = {};
  for (let at = 0; at + BLOCK <= bytes.size; ) {
    const header = await bytes.read(at, BLOCK);
    if (header.every((byte) => byte === 0)) break;
    checkSum(bytes, header, at);
    const type = String.fromCharCode(header[156]!);
    let data = at + BLOCK;
    const holes = type === 'S' ? await readHoles(bytes, header, data) : undefined;
    if (holes) data = holes.data;
    const size = long.size ?? readNumber(bytes, header, 124, at);
    checkInside(bytes.name, bytes.size, data, size);
    if (type === 'L' || type === 'x') {
      if (size > MAX_NAME) throw invalidFile(bytes.name, `a name of ${size} bytes begins at byte ${at}.`);
      const text = await bytes.read(data, size);
      long = { ...long, ...(type === 'L' ? { name: cString(text) } : paxOf(text)) };
    } else {
      const name = (long.name ?? nameOf(header)).replace(/^(\.\/)+/, '');
      const label = `${bytes.name}:${name}`;
      if (holes) files.set(name, withHoles(bytes, label, holes, data, size));
      else if (type === '0' || type === '\0') files.set(name, slice(bytes, data, size, label));
      if (files.size > MAX_ENTRIES) throw invalidFile(bytes.name, `it holds more than ${MAX_ENTRIES} files.`);
      long = {};
    }
    at = data + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

/** Whether `head` begins a tar archive. */
export function isTar(head: Buffer): boolean {
  return head.length >= 263 && /^ustar[\0 ]/.test(head.toString('latin1', 257, 263));
}

const cString = (bytes: Buffer): string => bytes.toString('utf8').replace(/\0.*$/s, '');

function nameOf(header: Buffer): string {
  const name = cString(header.subarray(0, 100));
  const posix = header.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = posix ? cString(header.subarray(345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Octal digits, or big-endian with the first bit set. */
function readNumber({ name }: Bytes, header: Buffer, at: number, place: number): number {
  if (header[at]! & 0x80) {
    const value = Number(header.readBigUInt64BE(at + 4));
    if (Number.isSafeInteger(value) && header.readUInt32BE(at) === 0x80000000) return value;
  } else {
    const text = header
      .toString('latin1', at, at + 12)
      .replace(/[\0 ]+$/, '')
      .trim();
    if (/^[0-7]*$/.test(text)) return text === '' ? 0 : Number.parseInt(text, 8);
  }
  throw invalidFile(name, `the header at byte ${place} has no sound size.`, { offset: place });
}

function checkSum({ name }: Bytes, header: Buffer, at: number): void {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : header[i]!;
  const stored = Number.parseInt(header.toString('latin1', 148, 156).replace(/[\0 ]+$/, ''), 8);
  if (sum !== stored)
    throw invalidFile(name, `it is no sound tar archive: the header at byte ${at} is damaged.`, {
      offset: at,
    });
}

/** `length key=value` lines; a name or a size that did not fit. */
function paxOf(text: Buffer): { name?: string; size?: number } {
  const found: { name?: string; size?: number } = {};
  for (const line of text.toString('utf8').split('\n')) {
    const [, key, value] = /^\d+ ([^=]+)=(.*)$/s.exec(line) ?? [];
    if (key === 'path') found.name = value!;
    if (key === 'size' && Number.isSafeInteger(Number(value))) found.size = Number(value);
  }
  return found;
}

interface Holes {
  readonly size: number;
  /** Where the pieces that are there belong. */
  readonly pieces: readonly { readonly at: number; readonly length: number }[];
  /** Where they begin in the archive. */
  readonly data: number;
}

/** The list of pieces in the header (4 of them) and in the blocks behind it (21 each). */
async function readHoles(bytes: Bytes, header: Buffer, after: number): Promise<Holes> {
  const pieces: { at: number; length: number }[] = [];
  const take = (block: Buffer, start: number, count: number): void => {
    for (let i = 0; i < count; i++) {
      const at = start + 24 * i;
      if (block[at] === 0) return;
      pieces.push({
        at: readNumber(bytes, block, at, after),
        length: readNumber(bytes, block, at + 12, after),
      });
    }
  };
  take(header, 386, 4);
  let data = after;
  for (let more = header[482] !== 0; more; data += BLOCK) {
    const block = await bytes.read(data, BLOCK);
    take(block, 0, 21);
    more = block[504] !== 0;
  }
  return { size: readNumber(bytes, header, 483, after), pieces, data };
}

function withHoles(
  archive: Bytes,
  name: string,
  { size, pieces }: Holes,
  data: number,
  stored: number,
): Bytes {
  let end = 0;
  let at = data;
  const placed = pieces.map((piece) => {
    const place = { ...piece, from: at };
    if (piece.at < end || piece.at + piece.length > size)
      throw invalidFile(name, 'its list of holes is damaged.');
    end = piece.at + piece.length;
    at += piece.length;
    return place;
  });
  if (at - data !== stored) throw invalidFile(name, 'its list of holes does not fit its size.');
  return {
    name,
    size,
    seekable: true,
    async read(offset, length) {
      checkInside(name, size, offset, length);
      const out = Buffer.alloc(length);
      for (const piece of placed) {
        const from = Math.max(offset, piece.at);
        const until = Math.min(offset + length, piece.at + piece.length);
        if (from >= until) continue;
        const found = await archive.read(piece.from + from - piece.at, until - from);
        found.copy(out, from - offset);
      }
      return out;
    },
    close: async () => {},
  };
}
