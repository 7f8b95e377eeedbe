/** Comparing rows in full: by their second codes and the query as it is, or by the vectors themselves. */
import { DOT, vectors4, wholeOrFar } from '../distance';
import { keepSmallest, keyOf, rowOf, sortHeap } from '../keys';
import { metric, secondBits, squared } from '../layout';
import { secondAt } from '../rows';
import { buffer } from '../scratch';
import { four8 } from './dot';
import { wideLength, wideQuery } from './tables';

/** Distances of the query (the floats at `query`, unfolded before) to the second codes at four addresses. */
export function second4(query: usize, a: usize, b: usize, c: usize, d: usize): v128 {
  if (secondBits == 32) return vectors4(query, a, b, c, d);
  return asDistance(wholeOrFar(four8(wideQuery, wideLength(), a, b, c, d)));
}

/** Squared distances as those of the metric: of unit vectors they tell the dot product. */
@inline
function asDistance(v: v128): v128 {
  if (!squared) return v;
  if (metric != DOT) return f32x4.max(v, f32x4.splat(0));
  return f32x4.min(f32x4.max(f32x4.sub(f32x4.mul(v, f32x4.splat(0.5)), f32x4.splat(1)), f32x4.splat(-1)), f32x4.splat(1));
}

/** Compares the first `count` rows of the buffer in full and sorts them; the nearest `k` stay. Returns how many. */
export function rerank(query: usize, count: u32, k: u32): u32 {
  let kept: u32 = 0;
  for (let i: u32 = 0; i < count; i++) load<u32>(secondAt(rowOf(load<u64>(buffer + (i << 3)))));
  for (let i: u32 = 0; i < count; i += 4) {
    const at = buffer + (i << 3);
    const left = count - i;
    const a = rowOf(load<u64>(at));
    const b = left > 1 ? rowOf(load<u64>(at, 8)) : a;
    const c = left > 2 ? rowOf(load<u64>(at, 16)) : a;
    const d = left > 3 ? rowOf(load<u64>(at, 24)) : a;
    const v = second4(query, secondAt(a), secondAt(b), secondAt(c), secondAt(d));
    kept = keepSmallest(buffer, kept, k, keyOf(f32x4.extract_lane(v, 0), a));
    if (left > 1) kept = keepSmallest(buffer, kept, k, keyOf(f32x4.extract_lane(v, 1), b));
    if (left > 2) kept = keepSmallest(buffer, kept, k, keyOf(f32x4.extract_lane(v, 2), c));
    if (left > 3) kept = keepSmallest(buffer, kept, k, keyOf(f32x4.extract_lane(v, 3), d));
  }
  sortHeap(buffer, kept);
  return kept;
}
