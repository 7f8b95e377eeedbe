/**
 * The frame of an object of an index: arrays with names, what they belong to, and a checksum.
 *
 * ```text
 * 0   8 bytes   "FLETCHSQ"
 * 8   u32       format version
 * 12  u32       bytes of the head
 * 16  head      JSON: tag, role, facts, arrays (name, type, length), padded with spaces to a multiple of 8
 * …   arrays    each begins at a multiple of 8
 * …   32 bytes  SHA-256 of everything above
 * ```
 *
 * Numbers are little endian.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { FletchError, type Json } from '@fletch/base';

const MAGIC = 'FLETCHSQ';
const VERSION = 1;
const START = 16;
const HASH = 32;

const types = { u8: Uint8Array, u32: Uint32Array, f32: Float32Array, f64: Float64Array } as const;
type TypeName = keyof typeof types;
export type NumberArray = Uint8Array | Uint32Array | Float32Array | Float64Array;

interface Head {
  readonly tag: string;
  readonly role: string;
  readonly facts: { readonly [name: string]: Json };
  readonly arrays: readonly { readonly name: string; readonly type: TypeName; readonly length: number }[];
}

/** What an object says it is, and its arrays. */
export interface ArraysFile {
  /** Of the version of the index it belongs to. */
  readonly tag: string;
  /** Which part of it: `allocator`, `partition-3`. */
  readonly role: string;
  readonly facts: { readonly [name: string]: Json };
  readonly arrays: { readonly [name: string]: NumberArray };
}

const padded = (length: number): number => (length + 7) & ~7;
const typeOf = (array: NumberArray): TypeName =>
  (Object.keys(types) as TypeName[]).find((name) => array instanceof types[name])!;

/** The bytes of an object. */
export function encodeArrays({ tag, role, facts, arrays }: ArraysFile): Uint8Array {
  const entries = Object.entries(arrays);
  const head: Head = {
    tag,
    role,
    facts,
    arrays: entries.map(([name, array]) => ({ name, type: typeOf(array), length: array.length })),
  };
  const text = Buffer.from(JSON.stringify(head));
  const headBytes = padded(text.length);
  const total =
    START + headBytes + entries.reduce((sum, [, array]) => sum + padded(array.byteLength), 0) + HASH;
  const bytes = Buffer.alloc(total);
  bytes.write(MAGIC, 0, 'latin1');
  bytes.writeUInt32LE(VERSION, 8);
  bytes.writeUInt32LE(headBytes, 12);
  bytes.fill(' ', START, START + headBytes);
  bytes.set(text, START);
  let at = START + headBytes;
  for (const [, array] of entries) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at += padded(array.byteLength);
  }
  createHash('sha256').update(bytes.subarray(0, at)).digest().copy(bytes, at);
  return bytes;
}

/** What an object must be. */
export interface Expected {
  readonly key: string;
  readonly tag: string;
  readonly role: string;
}

/**
 * Reads an object and checks that it is whole and the one that is meant.
 *
 * @throws FletchError `CORRUPT`, `FORMAT_TOO_NEW`, `SHARD_MISMATCH` when it is of another version or another part
 */
export function decodeArrays(bytes: Uint8Array, { key, tag, role }: Expected): ArraysFile {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const corrupt = (what: string): FletchError =>
    new FletchError('CORRUPT', `${key} is damaged: ${what}. Push the index again.`, { details: { key } });
  if (buffer.length < START + HASH || buffer.toString('latin1', 0, 8) !== MAGIC)
    throw corrupt('it does not begin like part of an index');
  const version = buffer.readUInt32LE(8);
  if (version > VERSION)
    throw new FletchError(
      'FORMAT_TOO_NEW',
      `${key} has format ${version}, but this version of Fletch reads up to ${VERSION}: update Fletch.`,
      { details: { key, version } },
    );
  const end = buffer.length - HASH;
  if (!createHash('sha256').update(buffer.subarray(0, end)).digest().equals(buffer.subarray(end)))
    throw corrupt('it does not match its checksum');
  const headBytes = buffer.readUInt32LE(12);
  const head = JSON.parse(buffer.toString('utf8', START, START + headBytes)) as Head;
  if (head.tag !== tag || head.role !== role)
    throw new FletchError(
      'SHARD_MISMATCH',
      `${key} is ${head.role} of version ${head.tag}, but ${role} of version ${tag} is needed: push the index again.`,
      { details: { key, tag: head.tag, role: head.role, expected: { tag, role } } },
    );
  const arrays: { [name: string]: NumberArray } = {};
  let at = START + headBytes;
  for (const { name, type, length } of head.arrays) {
    const size = length * types[type].BYTES_PER_ELEMENT;
    if (at + size > end) throw corrupt(`its array ${name} ends behind it`);
    // Copied: an array must begin at a multiple of its elements' size.
    arrays[name] = new types[type](Uint8Array.from(buffer.subarray(at, at + size)).buffer);
    at += padded(size);
  }
  return { tag: head.tag, role: head.role, facts: head.facts, arrays };
}
