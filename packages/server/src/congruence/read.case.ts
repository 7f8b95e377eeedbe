/**
 * The reads of a script: where they are sent, and how their answers are compared.
 *
 * @module
 */
import type {
  CountRequest,
  FacetHit,
  FacetRequest,
  GroupsResult,
  PointRecord,
  QueryGroupsRequest,
  QueryRequest,
  ScoredPoint,
  ScrollRequest,
  ScrollResult,
  SearchMatrixPairs,
  SearchMatrixRequest,
} from '@fletch/search';
import type { Step } from './arbitraries/steps.case.js';
import { capabilities } from './capabilities.case.js';
import {
  compareHits,
  compareRecord,
  compareRecords,
  equal,
  expectThat,
  type Selectors,
} from './compare.case.js';
import { close, refusingAll } from './oracle/doubts.case.js';
import { runGroups } from './oracle/groups.case.js';
import { canonicalId } from './oracle/ids.case.js';
import { runQuery, type World } from './oracle/query.case.js';
import { tied } from './oracle/ranking.case.js';
import { runCount, runFacet, runMatrix, runScroll } from './oracle/reads.case.js';

/** One request. `compare` asks the oracle, and returns what looks at the answer. */
export interface Read {
  readonly kind: string;
  readonly path: string;
  readonly body: object;
  compare(body: never, world: World): (result: never) => void;
}

/** The requests of a step. */
export function reads(step: Step): Read[] {
  if ('query' in step)
    return [{ kind: kindOf(step.query), path: '/points/query', body: step.query, compare: compareQuery }];
  if ('queryBatch' in step)
    return [
      {
        kind: 'batch',
        path: '/points/query/batch',
        body: { searches: step.queryBatch },
        compare: compareBatch,
      },
    ];
  if ('scroll' in step)
    return [
      {
        kind: step.scroll.order_by ? 'ordered scroll' : 'scroll',
        path: '/points/scroll',
        body: step.scroll,
        compare: compareScroll,
      },
    ];
  if ('count' in step)
    return [{ kind: 'count', path: '/points/count', body: step.count, compare: compareCount }];
  if ('facet' in step) return [{ kind: 'facet', path: '/facet', body: step.facet, compare: compareFacet }];
  if ('groups' in step)
    return [{ kind: 'groups', path: '/points/query/groups', body: step.groups, compare: compareGroups }];
  if ('matrix' in step)
    return [
      { kind: 'matrix', path: '/points/search/matrix/pairs', body: step.matrix, compare: compareMatrix },
    ];
  if ('retrieve' in step)
    return [{ kind: 'retrieve', path: '/points', body: step.retrieve, compare: compareRetrieve }];
  throw new Error('no read');
}

function kindOf({ query, prefetch }: QueryRequest): string {
  const name =
    typeof query === 'object' && query !== null && !Array.isArray(query) ? Object.keys(query)[0]! : 'nearest';
  return `${query == null ? 'by id' : name === 'indices' ? 'nearest' : name}${prefetch ? ' of prefetches' : ''}`;
}

function compareQuery(request: QueryRequest, world: World) {
  const ranking = runQuery(request, world);
  const limit = request.limit ?? 10;
  return ({ points }: { points: ScoredPoint[] }) => {
    // What is random has no pages.
    const offset = ranking.by === 'chance' && !request.prefetch ? 0 : (request.offset ?? 0);
    const scored = capabilities.evenScores || request.query != null;
    compareHits(scored ? points : points.map(({ score, ...point }) => point), ranking, { offset, limit });
    compareRecords(points, world.collection, request, false);
  };
}

function compareBatch({ searches }: { searches: QueryRequest[] }, world: World) {
  const compares = refusingAll(...searches.map((search) => () => compareQuery(search, world)));
  return (results: { points: ScoredPoint[] }[]) => {
    expectThat(results.length === compares.length, `${results.length} answers to ${compares.length} queries`);
    compares.forEach((compare, i) => {
      compare(results[i]!);
    });
  };
}

function compareScroll(request: ScrollRequest, world: World) {
  const { ranking, next } = runScroll(request, world);
  return ({ points, next_page_offset }: ScrollResult) => {
    compareHits(points, ranking, { offset: 0, limit: request.limit ?? 10 });
    compareRecords(points, world.collection, request, true);
    expectThat(
      (next_page_offset ?? null) === next,
      `the next page starts at ${next_page_offset} instead of ${next}`,
    );
  };
}

function compareCount(request: CountRequest, world: World) {
  const expected = runCount(request, world);
  return ({ count }: { count: number }) =>
    expectThat(count === expected, `counted ${count} instead of ${expected}`);
}

function compareFacet(request: FacetRequest, world: World) {
  const expected = runFacet(request, world);
  return ({ hits }: { hits: FacetHit[] }) =>
    expectThat(
      equal(hits as never, expected as never),
      `facets ${JSON.stringify(hits)} instead of ${JSON.stringify(expected)}`,
    );
}

function compareGroups(request: QueryGroupsRequest, world: World) {
  const groups = runGroups(request, world);
  const limit = request.limit ?? 10;
  const { with_lookup } = request;
  return ({ groups: actual }: GroupsResult) => {
    const order = JSON.stringify(groups.map(({ id, ranking }) => [id, ranking.hits[0]!.score]));
    expectThat(actual.length === Math.min(limit, groups.length), `${actual.length} groups of ${order}`);
    expectThat(new Set(actual.map(({ id }) => id)).size === actual.length, 'a group is there twice');
    actual.forEach((group, at) => {
      const expected = groups.find(({ id }) => id === group.id);
      expectThat(expected !== undefined, `there is no group ${JSON.stringify(group.id)} in ${order}`);
      const { hits, by } = groups[at]!.ranking;
      expectThat(
        tied(expected.ranking.hits[0]!, hits[0]!, by),
        `group ${at} is ${JSON.stringify(group.id)} in ${order}`,
      );
      compareHits(group.hits, expected.ranking, { offset: 0, limit: request.group_size ?? 3 });
      compareRecords(group.hits, world.collection, request, false);
      if (with_lookup) compareLookup(group.id, group.lookup, with_lookup, world);
    });
  };
}

/** The point of the other collection that a group's id names, if there is one. */
function compareLookup(
  id: string | number,
  actual: PointRecord | null | undefined,
  lookup: NonNullable<QueryGroupsRequest['with_lookup']>,
  { others }: World,
): void {
  const { collection, with_payload, with_vectors } =
    typeof lookup === 'string' ? { collection: lookup } : lookup;
  const named = typeof id === 'number' ? id : /^[0-9a-f-]{36}$/.test(id) ? canonicalId(id) : undefined;
  const point = named === undefined ? undefined : others.get(collection)!.points.get(named);
  expectThat(
    (actual == null) === (point === undefined),
    `group ${id} has the lookup ${JSON.stringify(actual)}`,
  );
  if (point)
    compareRecord(
      actual!,
      point,
      { with_payload: with_payload ?? true, with_vector: with_vectors ?? false },
      true,
    );
}

function compareMatrix(request: SearchMatrixRequest, world: World) {
  const rows = runMatrix(request, world);
  const limit = request.limit ?? 3;
  return ({ pairs }: SearchMatrixPairs) => {
    const ids = [...rows.keys()];
    expectThat(
      pairs.every(({ a }) => rows.has(a)),
      'a row of no sampled point',
    );
    const starts = pairs.map(({ a }) => ids.indexOf(a));
    expectThat(
      starts.every((at, i) => i === 0 || starts[i - 1]! <= at),
      'the rows are not in the order of ids',
    );
    for (const [id, ranking] of rows) {
      const row = pairs.filter(({ a }) => a === id).map(({ b, score }) => ({ id: b, score, version: 0 }));
      compareHits(row, ranking, { offset: 0, limit });
    }
    expectThat(
      pairs.every(({ score }) => close(score, score)),
      'a score is no number',
    );
  };
}

function compareRetrieve(request: { ids: (string | number)[] } & Selectors, world: World) {
  const ids = [...new Set(request.ids.map(canonicalId))].filter((id) => world.collection.points.has(id));
  return (records: PointRecord[]) => {
    const found = new Set(records.map(({ id }) => id));
    expectThat(
      found.size === ids.length && ids.every((id) => found.has(id)),
      `retrieved ${JSON.stringify([...found])} instead of ${JSON.stringify(ids)}`,
    );
    compareRecords(records, world.collection, request, true);
  };
}
