/**
 * Running a request that was read.
 *
 * @module
 */
import { Bitset } from '../index/bitset.js';
import type { Filter } from '../types/index.js';
import { type Hits, NO_HITS, sliceHits } from './hits.js';
import type { QueryNode } from './read.js';
import { Scope } from './scope.js';
import type { Views } from './source.js';
import type { Turns } from './turns.js';

/** What all queries of a request share. */
export interface Run {
  readonly views: Views;
  readonly turns: Turns;
  readonly excluded: ReadonlySet<number>;
  /** Only these rows, when given. */
  readonly within?: Bitset;
}

/**
 * Answers a query: prefetches first, each within the filters of all queries around it; then the query itself finds,
 * or orders what they found.
 *
 * @param count - how many hits; the node's own limit is not looked at
 * @param filters - of the queries around
 */
export async function runNode(
  node: QueryNode,
  count: number,
  run: Run,
  filters: readonly Filter[] = [],
): Promise<Hits> {
  if (count === 0) return NO_HITS;
  const own = node.filter ? [...filters, node.filter] : filters;
  const lists: Hits[] = [];
  for (const prefetch of node.prefetches) lists.push(await runNode(prefetch, prefetch.limit, run, own));
  if (run.turns.over) await run.turns.pause();
  const { params, threshold, kind } = node;
  const { views, turns, excluded, within } = run;
  const options = { view: views.own, turns, excluded, params, threshold, filters: own, within };
  if (lists.length === 0) return kind.search(new Scope(options), count);
  const prefetched = new Bitset();
  for (const { rows } of lists) for (const row of rows) prefetched.add(row);
  const scope = new Scope({ ...options, prefetched });
  return kind.fuse ? kind.fuse(lists, scope, count) : kind.search(scope, count);
}

/** Hits without those that repeat the one before: a point with several values of what it is ordered by. */
export function withoutRepeats(hits: Hits): Hits {
  if (!hits.values) return hits;
  const kept = Array.from(hits.rows.keys()).filter((i) => i === 0 || hits.rows[i] !== hits.rows[i - 1]);
  const { rows, scores, values } = hits;
  if (kept.length === rows.length) return sliceHits(hits, 0);
  return {
    rows: Uint32Array.from(kept, (i) => rows[i]!),
    scores: Float32Array.from(kept, (i) => scores[i]!),
    values: Float64Array.from(kept, (i) => values![i]!),
  };
}
