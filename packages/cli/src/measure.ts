/**
 * How fast and how exact a collection answers.
 *
 * @module
 */
import { throwIfAborted } from '@fletch/base';
import type { Collection, PointId, QueryRequest } from '@fletch/search';

/** One way to search, measured over all queries, one after the other. */
export interface Measured {
  /** Queries in a second. */
  readonly qps: number;
  /** Milliseconds that half of the queries stay under. */
  readonly p50: number;
  /** Milliseconds that 99 of 100 queries stay under. */
  readonly p99: number;
  /** The ids that each query found. */
  readonly ids: readonly (readonly PointId[])[];
}

/** Vectors of at most `count` points of the collection, spread over all of them by id. */
export async function sampleVectors(collection: Collection, count: number): Promise<Float32Array[]> {
  const ids: PointId[] = [];
  let offset: PointId | null = null;
  do {
    const page = await collection.scroll({
      limit: 10_000,
      with_payload: false,
      ...(offset === null ? {} : { offset }),
    });
    for (const { id } of page.points) ids.push(id);
    offset = page.next_page_offset;
  } while (offset !== null);
  const step = Math.max(1, ids.length / count);
  const chosen = Array.from({ length: Math.min(count, ids.length) }, (_, i) => ids[Math.floor(i * step)]!);
  return collection.retrieve(chosen, { with_vector: true, with_payload: false }).flatMap(({ vector }) => {
    return Array.isArray(vector) && typeof vector[0] === 'number'
      ? [Float32Array.from(vector as number[])]
      : [];
  });
}

/** Queries that run unmeasured first, so that code and caches are warm. */
const warmUp = 20;

/** Runs every query once. Throws `ABORTED`. */
export async function measure(
  collection: Collection,
  queries: readonly Float32Array[],
  request: Pick<QueryRequest, 'limit' | 'params'>,
  signal?: AbortSignal,
): Promise<Measured> {
  const ids: PointId[][] = [];
  const times: number[] = [];
  for (const query of queries.slice(0, warmUp)) await collection.query({ ...request, query });
  for (const query of queries) {
    throwIfAborted(signal);
    const started = performance.now();
    const hits = await collection.query({ ...request, query });
    times.push(performance.now() - started);
    ids.push(hits.map(({ id }) => id));
  }
  const total = times.reduce((sum, time) => sum + time, 0);
  times.sort((a, b) => a - b);
  const quantile = (share: number): number =>
    times[Math.min(times.length - 1, Math.floor(times.length * share))]!;
  return { qps: (1000 * times.length) / total, p50: quantile(0.5), p99: quantile(0.99), ids };
}

/** Share of the exact answers that were found, over all queries. */
export function recall(found: Measured['ids'], exact: Measured['ids']): number {
  let hits = 0;
  let total = 0;
  for (const [query, wanted] of exact.entries()) {
    const got = new Set(found[query]);
    hits += wanted.filter((id) => got.has(id)).length;
    total += wanted.length;
  }
  return total === 0 ? 1 : hits / total;
}
