/**
 * Slices of the space of ids: SipHash-2-4 of an id, with a key of zeros, modulo the number of slices. That is a
 * promise of Qdrant's API: clients may compute it themselves.
 *
 * J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF" (2012).
 *
 * @module
 */
import type { PointId } from '../types/index.js';

/** The id's bytes, in words of 32 bits, least byte first. */
const message = new Uint32Array(4);

/** To which of `total` slices (0 to `total - 1`) an id belongs. */
export function sliceOf(id: PointId, total: number): number {
  const [low, high] = hashOf(id);
  // Exact in doubles as long as the product of two remainders is.
  if (total <= 2 ** 26) return ((high % total) * (2 ** 32 % total) + low) % total;
  return Number(((BigInt(high) << 32n) | BigInt(low)) % BigInt(total));
}

/** The hash's low and high half. Numbers are hashed as 8 bytes, least first; UUIDs as their 16 bytes. */
export function hashOf(id: PointId): [low: number, high: number] {
  if (typeof id === 'number') {
    message[0] = id % 2 ** 32;
    message[1] = Math.floor(id / 2 ** 32);
    return sipHash(2);
  }
  const hex = id.replaceAll('-', '');
  for (let i = 0; i < 4; i++) message[i] = swapped(Number.parseInt(hex.slice(i * 8, i * 8 + 8), 16));
  return sipHash(4);
}

/**
 * Hashes the first `words` (an even number) of the message. The state's four words of 64 bits are kept in halves:
 * the numbers of JavaScript hold no more.
 */
function sipHash(words: number): [low: number, high: number] {
  let [al, ah] = [0x70736575, 0x736f6d65];
  let [bl, bh] = [0x6e646f6d, 0x646f7261];
  let [cl, ch] = [0x6e657261, 0x6c796765];
  let [dl, dh] = [0x79746573, 0x74656462];
  for (let at = 0; at <= words + 2; at += 2) {
    // The blocks of the message, then one with its length in bytes, then the end.
    const low = at < words ? message[at]! | 0 : 0;
    const high = at < words ? message[at + 1]! | 0 : at === words ? (words * 4) << 24 : 0;
    const isEnd = at > words;
    if (isEnd) cl ^= 0xff;
    else {
      dl ^= low;
      dh ^= high;
    }
    for (let round = isEnd ? 4 : 2; round > 0; round--) {
      let sum = (al >>> 0) + (bl >>> 0);
      ah = (ah + bh + (sum > 0xffff_ffff ? 1 : 0)) | 0;
      al = sum | 0;
      let half = bl;
      bl = ((bl << 13) | (bh >>> 19)) ^ al;
      bh = ((bh << 13) | (half >>> 19)) ^ ah;
      [al, ah] = [ah, al];
      sum = (cl >>> 0) + (dl >>> 0);
      ch = (ch + dh + (sum > 0xffff_ffff ? 1 : 0)) | 0;
      cl = sum | 0;
      half = dl;
      dl = ((dl << 16) | (dh >>> 16)) ^ cl;
      dh = ((dh << 16) | (half >>> 16)) ^ ch;
      sum = (al >>> 0) + (dl >>> 0);
      ah = (ah + dh + (sum > 0xffff_ffff ? 1 : 0)) | 0;
      al = sum | 0;
      half = dl;
      dl = ((dl << 21) | (dh >>> 11)) ^ al;
      dh = ((dh << 21) | (half >>> 11)) ^ ah;
      sum = (cl >>> 0) + (bl >>> 0);
      ch = (ch + bh + (sum > 0xffff_ffff ? 1 : 0)) | 0;
      cl = sum | 0;
      half = bl;
      bl = ((bl << 17) | (bh >>> 15)) ^ cl;
      bh = ((bh << 17) | (half >>> 15)) ^ ch;
      [cl, ch] = [ch, cl];
    }
    if (!isEnd) {
      al ^= low;
      ah ^= high;
    }
  }
  return [(al ^ bl ^ cl ^ dl) >>> 0, (ah ^ bh ^ ch ^ dh) >>> 0];
}

function swapped(word: number): number {
  return ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}
