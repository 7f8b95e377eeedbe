/**
 * Distances. Inside, smaller is always nearer: the negated dot product (cosine is the dot product of normalised
 * vectors), the squared Euclidean distance, the sum of absolute differences.
 *
 * Every kernel adds in the same order, so that a pair of vectors has the same distance whichever kernel meets it.
 *
 * Where rows are kept as codes, what they are compared with is an unfolded query (see codes/): `asQuery` makes one of a
 * row.
 */
import { four4, four8, one4, one8, queryLength } from './codes/dot';
import { factorOf } from './codes/query';
import { unfoldCode } from './codes/unfold';
import { bits, metric, padded, reduced, squared } from './layout';

export const DOT: u32 = 0;
export const EUCLID: u32 = 1;
export const MANHATTAN: u32 = 2;

@inline
function madd(a: v128, b: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, sum);
  return f32x4.add(sum, f32x4.mul(a, b));
}

/** One step of the sum over four components. */
@inline
function step(kind: u32, a: v128, b: v128, sum: v128): v128 {
  if (kind == DOT) return madd(a, b, sum);
  const d = f32x4.sub(a, b);
  if (kind == EUCLID) return madd(d, d, sum);
  return f32x4.add(sum, f32x4.abs(d));
}

@inline
function one(kind: u32, q: usize, a: usize): f32 {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  const end = q + (padded << 2);
  const pairs = q + ((padded & ~7) << 2);
  for (; q < pairs; q += 32, a += 32) {
    s0 = step(kind, v128.load(q), v128.load(a), s0);
    s1 = step(kind, v128.load(q, 16), v128.load(a, 16), s1);
  }
  if (q < end) s0 = step(kind, v128.load(q), v128.load(a), s0);
  s0 = f32x4.add(s0, s1);
  const t = f32x4.add(s0, v128.shuffle<f32>(s0, s0, 2, 3, 0, 1));
  const sum = f32x4.extract_lane(t, 0) + f32x4.extract_lane(t, 1);
  return kind == DOT ? 0 - sum : sum;
}

@inline
function four(kind: u32, q: usize, a: usize, b: usize, c: usize, d: usize): v128 {
  let a0 = f32x4.splat(0);
  let a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
  const end = q + (padded << 2);
  const pairs = q + ((padded & ~7) << 2);
  for (; q < pairs; q += 32, a += 32, b += 32, c += 32, d += 32) {
    const x = v128.load(q);
    const y = v128.load(q, 16);
    a0 = step(kind, x, v128.load(a), a0);
    b0 = step(kind, x, v128.load(b), b0);
    c0 = step(kind, x, v128.load(c), c0);
    d0 = step(kind, x, v128.load(d), d0);
    a1 = step(kind, y, v128.load(a, 16), a1);
    b1 = step(kind, y, v128.load(b, 16), b1);
    c1 = step(kind, y, v128.load(c, 16), c1);
    d1 = step(kind, y, v128.load(d, 16), d1);
  }
  if (q < end) {
    const x = v128.load(q);
    a0 = step(kind, x, v128.load(a), a0);
    b0 = step(kind, x, v128.load(b), b0);
    c0 = step(kind, x, v128.load(c), c0);
    d0 = step(kind, x, v128.load(d), d0);
  }
  a0 = f32x4.add(a0, a1);
  b0 = f32x4.add(b0, b1);
  c0 = f32x4.add(c0, c1);
  d0 = f32x4.add(d0, d1);
  const ab = f32x4.add(v128.shuffle<f32>(a0, b0, 0, 4, 1, 5), v128.shuffle<f32>(a0, b0, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c0, d0, 0, 4, 1, 5), v128.shuffle<f32>(c0, d0, 2, 6, 3, 7));
  const sums = f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
  return kind == DOT ? f32x4.sub(f32x4.splat(0), sums) : sums;
}

function oneDot(q: usize, a: usize): f32 { return one(DOT, q, a); }
function oneEuclid(q: usize, a: usize): f32 { return one(EUCLID, q, a); }
function oneManhattan(q: usize, a: usize): f32 { return one(MANHATTAN, q, a); }
function fourDot(q: usize, a: usize, b: usize, c: usize, d: usize): v128 { return four(DOT, q, a, b, c, d); }
function fourEuclid(q: usize, a: usize, b: usize, c: usize, d: usize): v128 { return four(EUCLID, q, a, b, c, d); }
function fourManhattan(q: usize, a: usize, b: usize, c: usize, d: usize): v128 {
  return four(MANHATTAN, q, a, b, c, d);
}

/** The sum in f64, for components so large that f32 overflows. */
export function wide(q: usize, a: usize): f64 {
  let sum: f64 = 0;
  for (const end = q + (padded << 2); q < end; q += 4, a += 4) {
    const x = <f64>load<f32>(q);
    const y = <f64>load<f32>(a);
    if (metric == DOT) sum -= x * y;
    else if (metric == EUCLID) sum += (x - y) * (x - y);
    else sum += abs(x - y);
  }
  return sum;
}

/** A distance that overflowed f32, clamped to its range. */
function clamped(q: usize, a: usize): f32 {
  return <f32>max(-f64(f32.MAX_VALUE), min(f64(f32.MAX_VALUE), wide(q, a)));
}

/** What other rows can be compared with: the vector at `a` itself, or its code, unfolded at `room`. */
@inline
export function asQuery(a: usize, room: usize): usize {
  if (bits == 0) return a;
  unfoldCode(a, reduced, bits, factorOf(), room, squared);
  return room;
}

/** Distance of the vectors at two addresses; always finite. */
function vectors(q: usize, a: usize): f32 {
  const d = metric == DOT ? oneDot(q, a) : metric == EUCLID ? oneEuclid(q, a) : oneManhattan(q, a);
  return d - d == 0 ? d : clamped(q, a);
}

/** Distances of the vector at `q` to four others at once: their loads overlap. */
export function vectors4(q: usize, a: usize, b: usize, c: usize, d: usize): v128 {
  const v = metric == DOT
    ? fourDot(q, a, b, c, d)
    : metric == EUCLID ? fourEuclid(q, a, b, c, d) : fourManhattan(q, a, b, c, d);
  if (i32x4.all_true(f32x4.eq(f32x4.sub(v, v), f32x4.splat(0)))) return v;
  let fixed = f32x4.splat(vectors(q, a));
  fixed = f32x4.replace_lane(fixed, 1, vectors(q, b));
  fixed = f32x4.replace_lane(fixed, 2, vectors(q, c));
  return f32x4.replace_lane(fixed, 3, vectors(q, d));
}

/** Distance of a row at `a` to what `q` holds: a vector, or an unfolded query; always finite. */
export function distance(q: usize, a: usize): f32 {
  if (bits == 0) return vectors(q, a);
  const length = queryLength(reduced, bits);
  const d = bits == 8 ? one8(q, length, a) : one4(q, length, a);
  return d - d == 0 ? d : f32.MAX_VALUE;
}

/** The same for four rows at once. */
export function distance4(q: usize, a: usize, b: usize, c: usize, d: usize): v128 {
  if (bits == 0) return vectors4(q, a, b, c, d);
  const length = queryLength(reduced, bits);
  return wholeOrFar(bits == 8 ? four8(q, length, a, b, c, d) : four4(q, length, a, b, c, d));
}

/** Distances of codes, of which those that overflowed are as far as can be. */
@inline
export function wholeOrFar(v: v128): v128 {
  return v128.bitselect(v, f32x4.splat(f32.MAX_VALUE), f32x4.eq(f32x4.sub(v, v), f32x4.splat(0)));
}

/** The score that users see for the distance `d` between the vectors at `q` and `a`. */
export function scoreOf(d: f32, q: usize, a: usize): f32 {
  if (metric == DOT) return 0 - d;
  if (metric == MANHATTAN) return d;
  return d < f32.MAX_VALUE || bits != 0 ? sqrt(d) : <f32>min(f64(f32.MAX_VALUE), sqrt(wide(q, a)));
}
