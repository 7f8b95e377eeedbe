/**
 * Which point is where in a segment: Qdrant's id trackers (lib/segment/src/id_tracker).
 *
 * @module
 */
import { type Bytes, invalidFile } from '../bytes.js';
import type { TarFiles } from '../tar.js';
import { readFlags, unread } from './parts.js';

/** Ids of the points of a segment by their place; undefined where there is none, or none any more. */
export interface SegmentIds {
  /** Unsigned integers, and UUIDs as text. */
  readonly ids: readonly (bigint | string | undefined)[];
  /** Number of the operation that wrote the point last. */
  version(place: number): bigint;
}

const NUMBER = 8;
const UUID = 16;

/** Bytes of one entry at least; more entries than that cannot be. */
const LEAST_ENTRY = 13;

/**
 * Reads the tracker of a segment, in whichever form it has. Points without a version are left out: their writing was
 * interrupted.
 *
 * @throws FletchError `INVALID_INPUT_FILE`
 */
export async function readIds(files: TarFiles, folder: string): Promise<SegmentIds> {
  const at = (name: string): Bytes | undefined => files.get(`${folder}/${name}`);
  if (at('id_tracker.i2e')) throw unread('a segment whose ids are kept on disk (id_tracker.i2e)');
  const fixed = at('id_tracker.mappings');
  const log = at('mutable_id_tracker.mappings');
  const found = fixed ? await fromList(fixed, at('id_tracker.deleted')) : log ? await fromLog(log) : [];
  const versions = at(fixed ? 'id_tracker.versions' : 'mutable_id_tracker.versions');
  const known = versions ? new DataView((await wholeOf(versions)).buffer) : new DataView(new ArrayBuffer(0));
  const count = Math.floor(known.byteLength / 8);
  return {
    ids: found.map((id, place) => (place < count ? id : undefined)),
    version: (place) => (place < count ? known.getBigUint64(8 * place, true) : 0n),
  };
}

async function wholeOf(file: Bytes): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await file.read(0, file.size));
}

/** Entries one after the other, read as a stream. */
class Entries {
  readonly #file: Bytes;
  #buffer: Buffer = Buffer.alloc(0);
  #at = 0;
  #next: number;

  constructor(file: Bytes, start: number) {
    this.#file = file;
    this.#next = start;
  }

  /** Whether `count` bytes are left; then they can be taken. */
  async has(count: number): Promise<boolean> {
    if (this.#buffer.length - this.#at >= count) return true;
    const more = await this.#file.read(this.#next, Math.min(2 ** 20, this.#file.size - this.#next));
    this.#next += more.length;
    this.#buffer = Buffer.concat([this.#buffer.subarray(this.#at), more]);
    this.#at = 0;
    return this.#buffer.length >= count;
  }

  byte(): number {
    return this.#buffer[this.#at++]!;
  }

  peek(): number {
    return this.#buffer[this.#at]!;
  }

  place(): number {
    this.#at += 4;
    return this.#buffer.readUInt32LE(this.#at - 4);
  }

  id(uuid: boolean): bigint | string {
    const start = this.#at;
    this.#at += uuid ? UUID : NUMBER;
    if (!uuid) return this.#buffer.readBigUInt64LE(start);
    const hex = this.#buffer.toString('hex', start, start + UUID);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }
}

type Ids = (bigint | string | undefined)[];

/** A list of fixed length, and flags of what was deleted since. */
async function fromList(file: Bytes, deletedFile: Bytes | undefined): Promise<Ids> {
  const count = Number((await file.read(0, 8)).readBigUInt64LE(0));
  if (count * LEAST_ENTRY > file.size - 8)
    throw invalidFile(file.name, `${count} ids do not fit into its ${file.size} bytes: it is damaged.`);
  const deleted = await readFlags(deletedFile, 0, count);
  const entries = new Entries(file, 8);
  const ids: Ids = new Array(count).fill(undefined);
  for (let i = 0; i < count; i++) {
    if (!(await entries.has(1))) throw invalidFile(file.name, `it ends after ${i} of ${count} ids.`);
    const kind = entries.peek();
    if (kind > 1 || !(await entries.has(kind === 1 ? 21 : 13)))
      throw invalidFile(file.name, `entry ${i} is no id: it is damaged.`);
    entries.byte();
    const id = entries.id(kind === 1);
    const place = entries.place();
    if (place >= count)
      throw invalidFile(file.name, `entry ${i} is at place ${place} of ${count}: it is damaged.`);
    if (!deleted(i)) ids[place] = id;
  }
  return ids;
}

/** Kinds of changes, and their bytes. */
const changes: ReadonlyMap<
  number,
  { readonly size: number; readonly uuid: boolean; readonly insert: boolean }
> = new Map([
  [1, { size: 13, uuid: false, insert: true }],
  [2, { size: 21, uuid: true, insert: true }],
  [3, { size: 9, uuid: false, insert: false }],
  [4, { size: 17, uuid: true, insert: false }],
]);

/** A log of what was inserted and deleted; the last word about an id counts. An entry cut off at the end never was. */
async function fromLog(file: Bytes): Promise<Ids> {
  const entries = new Entries(file, 0);
  const places = new Map<bigint | string, number>();
  const ids: Ids = [];
  for (let i = 0; await entries.has(1); i++) {
    const change = changes.get(entries.peek());
    if (!change) throw invalidFile(file.name, `entry ${i} is no change of an id: it is damaged.`);
    if (!(await entries.has(change.size))) break;
    entries.byte();
    const id = entries.id(change.uuid);
    const before = places.get(id);
    if (before !== undefined) ids[before] = undefined;
    places.delete(id);
    if (!change.insert) continue;
    const place = entries.place();
    // Places are given out one after the other: there are no more than entries.
    if (place > file.size / 9)
      throw invalidFile(file.name, `entry ${i} is at place ${place}: it is damaged.`);
    while (ids.length <= place) ids.push(undefined);
    const other = ids[place];
    if (other !== undefined) places.delete(other);
    ids[place] = id;
    places.set(id, place);
  }
  return ids;
}
