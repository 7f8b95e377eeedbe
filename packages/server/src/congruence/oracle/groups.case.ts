/**
 * Hits by the value of a payload field (lib/shard/src/grouping).
 *
 * @module
 */
import type { Json } from '@fletch/base';
import type { Prefetch, QueryGroupsRequest } from '@fletch/search';
import { list, opened } from './json.case.js';
import { parsePath, valuesAt } from './path.case.js';
import { runQuery, type World } from './query.case.js';
import type { Hit, Ranking } from './ranking.case.js';

export interface Group {
  readonly id: string | number;
  readonly ranking: Ranking;
}

/** All groups, best first, each with all of its hits. */
export function runGroups(request: QueryGroupsRequest, world: World): Group[] {
  const { group_by, group_size, limit, with_lookup, ...query } = request;
  const size = group_size ?? 3;
  const filter = {
    ...(query.filter && { must: [query.filter] }),
    must_not: [{ is_empty: { key: group_by } }],
  };
  const cuts: number[] = [];
  const ranking = runQuery({ ...query, filter, limit: 1_000_000 }, { ...world, widened: size, cuts });
  const groups = grouped(ranking, group_by, world);
  // Qdrant asks again for what is missing, without what it has: then prefetches find what they had cut off, and
  // what is left gets other ranks.
  const first = ranking.hits.slice(0, (limit ?? 10) * size);
  const best = grouped({ ...ranking, hits: first }, group_by, world).slice(0, limit ?? 10);
  const full = best.filter(({ ranking: { hits } }) => hits.length >= size).length >= (limit ?? 10);
  const more = first.length < ranking.hits.length && ranksMatter(query);
  if (!full && (cuts.length > 0 || more)) world.doubts.note('groups that take several searches');
  return groups;
}

/** Whether the hits of a query depend on which others there are. */
function ranksMatter({ query, prefetch }: Prefetch): boolean {
  const names = typeof query === 'object' && query !== null ? Object.keys(query) : [];
  return (
    names.some((name) => ['fusion', 'rrf', 'mmr', 'sample'].includes(name)) ||
    list(prefetch).some(ranksMatter)
  );
}

function grouped({ hits, by }: Ranking, path: string, { collection }: World): Group[] {
  const groups = new Map<string | number, Hit[]>();
  for (const hit of hits)
    for (const id of groupsOf(collection.points.get(hit.id)!.payload, path)) {
      const members = groups.get(id);
      if (members) members.push(hit);
      else groups.set(id, [hit]);
    }
  return [...groups].map(([id, members]) => ({ id, ranking: { hits: members, by } }));
}

/** Strings and integers; a point with any other value at the place is in no group. */
function groupsOf(payload: { [key: string]: Json }, path: string): (string | number)[] {
  const values = valuesAt(payload, parsePath(path)).flatMap(opened);
  const good = values.filter((value) => typeof value === 'string' || Number.isInteger(value)) as (
    | string
    | number
  )[];
  return good.length === values.length ? [...new Set(good)] : [];
}
