/**
 * Numbers in the precision of a datatype.
 *
 * @module
 */
import type { Datatype } from '../types/index.js';

/** The largest finite number of 16 bits. */
export const FLOAT16_MAX = 65_504;

const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);

/** The nearest number of 16 bits (ties to even) as its bits; beyond ±65519 it is infinite. */
export function toFloat16(value: number): number {
  single[0] = value;
  const word = bits[0]!;
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fff_ffff;
  if (magnitude > 0x7f80_0000) return sign | 0x7e00;
  if (magnitude >= 0x4780_0000) return sign | 0x7c00;
  if (magnitude < 0x3300_0000) return sign;
  const exponent = magnitude >>> 23;
  // Below 2^-14 the step is 2^-24 whatever the size.
  const drop = exponent < 113 ? 126 - exponent : 13;
  const mantissa = exponent < 113 ? (magnitude & 0x7f_ffff) | 0x80_0000 : magnitude - (112 << 23);
  const kept = mantissa >>> drop;
  const rest = mantissa & ((1 << drop) - 1);
  const half = 1 << (drop - 1);
  return sign | (kept + (rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0));
}

/** The number that 16 bits stand for. */
export function fromFloat16(half: number): number {
  const sign = (half & 0x8000) === 0 ? 1 : -1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The largest number of 16 bits that is not above `value`, as its bits. */
export function float16Below(value: number): number {
  const half = toFloat16(value);
  if (!(fromFloat16(half) > value)) return half;
  return (half & 0x8000) === 0 ? half - 1 : half + 1;
}

/** The smallest number of 16 bits that is not below `value`, as its bits. */
export function float16Above(value: number): number {
  return float16Below(-value) ^ 0x8000;
}

/** Cuts a number off to an integer from 0 to 255. */
export function toUint8(value: number): number {
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.trunc(value);
}

/** Rounds components in place to what the datatype holds. */
export function roundTo(datatype: Datatype | undefined, values: Float32Array): void {
  if (datatype === 'uint8') for (let i = 0; i < values.length; i++) values[i] = toUint8(values[i]!);
  else if (datatype === 'float16')
    for (let i = 0; i < values.length; i++) values[i] = fromFloat16(toFloat16(values[i]!));
}
