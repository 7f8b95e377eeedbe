/** Keeping the graph whole: taking rows out of it, and reconnecting what nothing leads to. */
import { basis, narrowBytes } from './codes/tables';
import { asQuery, distance } from './distance';
import { insertSorted, keyOf, rowOf } from './keys';
import { DIRECTORY, H_BLOCKS, H_ENTRY, LINKED, efConstruction, m0, shift } from './layout';
import { choose, connect, writeLinks } from './link';
import { inBits, levelOf, linkCapacity, linksAt, lock, rowLimit, stateAt, unlock, vectorAt } from './rows';
import {
  MAX_CANDIDATES, buffer, candidates, chosen, clearVisited, openScratch, own, visit,
} from './scratch';
import { approach, walkAmong } from './walk';

/** Rows on their way out that one repair looks behind for new neighbours. */
const MAX_LEAVING: u32 = 24;

@inline
function isNode(row: u32): bool {
  return load<u32>(DIRECTORY + ((row >> shift) << 2)) != 0 && (load<u32>(stateAt(row)) & LINKED) != 0;
}

@inline
function pointsInto(row: u32, level: u32, leaving: usize): bool {
  let at = linksAt(row, level);
  for (const end = at + (linkCapacity(level) << 2); at < end; at += 4) {
    const link = load<u32>(at);
    if (link == 0) return false;
    if (inBits(leaving, link - 1)) return true;
  }
  return false;
}

/** Candidates that are kept: the nearest. */
let considered: u32 = 0;
let found: u32 = 0;
let behind: u32 = 0;

/** Sorts the unvisited neighbours of `row` into candidates for `base` and rows to look behind. */
function consider(row: u32, level: u32, base: usize, leaving: usize): void {
  let at = linksAt(row, level);
  for (const end = at + (linkCapacity(level) << 2); at < end; at += 4) {
    const link = load<u32>(at);
    if (link == 0) return;
    const other = link - 1;
    if (!visit(other)) continue;
    if (inBits(leaving, other)) {
      if (behind < MAX_LEAVING) store<u32>(buffer + (behind++ << 2), other);
    } else {
      const key = keyOf(distance(base, vectorAt(other)), other);
      if (found == considered && key >= load<u64>(candidates + ((found - 1) << 3))) continue;
      insertSorted(candidates, found, considered, key);
      if (found < considered) found++;
    }
  }
}

/** Chooses the links of a row anew from what remains and what lies behind the rows that leave. */
function relink(row: u32, level: u32, leaving: usize): void {
  const base = asQuery(vectorAt(row), basis + 2 * narrowBytes());
  const capacity = linkCapacity(level);
  lock(row);
  clearVisited();
  visit(row);
  considered = min(MAX_CANDIDATES, max(efConstruction, 2 * capacity));
  found = 0;
  behind = 0;
  consider(row, level, base, leaving);
  for (let i: u32 = 0; i < behind; i++) consider(load<u32>(buffer + (i << 2)), level, base, leaving);
  const entry = atomic.load<u64>(H_ENTRY);
  if (found < capacity / 2 && level < <u32>(entry >> 32)) {
    const met = walkAmong(base, approach(base, entry, level), level, efConstruction, 0, u32.MAX_VALUE);
    found = 0;
    for (let i = 0; i < met && found < considered; i++) {
      const key = load<u64>(buffer + (i << 3));
      if (rowOf(key) != row) store<u64>(candidates + (found++ << 3), key);
    }
  }
  const count = choose(candidates, found, capacity);
  const gained = gain(linksAt(row, level), capacity, count);
  writeLinks(row, level, count);
  unlock(row);
  for (let i: u32 = 0; i < gained; i++) connect(load<u32>(own + (i << 2)), row, level);
}

/** Copies those of the `count` chosen rows to `own` that are not among the links; returns how many. */
function gain(links: usize, capacity: u32, count: u32): u32 {
  let gained: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const row = load<u32>(chosen + (i << 2));
    let known = false;
    for (let j: u32 = 0; j < capacity && !known; j++) known = load<u32>(links + (j << 2)) == row + 1;
    if (!known) store<u32>(own + (gained++ << 2), row);
  }
  return gained;
}

/**
 * Relinks every node that points to a row of the bits `leaving`, taking blocks from `cursor` together with other
 * threads. The rows that leave keep their own links until {@link forget}, so that searches can still pass.
 */
export function repair(leaving: usize, cursor: usize): void {
  openScratch();
  const blocks = load<u32>(H_BLOCKS);
  while (true) {
    const block = atomic.add<u32>(cursor, 1);
    if (block >= blocks) return;
    if (load<u32>(DIRECTORY + (block << 2)) == 0) continue;
    const end = (block + 1) << shift;
    for (let row = block << shift; row < end; row++) {
      if ((load<u32>(stateAt(row)) & LINKED) == 0 || inBits(leaving, row)) continue;
      const level = levelOf(row);
      for (let l: u32 = 0; l <= level; l++) if (pointsInto(row, l, leaving)) relink(row, l, leaving);
    }
  }
}

/** Makes the highest node the entry, or none. */
function electEntry(): void {
  let entry: u64 = 0;
  const limit = rowLimit();
  for (let row: u32 = 0; row < limit; row++) {
    if (!isNode(row)) continue;
    const level = u64(levelOf(row) + 1);
    if (level > entry >> 32) entry = (level << 32) | u64(row);
  }
  atomic.store<u64>(H_ENTRY, entry);
}

@inline
function dropNode(row: u32): void {
  const level = levelOf(row);
  for (let l: u32 = 0; l <= level; l++) memory.fill(linksAt(row, l), 0, linkCapacity(l) << 2);
  atomic.and<u32>(stateAt(row), ~LINKED);
}

/** Ends the life of the listed rows as nodes. Nothing may point to them any more. */
export function forget(rows: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) dropNode(load<u32>(rows + (i << 2)));
  const entry = atomic.load<u64>(H_ENTRY);
  if (entry != 0 && !isNode(<u32>entry)) electEntry();
}

/** Takes the whole graph apart. */
export function forgetAll(): void {
  atomic.store<u64>(H_ENTRY, 0);
  const limit = rowLimit();
  for (let row: u32 = 0; row < limit; row++) if (isNode(row)) dropNode(row);
}

@inline
function put(bits: usize, row: u32): void {
  const at = bits + ((row >> 5) << 2);
  store<u32>(at, load<u32>(at) | (1 << (row & 31)));
}

/** Marks what the lowest level leads to from `row`; `queue` has room for every row. */
function flood(row: u32, reached: usize, queue: usize): void {
  let head: u32 = 0;
  let tail: u32 = 1;
  put(reached, row);
  store<u32>(queue, row);
  while (head < tail) {
    let at = linksAt(load<u32>(queue + (head++ << 2)), 0);
    for (const end = at + (m0 << 2); at < end; at += 4) {
      const link = load<u32>(at);
      if (link == 0) break;
      if (inBits(reached, link - 1)) continue;
      put(reached, link - 1);
      store<u32>(queue + (tail++ << 2), link - 1);
    }
  }
}

@inline
function lastSlot(row: u32): usize {
  const links = linksAt(row, 0);
  let count: u32 = 0;
  while (count < m0 && load<u32>(links + (count << 2)) != 0) count++;
  return links + (min(count, m0 - 1) << 2);
}

/** Lets the reached node `from` lead to `row`, and `row` to the node whose place it took: what was reached stays so. */
function splice(from: u32, row: u32): void {
  const slot = lastSlot(from);
  const ousted = load<u32>(slot);
  if (ousted != 0) {
    const links = linksAt(row, 0);
    let known = false;
    for (let i: u32 = 0; i < m0; i++) if (load<u32>(links + (i << 2)) == ousted) known = true;
    if (!known) atomic.store<u32>(lastSlot(row), ousted);
  }
  atomic.store<u32>(slot, row + 1);
}

/**
 * Finds the nodes that cannot be reached from the entry on the lowest level and reconnects each to its nearest
 * reached node. `reached` are zeroed bits, `queue` has room for every row. No other thread may write. Returns how
 * many were reconnected.
 */
export function mend(reached: usize, queue: usize): u32 {
  openScratch();
  const entry = atomic.load<u64>(H_ENTRY);
  if (entry == 0) return 0;
  flood(<u32>entry, reached, queue);
  let mended: u32 = 0;
  const limit = rowLimit();
  for (let row: u32 = 0; row < limit; row++) {
    if (!isNode(row) || inBits(reached, row)) continue;
    const base = asQuery(vectorAt(row), basis);
    const met = walkAmong(base, <u32>entry, 0, efConstruction, reached, u32.MAX_VALUE);
    splice(met > 0 ? rowOf(load<u64>(buffer)) : <u32>entry, row);
    flood(row, reached, queue);
    mended++;
  }
  return mended;
}
