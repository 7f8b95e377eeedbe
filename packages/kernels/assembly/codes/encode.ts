/** Making codes of vectors. */
import { bits, padded, reduced, secondBits, secondStride, squared, vectorStride } from '../layout';
import { openScratch } from '../scratch';
import { codeBytes } from './dot';
import { centre } from './query';
import { dataRows, floats, single, wideLength } from './tables';

/** Writes `count` floats as a code of `kind` bits with its step and offset. */
function quantize(from: usize, count: u32, kind: u32, to: usize): void {
  let low: f32 = f32.MAX_VALUE;
  let high: f32 = -f32.MAX_VALUE;
  for (let i: u32 = 0; i < count; i++) {
    const x = load<f32>(from + (i << 2));
    low = min(low, x);
    high = max(high, x);
  }
  const levels: f32 = kind == 8 ? 255 : 15;
  const step = high / levels - low / levels;
  const by: f32 = step > 0 ? 1 / step : 0;
  const tail = to + codeBytes(count, kind);
  memory.fill(to, 0, tail - to);
  for (let i: u32 = 0; i < count; i++) {
    const c = <u32>max(<f32>0, min(levels, nearest((load<f32>(from + (i << 2)) - low) * by)));
    if (kind == 8) store<i8>(to + i, <i8>(<i32>c - 128));
    else putNibble(to, i, c);
  }
  store<f32>(tail, step);
  store<f32>(tail, kind == 8 ? low + 128 * step : low, 4);
}

/** Component i of a 4-bit code: nibble (i & 31) / 8 of the 16-bit lane i & 7 of its group of 32. */
@inline
function putNibble(to: usize, i: u32, c: u32): void {
  const at = to + ((i >> 5) << 4) + ((i & 7) << 1);
  store<u16>(at, load<u16>(at) | <u16>(c << (((i >> 3) & 3) << 2)));
}

/** Dot products of the centred vector with four rows of `bytes` bytes that follow each other. */
@inline
function products(a: usize, bytes: u32): v128 {
  let s0 = f32x4.splat(0);
  let s1 = s0, s2 = s0, s3 = s0;
  const b = a + bytes;
  const c = b + bytes;
  const d = c + bytes;
  for (let i: usize = 0; i < bytes; i += 16) {
    const x = v128.load(floats + i);
    s0 = f32x4.add(s0, f32x4.mul(v128.load(a + i), x));
    s1 = f32x4.add(s1, f32x4.mul(v128.load(b + i), x));
    s2 = f32x4.add(s2, f32x4.mul(v128.load(c + i), x));
    s3 = f32x4.add(s3, f32x4.mul(v128.load(d + i), x));
  }
  const ab = f32x4.add(v128.shuffle<f32>(s0, s1, 0, 4, 1, 5), v128.shuffle<f32>(s0, s1, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(s2, s3, 0, 4, 1, 5), v128.shuffle<f32>(s2, s3, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}

/** What reducing took away, and what rounding to steps of this size does on average. */
@inline
function lostShare(kept: f32, step: f32, squares: f32): f32 {
  return 1 - kept + (f32(reduced) * step * step) / (12 * squares);
}

/**
 * Encodes the (padded) vector at `from`: the reduced code to `first`, what it is compared by in the end to `second`. The
 * tail of the first also gets the share of the vector's squared length that was lost.
 */
export function encodeVector(from: usize, first: usize, second: usize): void {
  const squares = centre(from);
  const norm: f32 = squared ? squares : 0;
  const kept: f32 = single() ? squares : reduce();
  quantize(single() ? floats : floats + (wideLength() << 2), reduced, bits, first);
  const tail = first + codeBytes(reduced, bits);
  store<f32>(tail, norm, 8);
  store<f32>(tail, squares > 0 ? lostShare(kept / squares, load<f32>(tail), squares) : 0, 12);
  if (single()) return;
  if (secondBits == 32) {
    memory.copy(second, from, padded << 2);
    return;
  }
  quantize(floats, padded, 8, second);
  store<f32>(second + codeBytes(padded, 8), norm, 8);
}

/** Reduces the centred vector; returns the sum of squares of the result. */
function reduce(): f32 {
  const to = floats + (wideLength() << 2);
  let row = dataRows();
  let s = f32x4.splat(0);
  for (let j: u32 = 0; j < reduced; j += 4, row += padded << 4) {
    const y = products(row, padded << 2);
    v128.store(to + (j << 2), y);
    s = f32x4.add(s, f32x4.mul(y, y));
  }
  return f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1) + f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3);
}

/**
 * Encodes vectors, taking one after another from `cursor` together with other threads. Vector i lies at vectors + i
 * padded vectors; its two codes go to out + i · (their strides).
 */
export function encode(vectors: usize, count: u32, out: usize, cursor: usize): void {
  openScratch();
  while (true) {
    const i = atomic.add<u32>(cursor, 1);
    if (i >= count) return;
    const to = out + i * (single() ? vectorStride : vectorStride + secondStride);
    encodeVector(vectors + i * (padded << 2), to, to + vectorStride);
  }
}
