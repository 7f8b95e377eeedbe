/** Exact search: every row that may be returned is compared. */
import { distance, distance4, scoreOf } from './distance';
import { insertSorted, keepSmallest, keyOf, sortHeap } from './keys';
import { DIRECTORY, H_TAIL, H_TAIL_COUNT, PRESENT, TAIL, padded, shift } from './layout';
import { inBits, rowLimit, stateAt, vectorAt } from './rows';
import { buffer, gathered, gatheredAt } from './scratch';

let waiting: u32 = 0;

/** Compares the waiting rows with `queries` queries; each query keeps its own heap of `k`. All heaps fill alike. */
function flush(queries: usize, many: u32, k: u32, kept: u32): u32 {
  const count = waiting;
  waiting = 0;
  if (count == 0) return kept;
  let after = kept;
  for (let q: u32 = 0; q < many; q++) {
    const query = queries + q * (padded << 2);
    const heap = buffer + q * (k << 3);
    after = kept;
    if (count == 4) {
      const d = distance4(
        query, load<u32>(gatheredAt), load<u32>(gatheredAt, 4), load<u32>(gatheredAt, 8), load<u32>(gatheredAt, 12),
      );
      after = keepSmallest(heap, after, k, keyOf(f32x4.extract_lane(d, 0), load<u32>(gathered)));
      after = keepSmallest(heap, after, k, keyOf(f32x4.extract_lane(d, 1), load<u32>(gathered, 4)));
      after = keepSmallest(heap, after, k, keyOf(f32x4.extract_lane(d, 2), load<u32>(gathered, 8)));
      after = keepSmallest(heap, after, k, keyOf(f32x4.extract_lane(d, 3), load<u32>(gathered, 12)));
    } else {
      for (let i: u32 = 0; i < count; i++) {
        const d = distance(query, load<u32>(gatheredAt + (i << 2)));
        after = keepSmallest(heap, after, k, keyOf(d, load<u32>(gathered + (i << 2))));
      }
    }
  }
  return after;
}

/**
 * The `k` best rows, among those of `filter` unless it is 0, for each of `many` queries in one pass. Leaves the
 * sorted keys of query q at buffer + q·k keys; returns how many each has.
 */
export function scan(queries: usize, many: u32, k: u32, filter: usize): u32 {
  let kept: u32 = 0;
  waiting = 0;
  const limit = rowLimit();
  for (let first: u32 = 0; first < limit; first += 32) {
    let bits: u32 = filter == 0 ? 0xffffffff : load<u32>(filter + (first >> 3));
    if (bits == 0) continue;
    const rest = limit - first;
    if (rest < 32) bits &= (1 << rest) - 1;
    while (bits != 0) {
      const row = first + ctz(bits);
      bits &= bits - 1;
      if (load<u32>(DIRECTORY + ((row >> shift) << 2)) == 0) continue;
      if ((load<u32>(stateAt(row)) & PRESENT) == 0) continue;
      store<u32>(gathered + (waiting << 2), row);
      store<u32>(gatheredAt + (waiting << 2), <u32>vectorAt(row));
      if (++waiting == 4) kept = flush(queries, many, k, kept);
    }
  }
  kept = flush(queries, many, k, kept);
  for (let q: u32 = 0; q < many; q++) sortHeap(buffer + q * (k << 3), kept);
  return kept;
}

/** Adds the rows of the tail list to the `count` sorted keys in the buffer. Returns the new count. */
export function scanTail(query: usize, count: u32, capacity: u32, filter: usize): u32 {
  const tail: usize = load<u32>(H_TAIL);
  const end = tail + (load<u32>(H_TAIL_COUNT) << 2);
  for (let at = tail; at < end; at += 4) {
    const row = load<u32>(at);
    if ((load<u32>(stateAt(row)) & (PRESENT | TAIL)) != (PRESENT | TAIL)) continue;
    if (filter != 0 && !inBits(filter, row)) continue;
    const key = keyOf(distance(query, vectorAt(row)), row);
    if (count == capacity && key >= load<u64>(buffer + ((count - 1) << 3))) continue;
    insertSorted(buffer, count, capacity, key);
    if (count < capacity) count++;
  }
  return count;
}

/** The score of each of `count` rows for the query at `query`, written to `out` in their order. */
export function compare(query: usize, rows: usize, count: u32, out: usize): void {
  for (let i: u32 = 0; i < count; i += 4) {
    const left = min(4, count - i);
    const at = rows + (i << 2);
    const a = vectorAt(load<u32>(at));
    const b = left > 1 ? vectorAt(load<u32>(at, 4)) : a;
    const c = left > 2 ? vectorAt(load<u32>(at, 8)) : a;
    const d = left > 3 ? vectorAt(load<u32>(at, 12)) : a;
    const all = distance4(query, a, b, c, d);
    const to = out + (i << 2);
    store<f32>(to, scoreOf(f32x4.extract_lane(all, 0), query, a));
    if (left > 1) store<f32>(to, scoreOf(f32x4.extract_lane(all, 1), query, b), 4);
    if (left > 2) store<f32>(to, scoreOf(f32x4.extract_lane(all, 2), query, c), 8);
    if (left > 3) store<f32>(to, scoreOf(f32x4.extract_lane(all, 3), query, d), 12);
  }
}
