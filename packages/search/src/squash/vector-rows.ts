/**
 * Full vectors of a partition as rows that are read one by one: each with a checksum over its place, its version and its
 * numbers, so that a row of another version is not taken for one of this.
 *
 * @module
 */
import { crc32 } from 'node:zlib';
import { FletchError } from '@fletch/base';
import type { ObjectStore } from './objects.js';

/** Bytes of a row. */
export const rowBytes = (dimension: number): number => 4 * dimension + 4;

const checksum = (tag: string, role: string, row: number, numbers: Uint8Array): number =>
  crc32(numbers, crc32(`${tag}/${role}/${row}`));

/** All rows of a partition. */
export function encodeRows(
  tag: string,
  role: string,
  dimension: number,
  count: number,
  vectorOf: (row: number) => Float32Array,
): Uint8Array {
  const size = rowBytes(dimension);
  const bytes = Buffer.alloc(size * count);
  for (let row = 0; row < count; row++) {
    const { buffer, byteOffset, byteLength } = vectorOf(row);
    const numbers = new Uint8Array(buffer, byteOffset, byteLength);
    bytes.set(numbers, row * size);
    bytes.writeUInt32LE(checksum(tag, role, row, numbers), row * size + 4 * dimension);
  }
  return bytes;
}

/** The vector of a row. @throws FletchError `CORRUPT` when it is damaged or of another version */
export function decodeRow(
  bytes: Uint8Array,
  at: number,
  { tag, role, dimension, row, key }: RowPlace & { readonly row: number },
): Float32Array {
  // A copy of its own, as a Buffer's slice is not.
  const numbers = new Uint8Array(bytes.subarray(at, at + 4 * dimension));
  const stored = new DataView(bytes.buffer, bytes.byteOffset).getUint32(at + 4 * dimension, true);
  if (stored !== checksum(tag, role, row, numbers))
    throw new FletchError(
      'CORRUPT',
      `Row ${row} of ${key} is damaged or not of version ${tag}: push the index again.`,
      { details: { key, row, tag } },
    );
  return new Float32Array(numbers.buffer, 0, dimension);
}

/** Where rows are. */
export interface RowPlace {
  readonly key: string;
  readonly tag: string;
  readonly role: string;
  readonly dimension: number;
}

/** Rows this near to each other are read at once: a request costs more than what lies between. */
const GAP_BYTES = 16_384;

/** Some rows, read in as few requests as is sensible. */
export async function readRows(
  store: ObjectStore,
  rows: Iterable<number>,
  place: RowPlace,
): Promise<Map<number, Float32Array>> {
  const size = rowBytes(place.dimension);
  const sorted = Uint32Array.from(new Set(rows)).sort();
  const runs: { from: number; to: number }[] = [];
  for (const row of sorted) {
    const last = runs.at(-1);
    if (last && (row - last.to) * size <= GAP_BYTES) last.to = row + 1;
    else runs.push({ from: row, to: row + 1 });
  }
  const read = await Promise.all(
    runs.map(({ from, to }) => store.get(place.key, { from: from * size, to: to * size })),
  );
  const result = new Map<number, Float32Array>();
  let run = 0;
  for (const row of sorted) {
    while (row >= runs[run]!.to) run++;
    result.set(row, decodeRow(read[run]!, (row - runs[run]!.from) * size, { ...place, row }));
  }
  return result;
}
