/** Insertion of rows into the graph, by any number of threads at once. */
import { basis, narrowBytes } from './codes/tables';
import { asQuery, distance, distance4 } from './distance';
import { distanceOf, insertSorted, keyOf, rowOf } from './keys';
import { H_ENTRY, efConstruction, m } from './layout';
import { linkCapacity, linksAt, levelOf, lock, setLinked, unlock, vectorAt } from './rows';
import { MAX_CANDIDATES, buffer, candidates, chosen, chosenAt, openScratch, own } from './scratch';
import { approach, walk } from './walk';

/** Whether one of the `count` chosen vectors is nearer to the vector `at` than `limit`. */
@inline
function shadowed(at: usize, count: u32, limit: f32): bool {
  let i: u32 = 0;
  for (; i + 4 <= count; i += 4) {
    const p = chosenAt + (i << 2);
    const d = distance4(at, load<u32>(p), load<u32>(p, 4), load<u32>(p, 8), load<u32>(p, 12));
    if (v128.any_true(f32x4.lt(d, f32x4.splat(limit)))) return true;
  }
  for (; i < count; i++) if (distance(at, load<u32>(chosenAt + (i << 2))) < limit) return true;
  return false;
}

/**
 * Chooses up to `limit` of `count` sorted candidates (Malkov and Yashunin, algorithm 4): one is taken when it is
 * nearer to the base than to every one taken before, so that links point into all directions. Fewer candidates
 * than the limit are all taken. Rows go to `chosen`; returns how many.
 */
export function choose(keys: usize, count: u32, limit: u32): u32 {
  const all = count <= limit;
  let taken: u32 = 0;
  for (let i: u32 = 0; i < count && taken < limit; i++) {
    const key = load<u64>(keys + (i << 3));
    const row = rowOf(key);
    const at = vectorAt(row);
    if (!all && taken > 0 && shadowed(asQuery(at, basis), taken, distanceOf(key))) continue;
    store<u32>(chosen + (taken << 2), row);
    store<u32>(chosenAt + (taken << 2), <u32>at);
    taken++;
  }
  return taken;
}

/** Writes the chosen rows as links of `row`. Readers see old and new links mixed, but never anything else. */
export function writeLinks(row: u32, level: u32, count: u32): void {
  const links = linksAt(row, level);
  for (let i: u32 = 0; i < count; i++) atomic.store<u32>(links + (i << 2), load<u32>(chosen + (i << 2)) + 1);
  const capacity = linkCapacity(level);
  for (let i = count; i < capacity; i++) store<u32>(links + (i << 2), 0);
}

/** Adds a link from `row` to `target`; a full list is chosen anew. */
export function connect(row: u32, target: u32, level: u32): void {
  const capacity = linkCapacity(level);
  const links = linksAt(row, level);
  lock(row);
  let count: u32 = 0;
  for (; count < capacity; count++) {
    const link = load<u32>(links + (count << 2));
    if (link == 0) break;
    if (link == target + 1) {
      unlock(row);
      return;
    }
  }
  if (count < capacity) {
    atomic.store<u32>(links + (count << 2), target + 1);
  } else {
    const base = asQuery(vectorAt(row), basis + narrowBytes());
    let sorted: u32 = 0;
    for (let i: u32 = 0; i <= count; i++) {
      const other = i < count ? load<u32>(links + (i << 2)) - 1 : target;
      insertSorted(candidates, sorted++, MAX_CANDIDATES, keyOf(distance(base, vectorAt(other)), other));
    }
    writeLinks(row, level, choose(candidates, sorted, capacity));
  }
  unlock(row);
}

/** Makes (level, row) the entry of searches if it is higher than the present one. */
function raiseEntry(row: u32, level: u32): void {
  const mine = (u64(level + 1) << 32) | u64(row);
  while (true) {
    const entry = atomic.load<u64>(H_ENTRY);
    if (entry >> 32 >= u64(level + 1)) return;
    if (atomic.cmpxchg<u64>(H_ENTRY, entry, mine) == entry) return;
  }
}

/** Links one row. Its own lists are complete on all levels before the first other node points to it. */
function linkRow(row: u32): void {
  const level = levelOf(row);
  let entry = atomic.load<u64>(H_ENTRY);
  if (entry == 0) {
    entry = atomic.cmpxchg<u64>(H_ENTRY, 0, (u64(level + 1) << 32) | u64(row));
    if (entry == 0) {
      setLinked(row);
      return;
    }
  }
  const query = asQuery(vectorAt(row), basis + 2 * narrowBytes());
  const top = min(level, <u32>(entry >> 32) - 1);
  const listBytes: u32 = (m + 1) << 2;
  let start = approach(query, entry, top);
  for (let l = <i32>top; l >= 0; l--) {
    const met = walk(query, start, l, efConstruction, efConstruction);
    start = rowOf(load<u64>(buffer));
    const count = choose(buffer, met, m);
    writeLinks(row, l, count);
    const list = own + l * listBytes;
    store<u32>(list, count);
    memory.copy(list + 4, chosen, count << 2);
  }
  for (let l: u32 = 0; l <= top; l++) {
    const list = own + l * listBytes;
    const count = load<u32>(list);
    for (let i: u32 = 1; i <= count; i++) connect(load<u32>(list + (i << 2)), row, l);
  }
  raiseEntry(row, level);
  setLinked(row);
}

/** Links the rows of a list, taking one after another from `cursor` together with other threads. */
export function link(rows: usize, count: u32, cursor: usize): void {
  openScratch();
  while (true) {
    const i = atomic.add<u32>(cursor, 1);
    if (i >= count) return;
    linkRow(load<u32>(rows + (i << 2)));
  }
}

