/** The walk through matching nodes alone, for filters that let few nodes pass. */
import { distance4 } from './distance';
import { MARK, insertSorted, keyOf, popSmallest, pushSmallest, rowOf } from './keys';
import { m0 } from './layout';
import { inBits, linksAt, vectorAt, walkable } from './rows';
import { buffer, clearVisited, frontier, frontierKeys, gathered, gatheredAt, visit } from './scratch';

/** Rows that are compared together. */
const GROUP: u32 = 16;

let size: u32 = 0;
let queued: u32 = 0;
let spent: u32 = 0;
/** Rows in `gathered` that were met but not compared yet. */
let waiting: u32 = 0;

@inline
function offer(d: f32, i: u32, ef: u32): void {
  const key = keyOf(d, load<u32>(gathered + (i << 2)));
  if (size == ef && key >= load<u64>(buffer + ((ef - 1) << 3))) return;
  if (queued < frontierKeys) pushSmallest(frontier, queued++, key);
  insertSorted(buffer, size, ef, key);
  if (size < ef) size++;
}

/** Compares the rows that wait. */
function flush(query: usize, ef: u32): void {
  if (waiting == 0) return;
  // A group of four may read past the end: let it read the last one again.
  const last = load<u32>(gatheredAt + ((waiting - 1) << 2));
  for (let i: u32 = 0; i < 3; i++) store<u32>(gatheredAt + ((waiting + i) << 2), last);
  for (let i: u32 = 0; i < waiting; i += 4) {
    const at = gatheredAt + (i << 2);
    const d = distance4(query, load<u32>(at), load<u32>(at, 4), load<u32>(at, 8), load<u32>(at, 12));
    offer(f32x4.extract_lane(d, 0), i, ef);
    if (i + 1 < waiting) offer(f32x4.extract_lane(d, 1), i + 1, ef);
    if (i + 2 < waiting) offer(f32x4.extract_lane(d, 2), i + 2, ef);
    if (i + 3 < waiting) offer(f32x4.extract_lane(d, 3), i + 3, ef);
  }
  spent += waiting;
  waiting = 0;
}

/** Puts a row among those that wait, touching its vector so that its loads start early. */
@inline
function meet(row: u32, query: usize, ef: u32): void {
  const vector = vectorAt(row);
  store<u32>(gathered + (waiting << 2), row);
  store<u32>(gatheredAt + (waiting << 2), <u32>vector);
  load<u32>(vector);
  if (++waiting == GROUP) flush(query, ef);
}

@inline
function matches(row: u32, filter: usize): bool {
  return inBits(filter, row) && walkable(row);
}

/** Meets the matching neighbours of a node that does not match; returns how many are new. */
function lookThrough(query: usize, row: u32, ef: u32, filter: usize): u32 {
  let fresh: u32 = 0;
  let at = linksAt(row, 0);
  for (const end = at + (m0 << 2); at < end; at += 4) {
    const link = load<u32>(at);
    if (link == 0) break;
    if (!matches(link - 1, filter) || !visit(link - 1)) continue;
    meet(link - 1, query, ef);
    fresh++;
  }
  // Following its links costs about as much as comparing a vector.
  spent++;
  return fresh;
}

/** Meets the matching neighbours of a node and, while they are fewer than it can have links, those behind the others. */
function expand(query: usize, row: u32, ef: u32, filter: usize): void {
  let met: u32 = 0;
  const first = linksAt(row, 0);
  const end = first + (m0 << 2);
  for (let at = first; at < end; at += 4) {
    const link = load<u32>(at);
    if (link == 0) break;
    if (!matches(link - 1, filter)) continue;
    met++;
    if (visit(link - 1)) meet(link - 1, query, ef);
  }
  for (let at = first; at < end && met < m0; at += 4) {
    const link = load<u32>(at);
    if (link == 0) break;
    if (matches(link - 1, filter) || !visit(link - 1)) continue;
    met += lookThrough(query, link - 1, ef, filter);
  }
  flush(query, ef);
}

/**
 * Best-first walk on the lowest level through the walkable nodes of `filter` alone, whose number of distances hardly
 * depends on how few they are: a neighbour that does not match is looked through to those behind it (after ACORN,
 * arXiv 2403.04871). It begins from the first `count` keys of the buffer. Leaves up to `ef` in the buffer, sorted;
 * returns how many, or -1 when `budget` did not suffice.
 */
export function walkMatching(query: usize, count: u32, ef: u32, filter: usize, budget: u32): i32 {
  clearVisited();
  size = count;
  queued = 0;
  spent = 0;
  waiting = 0;
  for (let i: u32 = 0; i < count; i++) {
    const key = load<u64>(buffer + (i << 3)) & ~MARK;
    visit(rowOf(key));
    if (queued < frontierKeys) pushSmallest(frontier, queued++, key);
  }
  while (queued > 0) {
    const key = popSmallest(frontier, queued--);
    if (size == ef && key > load<u64>(buffer + ((ef - 1) << 3))) break;
    expand(query, rowOf(key), ef, filter);
    if (spent > budget) return -1;
  }
  return <i32>size;
}
