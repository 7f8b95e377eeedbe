/** Turning vectors and codes into unfolded queries (see dot.ts). */
import { QUERY_HEAD, codeBytes, queryLength } from './dot';

/** The length that the integers of a query have: no product with another of that length, nor with codes, overflows. */
const LENGTH: f32 = 32767;

/** Rounds eight floats times `by` to i16. */
@inline
function round8(from: usize, by: v128): v128 {
  return i16x8.narrow_i32x4_s(
    i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(from), by))),
    i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(from, 16), by))),
  );
}

/**
 * Unfolds `length` floats (a multiple of 8, zeros in the padding) whose sum of squares is `squares` into `q`. Their
 * distances are `constant` plus `factor` times their dot product with what a code stands for.
 */
export function unfoldFloats(from: usize, length: u32, squares: f32, factor: f32, constant: f32, q: usize): void {
  const root = sqrt(squares);
  const by = root > 0 ? f32x4.splat(LENGTH / root) : f32x4.splat(0);
  let to = q + QUERY_HEAD;
  let s = i32x4.splat(0);
  for (const end = from + (length << 2); from < end; from += 32, to += 16) {
    const x = round8(from, by);
    v128.store(to, x);
    s = i32x4.add(s, i32x4.extadd_pairwise_i16x8_s(x));
  }
  const t = i32x4.add(s, v128.shuffle<i32>(s, s, 2, 3, 0, 1));
  head(q, constant, factor * (root / LENGTH), i32x4.extract_lane(t, 0) + i32x4.extract_lane(t, 1));
}

@inline
function head(q: usize, constant: f32, scale: f32, sum: i32): void {
  store<f32>(q, constant);
  store<f32>(q, scale * f32(sum), 4);
  store<f32>(q, scale, 8);
}

/** The largest integers that rows of `count` components may be unfolded to, for sums of products with codes to fit. */
@inline
function limitOf(count: u32, bits: u32): f32 {
  const most: f32 = f32(i32.MAX_VALUE) / (f32(count) * (bits == 8 ? 128 : 15));
  return min(<f32>32767, most);
}

/**
 * Unfolds the code at `a` of `count` components, so that it can be compared with others. `dot` products or squared
 * distances are `constant`, `factor` as in {@link unfoldFloats}. Integers stay integers: c · 2^k + offset / step · 2^k.
 */
export function unfoldCode(a: usize, count: u32, bits: u32, factor: f32, q: usize, useNorm: bool): void {
  const tail = a + codeBytes(count, bits);
  const step = load<f32>(tail);
  const offset = load<f32>(tail, 4);
  const constant: f32 = useNorm ? load<f32>(tail, 8) : 0;
  const limit = limitOf(count, bits);
  const length = queryLength(count, bits);
  if (step == 0) return level(q, length, count, offset, factor, constant);
  const range: f32 = bits == 8 ? 128 : 15;
  let shift: i32 = 7;
  while (shift > 0 && (range + abs(offset / step)) * f32(1 << shift) > limit) shift--;
  const shifted = offset / step * f32(1 << shift);
  if (abs(shifted) > limit - range) return level(q, length, count, offset, factor, constant);
  const add = i16x8.splat(<i16>nearest(shifted));
  let s = i32x4.splat(0);
  let to = q + QUERY_HEAD;
  const end = to + (length << 1);
  if (bits == 8) {
    for (; to < end; to += 16, a += 8) s = i32x4.add(s, put(to, v128.load_ext<i8>(a), shift, add));
  } else {
    const mask = i16x8.splat(15);
    for (; to < end; to += 64, a += 16) {
      const w = v128.load(a);
      s = i32x4.add(s, put(to, v128.and(w, mask), shift, add));
      s = i32x4.add(s, put(to + 16, v128.and(i16x8.shr_u(w, 4), mask), shift, add));
      s = i32x4.add(s, put(to + 32, v128.and(i16x8.shr_u(w, 8), mask), shift, add));
      s = i32x4.add(s, put(to + 48, i16x8.shr_u(w, 12), shift, add));
    }
  }
  let sum = i32x4.extract_lane(s, 0) + i32x4.extract_lane(s, 1) + i32x4.extract_lane(s, 2) + i32x4.extract_lane(s, 3);
  // What the padding of the code added, taken out again.
  for (let at = q + QUERY_HEAD + (count << 1); at < end; at += 2) {
    sum -= load<i16>(at);
    store<i16>(at, 0);
  }
  head(q, constant, factor * step / f32(1 << shift), sum);
}

@inline
function put(to: usize, c: v128, shift: i32, add: v128): v128 {
  const x = i16x8.add(i16x8.shl(c, shift), add);
  v128.store(to, x);
  return i32x4.extadd_pairwise_i16x8_s(x);
}

/** A code whose components are all (as good as) the same. */
function level(q: usize, length: u32, count: u32, offset: f32, factor: f32, constant: f32): void {
  const one = <i16>limitOf(count, 8);
  memory.fill(q + QUERY_HEAD, 0, length << 1);
  for (let i: u32 = 0; i < count; i++) store<i16>(q + QUERY_HEAD + (i << 1), one);
  head(q, constant, factor * offset / f32(one), <i32>one * count);
}
