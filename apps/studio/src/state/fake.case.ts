/** A client over points in memory, for the tests of the state: scores are fixed, the index misses point 3. */
import type { CollectionInfo, Condition, Filter, PointRecord, ScoredPoint } from '@fletch/search';
import type { Client, QueryBody } from '../api/client.js';
import { asLine } from '../lib/display.js';

export function fakeInfo(change: Partial<CollectionInfo> = {}): CollectionInfo {
  return {
    status: 'green',
    optimizer_status: 'ok',
    indexed_vectors_count: 40,
    points_count: 40,
    segments_count: 1,
    config: {
      params: {
        vectors: { size: 4, distance: 'Cosine' },
        shard_number: 1,
        replication_factor: 1,
        write_consistency_factor: 1,
        on_disk_payload: true,
      },
      hnsw_config: { m: 16, ef_construct: 100, full_scan_threshold: 10000, max_indexing_threads: 0 },
      optimizer_config: {
        deleted_threshold: 0.2,
        vacuum_min_vector_number: 1000,
        default_segment_number: 1,
        flush_interval_sec: 0,
      },
      wal_config: { wal_capacity_mb: 32, wal_segments_ahead: 0 },
      metadata: { fletch: { encoder: 'fake', text_field: 'gloss' } },
    },
    payload_schema: {
      pos: { data_type: 'keyword', points: 40 },
      length: { data_type: 'integer', points: 40 },
    },
    ...change,
  };
}

export const fakePoints: readonly PointRecord[] = Array.from({ length: 40 }, (_, id) => ({
  id,
  payload: {
    words: [`word${id}`],
    gloss: `gloss number ${id}`,
    pos: id % 4 === 0 ? 'verb' : 'noun',
    length: id,
  },
}));

/** Understands only the conditions that the page writes for keywords. */
function passes(filter: Filter | null | undefined, { payload }: PointRecord): boolean {
  return ([filter?.must ?? []].flat() as Condition[]).every((condition) => {
    if (!('key' in condition) || !('match' in condition)) return true;
    const { value, any } = condition.match ?? {};
    return (any ?? [value]).map(String).includes(asLine(payload?.[condition.key]));
  });
}

export interface FakeClient extends Client {
  readonly queries: QueryBody[];
  info(name: string): Promise<CollectionInfo>;
  /** Every call fails with it while it is set. */
  failure: Error | null;
  names: string[];
  facts: CollectionInfo;
}

export function fakeClient(): FakeClient {
  const answer = async <T>(value: () => T, signal?: AbortSignal): Promise<T> => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    signal?.throwIfAborted();
    if (client.failure !== null) throw client.failure;
    return value();
  };
  const matching = (filter: Filter | null | undefined) => fakePoints.filter((point) => passes(filter, point));
  const client: FakeClient = {
    queries: [],
    failure: null,
    names: ['words'],
    facts: fakeInfo(),
    collections: (signal) => answer(() => client.names, signal),
    info: () => answer(() => client.facts),
    query: (_collection, body, signal) => {
      client.queries.push(body);
      return answer(() => {
        const hits = matching(body.filter)
          .filter(({ id }) => id !== body.query && (body.params?.exact === true || id !== 3))
          .map(
            (point, i): ScoredPoint => ({
              ...point,
              version: 1,
              score: 1 - i / 100,
              ...(body.with_vector ? { vector: [i, i % 3, i % 5, 1] } : {}),
            }),
          );
        return {
          result: hits.slice(0, body.limit ?? 10),
          serverMs: body.params?.exact ? 8 : 2,
          roundTripMs: 3,
        };
      }, signal);
    },
    retrieve: (_collection, ids) => answer(() => fakePoints.filter(({ id }) => ids.includes(id))),
    scroll: (_collection, { limit }) => answer(() => fakePoints.slice(0, limit ?? 10)),
    facet: (_collection, { key, filter }, signal) =>
      answer(() => {
        const counts = new Map<string, number>();
        for (const { payload } of matching(filter)) {
          const value = asLine(payload?.[key]);
          counts.set(value, (counts.get(value) ?? 0) + 1);
        }
        return [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count);
      }, signal),
    count: (_collection, filter, signal) => answer(() => matching(filter).length, signal),
  };
  return client;
}
