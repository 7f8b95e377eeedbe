/**
 * Distances of an unfolded query to codes (LVQ, one level: Aguerrebere et al., arXiv 2304.04759).
 *
 * A code stands for offset + step · c_j in each component j, c_j an integer of 8 bits (signed) or 4 (from 0 to 15).
 * After the integers, padded to a multiple of 16 bytes, a record has four f32: step, offset, norm, loss. `norm` is
 * what the distance adds (the squared length of the vector as it was before it was reduced, or 0 for dot products); `loss`
 * is the share of that length that the code does not have.
 *
 * An unfolded query has four f32, then its components as i16: `constant` and `sum`, which its distances add as they are
 * and times the offset, and `scale` of its integers. It already holds the factor -2 (squared distance) or -1 (dot
 * product), so that every distance is constant + norm + offset · sum + step · scale · Σ q_j c_j.
 *
 * The length of the integers of a query is at most 2^15, or they are at most 2^15 and so few that no sum of products
 * overflows 32 bits (see `unfold`).
 */

export const QUERY_HEAD: u32 = 16;
export const RECORD_TAIL: u32 = 16;

/** Bytes of `count` components of `bits` bits, padded so that loops need no rest. */
@inline
export function codeBytes(count: u32, bits: u32): u32 {
  return bits == 8 ? (count + 15) & ~15 : ((count + 31) >> 5) << 4;
}

/** Components of an unfolded query, with the padding. */
@inline
export function queryLength(count: u32, bits: u32): u32 {
  return bits == 8 ? (count + 15) & ~15 : (count + 31) & ~31;
}

/** The sum of the four lanes of each of four vectors. */
@inline
export function sums(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7));
  const cd = i32x4.add(v128.shuffle<i32>(c, d, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 2, 6, 3, 7));
  return i32x4.add(v128.shuffle<i32>(ab, cd, 0, 1, 4, 5), v128.shuffle<i32>(ab, cd, 2, 3, 6, 7));
}

/** Distances from the sums of products `dots` and the tails of four records. */
@inline
function assemble(q: usize, dots: v128, a: usize, b: usize, c: usize, d: usize): v128 {
  const ra = v128.load(a);
  const rb = v128.load(b);
  const rc = v128.load(c);
  const rd = v128.load(d);
  const low = v128.shuffle<f32>(ra, rb, 0, 4, 1, 5);
  const low2 = v128.shuffle<f32>(rc, rd, 0, 4, 1, 5);
  const step = v128.shuffle<f32>(low, low2, 0, 1, 4, 5);
  const offset = v128.shuffle<f32>(low, low2, 2, 3, 6, 7);
  const norm = v128.shuffle<f32>(v128.shuffle<f32>(ra, rb, 2, 6, 3, 7), v128.shuffle<f32>(rc, rd, 2, 6, 3, 7), 0, 1, 4, 5);
  const products = f32x4.mul(f32x4.mul(f32x4.convert_i32x4_s(dots), v128.load_splat<f32>(q, 8)), step);
  const shifts = f32x4.mul(v128.load_splat<f32>(q, 4), offset);
  return f32x4.add(f32x4.add(f32x4.add(v128.load_splat<f32>(q), norm), shifts), products);
}

@inline
function dot8(x: v128, at: usize): v128 {
  return i32x4.dot_i16x8_s(x, v128.load_ext<i8>(at));
}

/** Distances to four records of `length` signed 8-bit integers, a multiple of 16. */
export function four8(q: usize, length: u32, a: usize, b: usize, c: usize, d: usize): v128 {
  let s0 = i32x4.splat(0);
  let s1 = s0, s2 = s0, s3 = s0;
  let at = q + QUERY_HEAD;
  for (const end = a + length; a < end; at += 32, a += 16, b += 16, c += 16, d += 16) {
    const x = v128.load(at);
    const y = v128.load(at, 16);
    s0 = i32x4.add(s0, i32x4.add(dot8(x, a), dot8(y, a + 8)));
    s1 = i32x4.add(s1, i32x4.add(dot8(x, b), dot8(y, b + 8)));
    s2 = i32x4.add(s2, i32x4.add(dot8(x, c), dot8(y, c + 8)));
    s3 = i32x4.add(s3, i32x4.add(dot8(x, d), dot8(y, d + 8)));
  }
  return assemble(q, sums(s0, s1, s2, s3), a, b, c, d);
}

/** Products with 32 4-bit integers: lane t of the 16 bytes holds the components t, 8 + t, 16 + t, 24 + t. */
@inline
function dot4(at: usize, w: v128): v128 {
  const mask = i16x8.splat(15);
  const low = i32x4.add(
    i32x4.dot_i16x8_s(v128.load(at), v128.and(w, mask)),
    i32x4.dot_i16x8_s(v128.load(at, 16), v128.and(i16x8.shr_u(w, 4), mask)),
  );
  const high = i32x4.add(
    i32x4.dot_i16x8_s(v128.load(at, 32), v128.and(i16x8.shr_u(w, 8), mask)),
    i32x4.dot_i16x8_s(v128.load(at, 48), i16x8.shr_u(w, 12)),
  );
  return i32x4.add(low, high);
}

/** Distances to four records of `length` 4-bit integers, a multiple of 32. */
export function four4(q: usize, length: u32, a: usize, b: usize, c: usize, d: usize): v128 {
  let s0 = i32x4.splat(0);
  let s1 = s0, s2 = s0, s3 = s0;
  let at = q + QUERY_HEAD;
  for (const end = a + (length >> 1); a < end; at += 64, a += 16, b += 16, c += 16, d += 16) {
    s0 = i32x4.add(s0, dot4(at, v128.load(a)));
    s1 = i32x4.add(s1, dot4(at, v128.load(b)));
    s2 = i32x4.add(s2, dot4(at, v128.load(c)));
    s3 = i32x4.add(s3, dot4(at, v128.load(d)));
  }
  return assemble(q, sums(s0, s1, s2, s3), a, b, c, d);
}

@inline
function total(s: v128): i32 {
  const t = i32x4.add(s, v128.shuffle<i32>(s, s, 2, 3, 0, 1));
  return i32x4.extract_lane(t, 0) + i32x4.extract_lane(t, 1);
}

/** The same for one record, added in the same order. */
@inline
function assembleOne(q: usize, dot: i32, a: usize): f32 {
  const products = f32(dot) * load<f32>(q, 8) * load<f32>(a);
  return load<f32>(q) + load<f32>(a, 8) + load<f32>(q, 4) * load<f32>(a, 4) + products;
}

export function one8(q: usize, length: u32, a: usize): f32 {
  let s = i32x4.splat(0);
  let at = q + QUERY_HEAD;
  for (const end = a + length; a < end; at += 32, a += 16)
    s = i32x4.add(s, i32x4.add(dot8(v128.load(at), a), dot8(v128.load(at, 16), a + 8)));
  return assembleOne(q, total(s), a);
}

export function one4(q: usize, length: u32, a: usize): f32 {
  let s = i32x4.splat(0);
  let at = q + QUERY_HEAD;
  for (const end = a + (length >> 1); a < end; at += 64, a += 16) s = i32x4.add(s, dot4(at, v128.load(a)));
  return assembleOne(q, total(s), a);
}
