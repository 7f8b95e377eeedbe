/**
 * Hits in groups: those that share a value of a payload field.
 *
 * @module
 */

import { parsePath, valuesAt } from '../filter/path.js';
import { elements } from '../filter/values.js';
import type { Bitset } from '../index/bitset.js';
import { payloadOf } from '../store/environment.js';
import type { Condition, GroupsResult, QueryGroupsRequest } from '../types/index.js';
import { GroupTable } from './group-table.js';
import { addLookups } from './lookup.js';
import { type QueryNode, RequestReader } from './read.js';
import { Recorder } from './record.js';
import { MOST_HITS, readInteger, refuse, shown } from './refuse.js';
import { type Run, runNode } from './run.js';
import type { Views } from './source.js';
import type { Turns } from './turns.js';

/** Fetches that look for groups, and that fill the best ones, unless more are worth it. */
const ROUNDS = 5;

/**
 * Finds the best groups. Hits are fetched in rounds: as long as groups are missing, those of groups that are not full;
 * then those of the best groups that are not.
 */
export async function findGroups(
  request: QueryGroupsRequest,
  views: Views,
  turns: Turns,
): Promise<GroupsResult> {
  const { group_by, with_lookup } = request;
  if (typeof group_by !== 'string') throw refuse('group_by', `expected a field, got ${shown(group_by)}.`);
  const path = parsePath(group_by);
  const limit = readInteger(request.limit, 'limit', 1, 10);
  const size = readInteger(request.group_size, 'group_size', 1, 3);
  const reader = new RequestReader(views);
  const node = widened(reader.read({ ...request, limit }), size, true);
  const recorder = new Recorder(views.own, request, false);
  const table = new GroupTable(limit, size, node.kind.order ?? 'larger');
  const view = views.own;
  const left = (await view.matching({ must_not: [{ is_empty: { key: group_by } }] })).clone();

  /** Puts the best hits of a part of what is left into the table; false when there are none. */
  const fetch = async (conditions: Condition[]): Promise<boolean> => {
    let within: Bitset = left;
    if (conditions.length > 0) within = left.and(await view.matching({ must: conditions }));
    const run: Run = { views, turns, excluded: reader.excluded, within };
    const { rows, scores, values } = await runNode(node, Math.min(limit * size, MOST_HITS), run);
    rows.forEach((row, i) => {
      if (!left.delete(row)) return;
      const keys = elements(valuesAt(payloadOf(view.point(row)), path));
      table.add(keys, { row, score: scores[i]!, value: values?.[i] });
    });
    return rows.length > 0;
  };

  for (let round = 0; !table.complete && (round < ROUNDS || table.size < limit); round++)
    if (round === ROUNDS + limit || !(await fetch(except(group_by, table.full())))) break;
  for (let round = 0; !table.complete && round < ROUNDS + limit; round++) {
    const wanting = table.wanting();
    if (wanting.length === 0 || !(await fetch([{ should: anyOf(group_by, wanting) }]))) break;
  }
  const groups = table.best().map(({ key, hits }) => ({
    id: key,
    hits: recorder.all({
      rows: Uint32Array.from(hits, ({ row }) => row),
      scores: Float32Array.from(hits, ({ score }) => score),
      ...(hits[0]?.value !== undefined && { values: Float64Array.from(hits, ({ value }) => value!) }),
    }),
  }));
  return { groups: addLookups(groups, with_lookup, views) };
}

/** The query with prefetches that are enough for groups of this size. */
function widened(node: QueryNode, size: number, root: boolean): QueryNode {
  return {
    ...node,
    limit: root ? node.limit : Math.min(node.limit * size, MOST_HITS),
    prefetches: node.prefetches.map((prefetch) => widened(prefetch, size, false)),
  };
}

function except(key: string, values: readonly (string | number)[]): Condition[] {
  return lists(values).map((list) => ({ key, match: { except: list } }));
}

function anyOf(key: string, values: readonly (string | number)[]): Condition[] {
  return lists(values).map((list) => ({ key, match: { any: list } }));
}

/** Strings and numbers apart, as `match` wants them. */
function lists(values: readonly (string | number)[]): (string | number)[][] {
  return [
    values.filter((value) => typeof value === 'string'),
    values.filter((value) => typeof value === 'number'),
  ].filter((list) => list.length > 0);
}
