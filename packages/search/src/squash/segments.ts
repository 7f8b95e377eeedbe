/**
 * Codes of different lengths in shared containers of 8 bits.
 *
 * The codes of a vector stand one behind the other, high bit first, without a gap; a code may straddle two containers.
 * Container 0 of all vectors comes first, then container 1 of all, so that one dimension of many vectors is read from
 * one array, or two.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { MAX_BITS } from './bits.js';
import { invalid } from './checks.js';

/** Where the code of each dimension begins, in bits; the last entry is their sum. */
export function bitOffsets(bits: ArrayLike<number>): Uint32Array {
  const offsets = new Uint32Array(bits.length + 1);
  for (let j = 0; j < bits.length; j++) {
    if (!(bits[j]! >= 0 && bits[j]! <= MAX_BITS))
      throw invalid(`A code has from 0 to ${MAX_BITS} bits, not ${bits[j]} (dimension ${j}).`);
    offsets[j + 1] = offsets[j]! + bits[j]!;
  }
  return offsets;
}

/** Puts one dimension's codes into containers. */
function place(segments: readonly Uint8Array[], from: number, width: number, codes: Uint8Array): void {
  const first = segments[from >> 3]!;
  const beyond = (from & 7) + width - 8;
  if (beyond <= 0) {
    for (let i = 0; i < codes.length; i++) first[i]! |= codes[i]! << -beyond;
    return;
  }
  const second = segments[(from >> 3) + 1]!;
  for (let i = 0; i < codes.length; i++) {
    first[i]! |= codes[i]! >> beyond;
    second[i]! |= codes[i]! << (8 - beyond);
  }
}

/**
 * Packs codes.
 *
 * @param codes - one array a dimension, one code a vector; entries of `bits[j]` bits. Of 0 bits: any array
 * @param bits - bits of each dimension, 0 to 8
 * @returns ⌈Σ bits / 8⌉ containers, each with a byte a vector
 * @throws FletchError `DIMENSION_MISMATCH`, `INVALID_ARGUMENT` for a code that is too large
 */
export function packSegments(codes: readonly Uint8Array[], bits: ArrayLike<number>): Uint8Array[] {
  if (codes.length !== bits.length)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `Codes of ${codes.length} dimensions, but bits of ${bits.length}.`,
    );
  const offsets = bitOffsets(bits);
  const used = codes.filter((_, j) => bits[j]! > 0);
  const rows = used[0]?.length ?? 0;
  const segments = Array.from({ length: Math.ceil(offsets[bits.length]! / 8) }, () => new Uint8Array(rows));
  codes.forEach((column, j) => {
    const width = bits[j]!;
    if (width === 0) return;
    if (column.length !== rows)
      throw new FletchError(
        'DIMENSION_MISMATCH',
        `Dimension ${j} has ${column.length} codes, the first has ${rows}.`,
      );
    const large = column.findIndex((code) => code >> width !== 0);
    if (large >= 0)
      throw invalid(
        `Code ${column[large]} of vector ${large} needs more than the ${width} bits of dimension ${j}.`,
      );
    place(segments, offsets[j]!, width, column);
  });
  return segments;
}

/**
 * Codes of one dimension, from `from` bits on.
 *
 * @param rows - vectors; default all
 */
export function extractAt(
  segments: readonly Uint8Array[],
  from: number,
  width: number,
  rows?: Uint32Array,
): Uint8Array {
  const first = segments[from >> 3]!;
  const shift = from & 7;
  const beyond = shift + width - 8;
  const second = beyond > 0 ? segments[(from >> 3) + 1]! : first;
  const mask = 0xff >> shift;
  const count = rows?.length ?? first.length;
  const result = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const row = rows ? rows[i]! : i;
    result[i] =
      beyond > 0
        ? ((first[row]! & mask) << beyond) | (second[row]! >> (8 - beyond))
        : (first[row]! & mask) >> -beyond;
  }
  return result;
}

/**
 * The codes of dimension `j`, of all vectors or of some: the inverse of {@link packSegments}.
 *
 * @param bits - as they were packed
 * @throws FletchError `INVALID_ARGUMENT` for another dimension
 */
export function extractDim(
  segments: readonly Uint8Array[],
  bits: ArrayLike<number>,
  j: number,
  rows?: Uint32Array,
): Uint8Array {
  if (!(Number.isInteger(j) && j >= 0 && j < bits.length))
    throw invalid(`There is no dimension ${j} of ${bits.length}.`);
  if (bits[j] === 0) return new Uint8Array(rows?.length ?? segments[0]?.length ?? 0);
  return extractAt(segments, bitOffsets(bits)[j]!, bits[j]!, rows);
}
