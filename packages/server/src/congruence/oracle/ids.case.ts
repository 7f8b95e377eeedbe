/**
 * Point ids: their canonical form, order, and the hash that cuts a collection into slices.
 *
 * @module
 */
import type { PointId } from '@fletch/search';
import { compareStrings } from './json.case.js';

/** Numbers stay; a UUID in any of its written forms gets lower-case letters and hyphens. */
export function canonicalId(id: PointId): PointId {
  if (typeof id === 'number') return id;
  const digits = id
    .toLowerCase()
    .replace(/^urn:uuid:/, '')
    .replace(/[{}-]/g, '');
  return [8, 12, 16, 20].reduceRight((text, at) => `${text.slice(0, at)}-${text.slice(at)}`, digits);
}

/** Numbers before UUIDs. */
export function compareIds(a: PointId, b: PointId): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b);
  return typeof a === 'number' ? -1 : 1;
}

/** Whether a point is in the slice `index` of `total` (Slice in lib/segment/src/types.rs). */
export function inSlice(id: PointId, { index, total }: { index: number; total: number }): boolean {
  return sliceHash(id) % BigInt(total) === BigInt(index);
}

/** SipHash-2-4 with a zero key, of 8 little-endian bytes of a number or of a UUID's 16 bytes. */
export function sliceHash(id: PointId): bigint {
  const bytes: number[] = [];
  if (typeof id === 'number')
    for (let rest = BigInt(id), i = 0; i < 8; i++, rest >>= 8n) bytes.push(Number(rest & 255n));
  else for (const pair of id.replaceAll('-', '').match(/../g)!) bytes.push(Number.parseInt(pair, 16));
  return sipHash24(bytes);
}

const MASK = (1n << 64n) - 1n;
const rotate = (value: bigint, by: bigint) => ((value << by) | (value >> (64n - by))) & MASK;

function sipHash24(bytes: readonly number[]): bigint {
  let v0 = 0x736f6d6570736575n;
  let v1 = 0x646f72616e646f6dn;
  let v2 = 0x6c7967656e657261n;
  let v3 = 0x7465646279746573n;
  const round = () => {
    v0 = (v0 + v1) & MASK;
    v1 = rotate(v1, 13n) ^ v0;
    v0 = rotate(v0, 32n);
    v2 = (v2 + v3) & MASK;
    v3 = rotate(v3, 16n) ^ v2;
    v0 = (v0 + v3) & MASK;
    v3 = rotate(v3, 21n) ^ v0;
    v2 = (v2 + v1) & MASK;
    v1 = rotate(v1, 17n) ^ v2;
    v2 = rotate(v2, 32n);
  };
  const word = (at: number) => {
    let value = 0n;
    for (let i = 0; i < 8 && at + i < bytes.length; i++) value |= BigInt(bytes[at + i]!) << BigInt(8 * i);
    return value;
  };
  const absorb = (value: bigint) => {
    v3 ^= value;
    round();
    round();
    v0 ^= value;
  };
  const whole = bytes.length - (bytes.length % 8);
  for (let at = 0; at < whole; at += 8) absorb(word(at));
  absorb(word(whole) | (BigInt(bytes.length & 255) << 56n));
  v2 ^= 255n;
  for (let i = 0; i < 4; i++) round();
  return v0 ^ v1 ^ v2 ^ v3;
}
