/**
 * Hits by the value of a payload field (lib/shard/src/grouping).
 *
 * @module
 */
import type { Json } from '@fletch/base';
import type { QueryGroupsRequest } from '@fletch/search';
import { opened } from './json.case.js';
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
  const ranking = runQuery({ ...query, limit: 1_000_000 }, { ...world, widened: group_size ?? 3 });
  const groups = new Map<string | number, Hit[]>();
  for (const hit of ranking.hits)
    for (const id of groupsOf(world.collection.points.get(hit.id)!.payload, group_by)) {
      const hits = groups.get(id);
      if (hits) hits.push(hit);
      else groups.set(id, [hit]);
    }
  return [...groups].map(([id, hits]) => ({ id, ranking: { hits, by: ranking.by } }));
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
