/**
 * Reads that score nothing: pages, counts, facets; and the matrix of distances.
 *
 * @module
 */

import type { Json } from '@fletch/base';
import type {
  CountRequest,
  FacetHit,
  FacetRequest,
  PointId,
  ScrollRequest,
  SearchMatrixRequest,
} from '@fletch/search';
import { Refused } from './doubts.case.js';
import { canonicalId, compareIds } from './ids.case.js';
import { compareStrings, opened } from './json.case.js';
import { orderedBy } from './order.case.js';
import { parsePath, valuesAt } from './path.case.js';
import { runQuery, type World } from './query.case.js';
import { type Ranking, ranked } from './ranking.case.js';

/** A page: what follows the offset, and the id after the page (undefined with `order_by`). */
export function runScroll(
  request: ScrollRequest,
  { collection, doubts }: World,
): { ranking: Ranking; next: PointId | null } {
  const points = collection.matching(request.filter, doubts);
  if (request.order_by != null) {
    const order = typeof request.order_by === 'string' ? { key: request.order_by } : request.order_by;
    return { ranking: orderedBy(collection, points, order, doubts), next: null };
  }
  const offset = request.offset == null ? undefined : canonicalId(request.offset);
  const rest = offset === undefined ? points : points.filter(({ id }) => compareIds(id, offset) >= 0);
  const ranking = ranked(
    rest.map(({ id }) => ({ id, score: 1 })),
    'id',
  );
  return { ranking, next: rest[request.limit ?? 10]?.id ?? null };
}

export function runCount(request: CountRequest, { collection, doubts }: World): number {
  return collection.matching(request.filter, doubts).length;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What an index of each type counts. */
const facetable: { readonly [type: string]: (value: Json) => boolean } = {
  keyword: (value) => typeof value === 'string',
  integer: (value) => Number.isInteger(value),
  bool: (value) => typeof value === 'boolean',
  uuid: (value) => typeof value === 'string' && UUID.test(value),
};

/** Values by the number of points that have them, then by themselves. */
export function runFacet(request: FacetRequest, { collection, doubts }: World): FacetHit[] {
  const counts = facetable[collection.indexType(request.key) ?? ''];
  if (!counts) throw new Refused(400, `${request.key} has no index for facets`);
  const found = new Map<FacetHit['value'], number>();
  for (const { payload } of collection.matching(request.filter, doubts)) {
    const values = valuesAt(payload, parsePath(request.key)).flatMap(opened).filter(counts);
    for (const value of new Set(values as FacetHit['value'][])) found.set(value, (found.get(value) ?? 0) + 1);
  }
  const hits = [...found].map(([value, count]) => ({ value, count }));
  hits.sort((a, b) => b.count - a.count || compareValues(a.value, b.value));
  return hits.slice(0, request.limit ?? 10);
}

function compareValues(a: FacetHit['value'], b: FacetHit['value']): number {
  return typeof a === 'string' ? compareStrings(a, b as string) : Number(a) - Number(b);
}

/** Every point that the sample may hold, with its ranking of the others. The sample must be large enough for all. */
export function runMatrix({ filter, using }: SearchMatrixRequest, world: World): Map<PointId, Ranking> {
  const { collection, doubts } = world;
  const name = using ?? '';
  if (!collection.kinds.has(name)) throw new Refused(400, `there is no vector "${name}"`);
  const sample = collection.matching(filter, doubts).filter(({ vectors }) => vectors.has(name));
  const rows = new Map<PointId, Ranking>();
  if (sample.length < 2) return rows;
  const ids = sample.map(({ id }) => id);
  for (const { id, vectors } of sample) {
    const request = {
      query: vectors.get(name) as never,
      using: name,
      filter: { must: [{ has_id: ids }] },
      limit: 1_000_000,
    };
    const ranking = runQuery(request, world);
    rows.set(id, { hits: ranking.hits.filter((hit) => hit.id !== id), by: ranking.by });
  }
  return rows;
}
