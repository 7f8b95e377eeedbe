/**
 * The query API: what is prefetched, scored, fused and cut (lib/shard/src/query/planned_query.rs,
 * lib/collection/src/operations/universal_query).
 *
 * @module
 */
import type {
  Filter,
  FusionQuery,
  OrderBy,
  OrderByQuery,
  PointId,
  Prefetch,
  QueryRequest,
  RrfQuery,
} from '@fletch/search';
import type { OracleCollection, OraclePoint } from './collection.case.js';
import { type Doubts, Refused, refusingAll } from './doubts.case.js';
import { formulaScore } from './formula.case.js';
import { list } from './json.case.js';
import { diversified } from './mmr.case.js';
import { orderedBy } from './order.case.js';
import { above, cut, dbsf, type Hit, type Ranking, ranked, rrf, tied } from './ranking.case.js';
import { isVectorQuery, referencedIds, scorer, targetOf } from './target.case.js';

/** Where queries run, and where they look for the vectors of other collections' points. */
export interface World {
  readonly collection: OracleCollection;
  readonly others: ReadonlyMap<string, OracleCollection>;
  readonly doubts: Doubts;
  /** How many more hits prefetches get, for groups. */
  readonly widened?: number;
  /** Where given, a prefetch notes that it had more hits than its limit. */
  readonly cuts?: number[];
}

/** Every hit of a query, best first; offset and limit are not applied. */
export function runQuery(request: QueryRequest, world: World): Ranking {
  refusingAll(...faults(request, world));
  return evaluated(request, world);
}

/** What may be wrong with each of the queries by itself. */
function faults(request: Prefetch, world: World): (() => void)[] {
  const { query, prefetch } = request;
  return [
    () => check(request),
    () => {
      if (query != null && isVectorQuery(query)) targetOf(request, world);
    },
    () => {
      if (query != null && !isVectorQuery(query) && 'order_by' in query)
        orderedBy(world.collection, [], readOrder(query), world.doubts);
    },
    ...list(prefetch).flatMap((inner) => faults(inner, world)),
  ];
}

function evaluated(request: QueryRequest, world: World): Ranking {
  const ids = referenced(request, world);
  const excluding = ids.length > 0 ? [{ must_not: [{ has_id: ids }] }] : [];
  const filters = [...excluding, ...(request.filter ? [request.filter] : [])];
  const limit = (request.limit ?? 10) + (request.offset ?? 0);
  return withoutRepeats(stage(request, filters, world, { limit, root: true }), limit, world.doubts);
}

/** Of the first hits of an order, those that repeat the point before them are left out: they have the same score. */
function withoutRepeats({ hits, by }: Ranking, limit: number, doubts: Doubts): Ranking {
  const first = hits.slice(0, limit);
  if (new Set(first.map(({ id }) => id)).size === first.length) return { hits, by };
  const ties = hits.slice(0, limit + 1).some((hit, at) => at > 0 && tied(hits[at - 1]!, hit, by));
  if (ties) doubts.note('a tie among values of points that have several');
  return { hits: first.filter(({ id }, at) => at === 0 || first[at - 1]!.id !== id), by };
}

/** What cannot be asked together. */
function check(request: Prefetch): void {
  const { query, prefetch, score_threshold, using } = request;
  const sources = list(prefetch);
  const has = (key: string) => typeof query === 'object' && query !== null && key in query;
  if (sources.length > 0 && query == null) throw new Refused(400, 'prefetches need a query');
  if (score_threshold != null && (query == null || has('order_by')))
    throw new Refused(400, 'nothing has a score');
  const fusion = has('fusion') || has('rrf');
  if (fusion && using) throw new Refused(400, 'fusion uses no vector');
  if ((fusion || has('formula')) && sources.length === 0) throw new Refused(400, 'nothing to work on');
}

/** Ids in the query and its prefetches that name points of this collection: they are not to be found. */
function referenced(request: Prefetch, world: World): PointId[] {
  const elsewhere = request.lookup_from != null && request.lookup_from.collection !== world.collection.name;
  const own = elsewhere ? [] : referencedIds(request.query);
  return [...own, ...list(request.prefetch).flatMap((prefetch) => referenced(prefetch, world))];
}

function stage(
  request: Prefetch,
  filters: readonly Filter[],
  world: World,
  { limit, root }: { limit: number; root: boolean },
): Ranking {
  const sources = list(request.prefetch).map((prefetch) => {
    const inner = (prefetch.limit ?? 10) * (world.widened ?? 1);
    const inherited = prefetch.filter ? [...filters, prefetch.filter] : filters;
    const ranking = stage(prefetch, inherited, world, { limit: inner, root: false });
    if (ranking.hits.length > inner) world.cuts?.push(inner);
    return cut(ranking, inner, world.doubts);
  });
  const points = sources.length > 0 ? found(sources, world) : filtered(filters, world);
  return scored(request, points, sources, world, { limit, root });
}

/** The points of all sources, each once. */
function found(sources: readonly Ranking[], { collection }: World): OraclePoint[] {
  const ids = new Set(sources.flatMap(({ hits }) => hits.map(({ id }) => id)));
  return collection.sorted().filter(({ id }) => ids.has(id));
}

function filtered(filters: readonly Filter[], { collection, doubts }: World): OraclePoint[] {
  const merged = mergeFilters(filters);
  return collection.sorted().filter((point) => {
    const holds = collection.holds(merged, point, doubts);
    const each = filters.every((filter) => collection.holds(filter, point, doubts));
    if (holds !== each) doubts.note('`should` of a query and of its prefetch');
    return holds;
  });
}

/** Filters of a query and its prefetches are merged clause by clause, which makes one `should` of two. */
function mergeFilters(filters: readonly Filter[]): Filter {
  const merged = {
    must: filters.flatMap(({ must }) => list(must)),
    should: filters.flatMap(({ should }) => list(should)),
    must_not: filters.flatMap(({ must_not }) => list(must_not)),
  };
  const least = filters.flatMap(({ min_should }) => min_should ?? []);
  if (least.length === 0) return merged;
  const conditions = least.flatMap((clause) => clause.conditions);
  return {
    ...merged,
    min_should: { conditions, min_count: Math.max(...least.map((clause) => clause.min_count)) },
  };
}

function scored(
  request: Prefetch,
  points: readonly OraclePoint[],
  sources: readonly Ranking[],
  world: World,
  { limit, root }: { limit: number; root: boolean },
): Ranking {
  const { query, score_threshold } = request;
  const { collection, doubts } = world;
  const even = (by: 'id' | 'chance') =>
    ranked(
      points.map(({ id }) => ({ id, score: 1 })),
      by,
    );
  if (query == null) return even('id');
  if (isVectorQuery(query)) return vectorRanking(request, points, world, limit);
  if ('sample' in query) {
    if (!root && limit < points.length) doubts.note('a random prefetch');
    return even('chance');
  }
  if ('order_by' in query) return orderedBy(collection, points, readOrder(query), doubts);
  if ('formula' in query) {
    const scores = sources.map(({ hits }) => new Map(hits.map(({ id, score }) => [id, score])));
    const hits = points.map((point): Hit => {
      const holds = (condition: Filter) => collection.holds(condition, point, doubts);
      const subject = {
        payload: point.payload,
        scores: scores.map((source) => source.get(point.id)),
        defaults: query.defaults ?? {},
        holds: (condition: unknown) => holds({ must: [condition as never] }),
        indexType: (path: string) => collection.indexType(path),
        doubts,
      };
      return { id: point.id, score: formulaScore(query.formula, subject) };
    });
    return above(ranked(hits, 'score'), score_threshold, { inclusive: true, exact: false }, doubts);
  }
  return above(
    fused(query as FusionQuery | RrfQuery, sources, doubts),
    score_threshold,
    { inclusive: true, exact: false },
    doubts,
  );
}

function fused(query: FusionQuery | RrfQuery, sources: readonly Ranking[], doubts: Doubts): Ranking {
  if ('rrf' in query) return rrf(sources, query.rrf.k ?? 2, query.rrf.weights, doubts);
  return query.fusion === 'rrf' ? rrf(sources, 2, null, doubts) : dbsf(sources, doubts);
}

function vectorRanking(
  request: Prefetch,
  points: readonly OraclePoint[],
  world: World,
  limit: number,
): Ranking {
  const { collection, doubts } = world;
  const target = targetOf(request, world);
  const exact = target.nearest !== undefined && target.kind.distance !== 'Cosine' && !target.kind.idf;
  const score = scorer(target, collection, request.params?.idf, doubts);
  const hits: Hit[] = [];
  for (const point of points) {
    const vector = point.vectors.get(target.kind.name);
    const value = vector === undefined ? undefined : score(vector);
    if (value !== undefined) hits.push({ id: point.id, score: value });
  }
  const ranking = above(
    ranked(hits, target.by),
    request.score_threshold,
    { inclusive: false, exact },
    doubts,
  );
  if (!target.mmr) return ranking;
  const { diversity, candidates_limit } = target.mmr;
  // Qdrant picks as many as the limit says, and skips the offset then.
  if ((request as QueryRequest).offset) doubts.note('MMR with an offset');
  const own = (request as QueryRequest).limit ?? 10;
  const candidates = cut(ranking, candidates_limit ?? own, doubts).hits.map((hit) => ({
    hit,
    vector: collection.points.get(hit.id)!.vectors.get(target.kind.name)!,
  }));
  const picks = diversified(
    candidates,
    target.nearest!,
    target.kind,
    diversity ?? 0.5,
    Math.min(limit, own),
    doubts,
  );
  return { hits: picks, by: 'list' };
}

function readOrder({ order_by }: OrderByQuery): OrderBy {
  return typeof order_by === 'string' ? { key: order_by } : order_by;
}
