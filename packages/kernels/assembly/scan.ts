/** Exact search: every row that may be returned is compared. */
import { prepareWide } from './codes/query';
import { second4 } from './codes/second';
import { distance, distance4, scoreOf } from './distance';
import { insertSorted, keepSmallest, keyOf, sortHeap } from './keys';
import { DIRECTORY, H_TAIL, H_TAIL_COUNT, PRESENT, TAIL, bits as codeBits, padded, shift } from './layout';
import { inBits, rowLimit, secondAt, stateAt, vectorAt } from './rows';
import { buffer, gathered, gatheredAt, openScratch } from './scratch';

let waiting: u32 = 0;

/** Distances of a query to the four rows at `gatheredAt`. */
@inline
function waiting4(query: usize, inFull: bool): v128 {
  const a = load<u32>(gatheredAt);
  const b = load<u32>(gatheredAt, 4);
  const c = load<u32>(gatheredAt, 8);
  const d = load<u32>(gatheredAt, 12);
  return inFull ? second4(query, a, b, c, d) : distance4(query, a, b, c, d);
}

/** Compares the waiting rows with `queries` queries; each query keeps its own heap of `k`. All heaps fill alike. */
function flush(queries: usize, many: u32, k: u32, kept: u32, inFull: bool): u32 {
  const count = waiting;
  waiting = 0;
  if (count == 0) return kept;
  // A group of four may read past the end: let it read the last one again.
  const last = load<u32>(gatheredAt + ((count - 1) << 2));
  for (let i = count; i < 4; i++) store<u32>(gatheredAt + (i << 2), last);
  let after = kept;
  for (let q: u32 = 0; q < many; q++) {
    const heap = buffer + q * (k << 3);
    const d = waiting4(queries + q * (padded << 2), inFull);
    after = keepSmallest(heap, kept, k, keyOf(f32x4.extract_lane(d, 0), load<u32>(gathered)));
    if (count > 1) after = keepSmallest(heap, after, k, keyOf(f32x4.extract_lane(d, 1), load<u32>(gathered, 4)));
    if (count > 2) after = keepSmallest(heap, after, k, keyOf(f32x4.extract_lane(d, 2), load<u32>(gathered, 8)));
    if (count > 3) after = keepSmallest(heap, after, k, keyOf(f32x4.extract_lane(d, 3), load<u32>(gathered, 12)));
  }
  return after;
}

/**
 * The `k` best rows, among those of `filter` unless it is 0, for each of `many` queries in one pass. Leaves the
 * sorted keys of query q at buffer + q·k keys; returns how many each has. `inFull` compares rows that are kept as codes by
 * their second ones.
 */
export function scan(queries: usize, many: u32, k: u32, filter: usize, inFull: bool): u32 {
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
      store<u32>(gatheredAt + (waiting << 2), <u32>(inFull ? secondAt(row) : vectorAt(row)));
      if (++waiting == 4) kept = flush(queries, many, k, kept, inFull);
    }
  }
  kept = flush(queries, many, k, kept, inFull);
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
  const inFull = codeBits != 0;
  if (inFull) {
    openScratch();
    prepareWide(query);
  }
  for (let i: u32 = 0; i < count; i += 4) {
    const left = min(4, count - i);
    const at = rows + (i << 2);
    const a = whereOf(load<u32>(at), inFull);
    const b = left > 1 ? whereOf(load<u32>(at, 4), inFull) : a;
    const c = left > 2 ? whereOf(load<u32>(at, 8), inFull) : a;
    const d = left > 3 ? whereOf(load<u32>(at, 12), inFull) : a;
    const all = inFull ? second4(query, a, b, c, d) : distance4(query, a, b, c, d);
    const to = out + (i << 2);
    store<f32>(to, scoreOf(f32x4.extract_lane(all, 0), query, a));
    if (left > 1) store<f32>(to, scoreOf(f32x4.extract_lane(all, 1), query, b), 4);
    if (left > 2) store<f32>(to, scoreOf(f32x4.extract_lane(all, 2), query, c), 8);
    if (left > 3) store<f32>(to, scoreOf(f32x4.extract_lane(all, 3), query, d), 12);
  }
}

@inline
function whereOf(row: u32, inFull: bool): usize {
  return inFull ? secondAt(row) : vectorAt(row);
}
