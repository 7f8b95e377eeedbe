/** Late interaction: for every token of a query the nearest token of a point, summed. */
import { distance, distance4 } from './distance';
import { padded } from './layout';
import { vectorAt } from './rows';
import { buffer, openScratch } from './scratch';

/** Points that a thread takes at a time. */
const TAKE: u32 = 16;

/** Lowers the four running minima of a query token. */
@inline
function lower(at: usize, d: v128): void {
  v128.store(at, f32x4.pmin(v128.load(at), d));
}

/** Distances of all query tokens to the tokens in `rows`; the nearest of each in four parts at `nearest`. */
function compare(queries: usize, tokens: u32, rows: usize, count: u32, nearest: usize): void {
  const bytes = padded << 2;
  const far = f32x4.splat(f32.MAX_VALUE);
  for (let q: u32 = 0; q < tokens; q++) v128.store(nearest + (q << 4), far);
  let i: u32 = 0;
  for (; i + 4 <= count; i += 4) {
    const list = rows + (i << 2);
    const a = vectorAt(load<u32>(list));
    const b = vectorAt(load<u32>(list, 4));
    const c = vectorAt(load<u32>(list, 8));
    const d = vectorAt(load<u32>(list, 12));
    for (let q: u32 = 0; q < tokens; q++) lower(nearest + (q << 4), distance4(queries + q * bytes, a, b, c, d));
  }
  for (; i < count; i++) {
    const a = vectorAt(load<u32>(rows + (i << 2)));
    for (let q: u32 = 0; q < tokens; q++) lower(nearest + (q << 4), f32x4.splat(distance(queries + q * bytes, a)));
  }
}

/** The sum of the minima. */
function total(tokens: u32, nearest: usize): f64 {
  let sum: f64 = 0;
  for (let q: u32 = 0; q < tokens; q++) {
    const d = v128.load(nearest + (q << 4));
    const two = f32x4.pmin(d, v128.shuffle<f32>(d, d, 2, 3, 0, 1));
    sum += f64(min(f32x4.extract_lane(two, 0), f32x4.extract_lane(two, 1)));
  }
  return sum;
}

/**
 * Takes points from `cursor` until all `count` are compared. Point i has the token rows starts[i] to starts[i + 1]
 * of the list `rows`; the sum of the distances of the `tokens` query tokens (padded, one after another) to their
 * nearest rows goes to sums + 8i. The slot's buffer has room for two keys to a query token.
 */
export function maxSim(
  queries: usize, tokens: u32, rows: usize, starts: usize, count: u32, sums: usize, cursor: usize,
): void {
  openScratch();
  while (true) {
    const first = atomic.add<u32>(cursor, TAKE);
    if (first >= count) return;
    const end = min(first + TAKE, count);
    for (let i = first; i < end; i++) {
      const from = load<u32>(starts + (i << 2));
      const to = load<u32>(starts + (i << 2), 4);
      compare(queries, tokens, rows + (<usize>from << 2), to - from, buffer);
      store<f64>(sums + (i << 3), total(tokens, buffer));
    }
  }
}
