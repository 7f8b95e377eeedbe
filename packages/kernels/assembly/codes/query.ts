/** Preparing a query: centred, reduced, unfolded. */
import { padded, reduced, bits, squared } from '../layout';
import { QUERY_HEAD, queryLength, sums } from './dot';
import { floats, mean, narrowQuery, queryRows, queryScales, single, wideBytes, wideLength, wideQuery } from './tables';
import { unfoldFloats } from './unfold';

@inline
export function factorOf(): f32 {
  return squared ? -2 : -1;
}

/** Subtracts the mean from the vector at `from`; the result goes to `floats`. Returns its sum of squares. */
export function centre(from: usize): f32 {
  let s = f32x4.splat(0);
  let m = mean();
  let to = floats;
  for (const end = from + (padded << 2); from < end; from += 16, m += 16, to += 16) {
    const x = f32x4.sub(v128.load(from), v128.load(m));
    v128.store(to, x);
    s = f32x4.add(s, f32x4.mul(x, x));
  }
  for (const end = floats + (wideLength() << 2); to < end; to += 16) v128.store(to, f32x4.splat(0));
  return f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1) + f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3);
}

/** Unfolds the (padded) query at `query`; needed before candidates are compared in full. */
export function prepareWide(query: usize): f32 {
  const squares = centre(query);
  unfoldFloats(floats, wideLength(), squares, factorOf(), squared ? squares : 0, wideQuery);
  return squares;
}

/** Dot products of the unfolded query with four rows of `bytes` bytes that follow each other. */
@inline
function products(a: usize, bytes: u32): v128 {
  let s0 = i32x4.splat(0);
  let s1 = s0, s2 = s0, s3 = s0;
  let q = wideQuery + QUERY_HEAD;
  const b = a + bytes;
  const c = b + bytes;
  const d = c + bytes;
  for (let i: usize = 0; i < bytes; i += 16, q += 16) {
    const x = v128.load(q);
    s0 = i32x4.add(s0, i32x4.dot_i16x8_s(v128.load(a + i), x));
    s1 = i32x4.add(s1, i32x4.dot_i16x8_s(v128.load(b + i), x));
    s2 = i32x4.add(s2, i32x4.dot_i16x8_s(v128.load(c + i), x));
    s3 = i32x4.add(s3, i32x4.dot_i16x8_s(v128.load(d + i), x));
  }
  return sums(s0, s1, s2, s3);
}

/** Prepares both forms of the query. */
export function prepare(query: usize): void {
  const squares = prepareWide(query);
  if (single()) return memory.copy(narrowQuery, wideQuery, wideBytes());
  const length = wideLength();
  const scale = load<f32>(wideQuery, 8) / factorOf();
  const to = floats + (length << 2);
  const scales = queryScales();
  const all = queryLength(reduced, bits);
  let row = queryRows();
  let s = f32x4.splat(0);
  let j: u32 = 0;
  for (; j < reduced; j += 4, row += length << 3) {
    const weights = f32x4.mul(f32x4.splat(scale), v128.load(scales + (j << 2)));
    const y = f32x4.mul(f32x4.convert_i32x4_s(products(row, length << 1)), weights);
    v128.store(to + (j << 2), y);
    s = f32x4.add(s, f32x4.mul(y, y));
  }
  for (; j < all; j += 4) v128.store(to + (j << 2), f32x4.splat(0));
  const sum = f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1) + f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3);
  unfoldFloats(to, all, sum, factorOf(), squared ? squares : 0, narrowQuery);
}
