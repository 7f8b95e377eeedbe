/**
 * Codes of few bits, one after the other without gaps.
 *
 * @module
 */
import type { StoredTensor } from './stored.js';

/** @param bits - of each code, from 1 to 8 */
export function packCodes(codes: Uint8Array, bits: number): StoredTensor {
  const packed = new Uint8Array(Math.ceil((codes.length * bits) / 8));
  for (let i = 0, at = 0; i < codes.length; i++, at += bits) {
    const shifted = codes[i]! << (at & 7);
    packed[at >> 3]! |= shifted & 255;
    if (shifted > 255) packed[(at >> 3) + 1]! |= shifted >> 8;
  }
  return { data: packed, shape: [packed.length] };
}

/** The code at a place. */
export function unpackCode(packed: Uint8Array, bits: number, place: number): number {
  const at = place * bits;
  const byte = Math.floor(at / 8);
  const pair = packed[byte]! | ((packed[byte + 1] ?? 0) << 8);
  return (pair >> (at % 8)) & ((1 << bits) - 1);
}
