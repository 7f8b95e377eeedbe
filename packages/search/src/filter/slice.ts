/**
 * Slices of the space of ids: SipHash-2-4 of an id, with a key of zeros, modulo the number of slices. That is a
 * promise of Qdrant's API: clients may compute it themselves.
 *
 * J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF" (2012).
 *
 * @module
 */
import type { PointId } from '../types/index.js';

/** The four words of SipHash's state, of 64 bits each: low half, high half. */
const v = new Uint32Array(8);
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

/** Hashes the first `halves` words of 32 bits of the message. */
function sipHash(halves: number): [number, number] {
  v.set([0x70736575, 0x736f6d65, 0x6e646f6d, 0x646f7261, 0x6e657261, 0x6c796765, 0x79746573, 0x74656462]);
  for (let i = 0; i < halves; i += 2) absorb(message[i]!, message[i + 1]!);
  absorb(0, ((halves * 4) << 24) >>> 0);
  v[4] = v[4]! ^ 0xff;
  for (let i = 0; i < 4; i++) round();
  return [(v[0]! ^ v[2]! ^ v[4]! ^ v[6]!) >>> 0, (v[1]! ^ v[3]! ^ v[5]! ^ v[7]!) >>> 0];
}

function absorb(low: number, high: number): void {
  v[6]! ^= low;
  v[7]! ^= high;
  round();
  round();
  v[0]! ^= low;
  v[1]! ^= high;
}

function round(): void {
  add(0, 2);
  rotate(2, 13);
  xor(2, 0);
  swap(0);
  add(4, 6);
  rotate(6, 16);
  xor(6, 4);
  add(0, 6);
  rotate(6, 21);
  xor(6, 0);
  add(4, 2);
  rotate(2, 17);
  xor(2, 4);
  swap(4);
}

function add(a: number, b: number): void {
  const low = v[a]! + v[b]!;
  v[a] = low;
  v[a + 1] = v[a + 1]! + v[b + 1]! + (low > 0xffff_ffff ? 1 : 0);
}

function xor(a: number, b: number): void {
  v[a]! ^= v[b]!;
  v[a + 1]! ^= v[b + 1]!;
}

/** Rotates to the left by less than 32 bits. */
function rotate(a: number, bits: number): void {
  const low = v[a]!;
  const high = v[a + 1]!;
  v[a] = (low << bits) | (high >>> (32 - bits));
  v[a + 1] = (high << bits) | (low >>> (32 - bits));
}

/** Rotates by 32 bits. */
function swap(a: number): void {
  const low = v[a]!;
  v[a] = v[a + 1]!;
  v[a + 1] = low;
}

function swapped(word: number): number {
  return ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}
