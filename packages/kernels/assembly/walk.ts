/** Walks over the graph: the greedy descent, the walk without a filter, and the walk with one. */
import { distance, distance4 } from './distance';
import { MARK, insertSorted, keyOf, popSmallest, pushSmallest, rowOf } from './keys';
import { inBits, linkCapacity, linksAt, vectorAt, walkable } from './rows';
import { buffer, clearVisited, frontier, frontierKeys, gathered, gatheredAt, visit } from './scratch';

/** Collects the unvisited neighbours of a row, touching each one's vector so that its loads start early. */
@inline
function gather(row: u32, level: u32): u32 {
  let at = linksAt(row, level);
  const end = at + (linkCapacity(level) << 2);
  let count: u32 = 0;
  for (; at < end; at += 4) {
    const link = load<u32>(at);
    if (link == 0) break;
    if (visit(link - 1)) {
      const vector = vectorAt(link - 1);
      store<u32>(gathered + (count << 2), link - 1);
      store<u32>(gatheredAt + (count << 2), <u32>vector);
      load<u32>(vector);
      count++;
    }
  }
  // A group of four may read past the end: let it read the last one again.
  if (count > 0) {
    const last = load<u32>(gatheredAt + ((count - 1) << 2));
    for (let i: u32 = 0; i < 3; i++) store<u32>(gatheredAt + ((count + i) << 2), last);
  }
  return count;
}

/** Distances of the query to the four gathered vectors from `i`. */
@inline
function group(query: usize, i: u32): v128 {
  const at = gatheredAt + (i << 2);
  return distance4(query, load<u32>(at), load<u32>(at, 4), load<u32>(at, 8), load<u32>(at, 12));
}

/** The node nearest to the query that a greedy walk on `level` finds from `row`. */
export function descend(query: usize, row: u32, level: u32): u32 {
  let best = keyOf(distance(query, vectorAt(row)), row);
  while (true) {
    const from = rowOf(best);
    let at = linksAt(from, level);
    const end = at + (linkCapacity(level) << 2);
    for (; at < end; at += 4) {
      const link = load<u32>(at);
      if (link == 0) break;
      const key = keyOf(distance(query, vectorAt(link - 1)), link - 1);
      if (key < best) best = key;
    }
    if (rowOf(best) == from) return from;
  }
}

let size: u32 = 0;
let cursor: u32 = 0;

@inline
function offer(distance: f32, i: u32, keep: u32): void {
  const key = keyOf(distance, load<u32>(gathered + (i << 2)));
  if (size == keep && key >= load<u64>(buffer + ((keep - 1) << 3))) return;
  const position = insertSorted(buffer, size, keep, key);
  if (size < keep) size++;
  if (position < cursor) cursor = position;
}

/**
 * Best-first walk on one level from `row`, which ends when the `ef` nearest nodes it met were expanded. Leaves the `keep`
 * nearest (at least `ef`) in the buffer, sorted; the marks of those that were expanded are set. Returns how many.
 */
export function walk(query: usize, row: u32, level: u32, ef: u32, keep: u32): u32 {
  clearVisited();
  visit(row);
  store<u64>(buffer, keyOf(distance(query, vectorAt(row)), row));
  size = 1;
  cursor = 0;
  while (cursor < min(size, ef)) {
    const key = load<u64>(buffer + (cursor << 3));
    if (key & MARK) {
      cursor++;
      continue;
    }
    store<u64>(buffer + (cursor << 3), key | MARK);
    cursor++;
    const count = gather(rowOf(key), level);
    let i: u32 = 0;
    for (; i + 1 < count; i += 4) {
      const d = group(query, i);
      offer(f32x4.extract_lane(d, 0), i, keep);
      offer(f32x4.extract_lane(d, 1), i + 1, keep);
      if (i + 2 < count) offer(f32x4.extract_lane(d, 2), i + 2, keep);
      if (i + 3 < count) offer(f32x4.extract_lane(d, 3), i + 3, keep);
    }
    if (i < count) offer(distance(query, load<u32>(gatheredAt + (i << 2))), i, keep);
  }
  return size;
}

let queued: u32 = 0;

@inline
function offerAmong(d: f32, i: u32, ef: u32, filter: usize): void {
  const row = load<u32>(gathered + (i << 2));
  const key = keyOf(d, row);
  if (size == ef && key >= load<u64>(buffer + ((ef - 1) << 3))) return;
  if (queued < frontierKeys) pushSmallest(frontier, queued++, key);
  if (!walkable(row) || (filter != 0 && !inBits(filter, row))) return;
  insertSorted(buffer, size, ef, key);
  if (size < ef) size++;
}

/**
 * Best-first walk on one level that passes through all nodes but keeps only the walkable ones of `filter` (0: all).
 * Leaves up to `ef` of them in the buffer, sorted. Returns how many n there are, or -1 - n when `budget` distances did
 * not suffice.
 */
export function walkAmong(
  query: usize, row: u32, level: u32, ef: u32, filter: usize, budget: u32,
): i32 {
  clearVisited();
  visit(row);
  size = 0;
  queued = 0;
  store<u32>(gathered, row);
  offerAmong(distance(query, vectorAt(row)), 0, ef, filter);
  let spent: u32 = 0;
  while (queued > 0) {
    const key = popSmallest(frontier, queued--);
    if (size == ef && key >= load<u64>(buffer + ((ef - 1) << 3))) break;
    const count = gather(rowOf(key), level);
    spent += count;
    if (spent > budget) return -1 - <i32>size;
    for (let i: u32 = 0; i < count; i += 4) {
      const d = group(query, i);
      offerAmong(f32x4.extract_lane(d, 0), i, ef, filter);
      if (i + 1 < count) offerAmong(f32x4.extract_lane(d, 1), i + 1, ef, filter);
      if (i + 2 < count) offerAmong(f32x4.extract_lane(d, 2), i + 2, ef, filter);
      if (i + 3 < count) offerAmong(f32x4.extract_lane(d, 3), i + 3, ef, filter);
    }
  }
  return <i32>size;
}

/** Nearest node of the level above `level` to start from, for the entry `entry` (see H_ENTRY). */
@inline
export function approach(query: usize, entry: u64, level: u32): u32 {
  let row = <u32>entry;
  for (let l = <u32>(entry >> 32) - 1; l > level; l--) row = descend(query, row, l);
  return row;
}

