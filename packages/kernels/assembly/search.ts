/** A whole search in one call, and a thread's share of a batch of searches. */
import { prepare, prepareWide } from './codes/query';
import { rerank } from './codes/second';
import { narrowQuery } from './codes/tables';
import { scoreOf } from './distance';
import { MARK, distanceOf, rowOf } from './keys';
import { H_ENTRY, H_LEAVING, H_LIVE, bits, padded } from './layout';
import { walkMatching } from './matching';
import { vectorAt, walkable } from './rows';
import { scan, scanTail } from './scan';
import { PASS, buffer, openScratch, queryAt } from './scratch';
import { approach, walk, walkAmong } from './walk';

/** Candidates per hit that are compared in full, at least. */
const KEEP: u32 = 2;

/** Removes the nodes from the buffer that may not be returned (by now). */
function keepWalkable(count: u32): u32 {
  let kept: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const key = load<u64>(buffer + (i << 3)) & ~MARK;
    if (!walkable(rowOf(key))) continue;
    store<u64>(buffer + (kept << 3), key);
    kept++;
  }
  return kept;
}

/** Writes the first `count` keys as `k` rows followed by `k` scores. */
function write(query: usize, keys: usize, count: u32, k: u32, out: usize): void {
  const scores = out + (k << 2);
  for (let i: u32 = 0; i < count; i++) {
    const key = load<u64>(keys + (i << 3));
    const row = rowOf(key);
    store<u32>(out + (i << 2), row);
    store<f32>(scores + (i << 2), scoreOf(distanceOf(key), query, vectorAt(row)));
  }
}

/**
 * Walks among the rows of a filter. With a `probe` it looks at that many nodes first: when at least `least` match, they
 * lie where the query is, and the rest of the way leads through matching nodes alone.
 */
@inline
function walkFiltered(
  query: usize, start: u32, ef: u32, filter: usize, budget: u32, probe: u32, least: u32,
): i32 {
  const met = walkAmong(query, start, 0, ef, filter, probe > 0 ? probe : budget);
  if (met >= 0 || probe == 0) return met;
  const local = <u32>(-1 - met);
  return local < least ? -1 : walkMatching(query, local, ef, filter, budget);
}

/** Candidates of the graph and the tail, or -1 when only a scan gives the right answer. */
function explore(query: usize, k: u32, ef: u32, keep: u32, filter: usize, budget: u32, probe: u32, least: u32): i32 {
  const entry = atomic.load<u64>(H_ENTRY);
  let count: u32 = 0;
  if (entry != 0) {
    const start = approach(query, entry, 0);
    if (filter == 0 && load<u32>(H_LEAVING) == 0) {
      count = keepWalkable(walk(query, start, 0, ef, keep));
    } else {
      const found = walkFiltered(query, start, ef, filter, budget, filter == 0 ? 0 : probe, least);
      if (found < 0) return -1;
      count = <u32>found;
    }
  }
  count = scanTail(query, count, keep, filter);
  return count >= min(k, load<u32>(H_LIVE)) ? <i32>count : -1;
}

/**
 * The best `k` rows for the (padded, normalised) query. `ef` >= k is the length of the candidate list, 0 asks for
 * an exact scan; `filter` are bits of rows or 0; `budget` bounds the distances of a filtered walk, after which a
 * scan takes over; for `probe` and `least` see {@link walkFiltered}. Returns how many rows were written to `out`.
 */
function answer(
  query: usize, k: u32, ef: u32, filter: usize, budget: u32, probe: u32, least: u32, out: usize,
): u32 {
  const count = bits != 0
    ? answerByCodes(query, k, ef, filter, budget, probe, least)
    : answerByVectors(query, k, ef, filter, budget, probe, least);
  write(query, buffer, count, k, out);
  return count;
}

@inline
function answerByVectors(
  query: usize, k: u32, ef: u32, filter: usize, budget: u32, probe: u32, least: u32,
): u32 {
  const found = ef == 0 ? -1 : explore(query, k, ef, ef, filter, budget, probe, least);
  return found < 0 ? scan(query, 1, k, filter, false) : min(<u32>found, k);
}

/**
 * Finds candidates by their reduced codes, of which a comparison in full decides. With a `budget` of 1 no walk is begun: all
 * codes are compared.
 */
@inline
function answerByCodes(
  query: usize, k: u32, ef: u32, filter: usize, budget: u32, probe: u32, least: u32,
): u32 {
  if (ef == 0) {
    prepareWide(query);
    return scan(query, 1, k, filter, true);
  }
  prepare(query);
  const keep = max(ef, KEEP * k);
  const found = budget == 1 ? -1 : explore(narrowQuery, k, ef, keep, filter, budget, probe, least);
  return rerank(query, found < 0 ? scan(narrowQuery, 1, keep, filter, false) : <u32>found, k);
}

/** {@link answer} for the query that lies in this slot's scratch. */
export function search(
  k: u32, ef: u32, filter: usize, budget: u32, probe: u32, least: u32, out: usize,
): u32 {
  openScratch();
  return answer(queryAt, k, ef, filter, budget, probe, least, out);
}

/** Address of this slot's query. */
export function queryAddress(): usize {
  openScratch();
  return queryAt;
}

/**
 * Takes queries from `cursor` until all `total` are answered. Query i lies at queries + i padded vectors; its hits
 * go to out + i·8k, their number to counts + 4i. Exact searches share passes over the rows.
 */
export function searchMany(
  queries: usize, total: u32, k: u32, ef: u32, filter: usize, budget: u32, probe: u32, least: u32, together: u32,
  out: usize, counts: usize, cursor: usize,
): void {
  openScratch();
  const take = ef == 0 && bits == 0 ? min(together, PASS) : 1;
  while (true) {
    const i = atomic.add<u32>(cursor, take);
    if (i >= total) return;
    const query = queries + i * (padded << 2);
    if (take == 1) {
      store<u32>(counts + (i << 2), answer(query, k, ef, filter, budget, probe, least, out + i * (k << 3)));
      continue;
    }
    const many = min(take, total - i);
    const count = scan(query, many, k, filter, false);
    for (let q: u32 = 0; q < many; q++) {
      store<u32>(counts + ((i + q) << 2), count);
      write(query + q * (padded << 2), buffer + q * (k << 3), count, k, out + (i + q) * (k << 3));
    }
  }
}
