/**
 * Qdrant's store of values of any length (lib/blobstore): a tracker of where each value is, and pages of blocks.
 *
 * @module
 */
import { type Bytes, invalidFile } from '../bytes.js';
import type { TarFiles } from '../tar.js';
import { unpackLz4 } from './lz4.js';
import { fileAt, readJson } from './parts.js';

/** A value at its place among the points of a segment; undefined where there is none. */
export interface ValueReader {
  read(first: number, count: number): Promise<(Uint8Array | undefined)[]>;
}

interface Config {
  readonly page_size_bytes: number;
  readonly block_size_bytes: number;
  readonly compression?: string;
  readonly mode?: string;
}

/** Bytes before the slots of the tracker, and of a slot: whether there is a value, page, block, length. */
const HEADER = 4;
const SLOT = 16;

/** Most bytes of one value as it is stored. */
const MAX_VALUE = 64 * 2 ** 20;

/**
 * Opens the store in a folder of the archive.
 *
 * @throws FletchError `INVALID_INPUT_FILE`
 */
export async function openGridstore(files: TarFiles, folder: string): Promise<ValueReader> {
  const configFile = fileAt(files, `${folder}/config.json`);
  const config = (await readJson(configFile)) as unknown as Config;
  const { page_size_bytes: page, block_size_bytes: block, compression = 'LZ4', mode = 'mutable' } = config;
  if (mode !== 'mutable') throw invalidFile(configFile.name, `stores of the mode "${mode}" are not read.`);
  if (!(page > 0 && block > 0) || !['LZ4', 'None'].includes(compression))
    throw invalidFile(configFile.name, 'its sizes or its compression are not known.');
  const tracker = fileAt(files, `${folder}/tracker.dat`);
  const value = async (slot: Buffer, at: number): Promise<Uint8Array | undefined> => {
    if (slot.readUInt32LE(at) === 0) return undefined;
    const [number, offset, length] = [4, 8, 12].map((each) => slot.readUInt32LE(at + each)) as [
      number,
      number,
      number,
    ];
    const stored = await readPages(files, folder, tracker, { number, start: offset * block, length, page });
    if (compression === 'None') return stored;
    const unpacked = unpackLz4(stored);
    if (!unpacked)
      throw invalidFile(tracker.name, `a value of ${length} bytes on page ${number} is damaged.`);
    return unpacked;
  };
  return {
    async read(first, count) {
      const from = HEADER + SLOT * first;
      const there = Math.max(0, Math.min(count, Math.floor((tracker.size - from) / SLOT)));
      const slots = await tracker.read(there > 0 ? from : 0, SLOT * there);
      const values: (Uint8Array | undefined)[] = [];
      for (let i = 0; i < count; i++) values.push(i < there ? await value(slots, SLOT * i) : undefined);
      return values;
    },
  };
}

interface Place {
  readonly number: number;
  readonly start: number;
  readonly length: number;
  /** Bytes of a page; a value may go on at the beginning of the next one. */
  readonly page: number;
}

async function readPages(files: TarFiles, folder: string, tracker: Bytes, place: Place): Promise<Buffer> {
  const { length, page } = place;
  if (length > MAX_VALUE || place.start >= page)
    throw invalidFile(
      tracker.name,
      `a value of ${length} bytes at byte ${place.start} of a page cannot be: it is damaged.`,
    );
  const pieces: Buffer[] = [];
  let { number, start } = place;
  for (let rest = length; rest > 0; number++, start = 0) {
    const take = Math.min(rest, page - start);
    pieces.push(await fileAt(files, `${folder}/page_${number}.dat`).read(start, take));
    rest -= take;
  }
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
}
