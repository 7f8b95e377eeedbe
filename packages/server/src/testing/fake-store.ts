/**
 * A store in memory that keeps the contract, for tests of the HTTP floor alone.
 *
 * @module
 */
import { FletchError, type Json } from '@fletch/base';
import type {
  Collection,
  Condition,
  CreateCollection,
  Filter,
  Payload,
  PayloadFieldType,
  PayloadSelector,
  PointId,
  PointRecord,
  PointStruct,
  PointsSelector,
  Store,
  UpdateResult,
  VectorParams,
} from '@fletch/search';

interface Row {
  id: PointId;
  vector: Float32Array;
  payload: Payload | null;
  version: number;
}

const list = <T>(value: T | T[] | null | undefined): T[] =>
  value == null ? [] : Array.isArray(value) ? value : [value];

function holds(condition: Condition, row: Row): boolean {
  if ('match' in condition) {
    const values = list(row.payload?.[condition.key] as Json[]);
    const { value, any, except, text } = condition.match;
    return values.some((item) =>
      value !== undefined
        ? item === value
        : any
          ? any.includes(item as string)
          : except
            ? !except.includes(item as string)
            : String(item).toLowerCase().includes(text!.toLowerCase()),
    );
  }
  if ('range' in condition) {
    const { lt, gt, lte, gte } = condition.range;
    return list(row.payload?.[condition.key] as Json[]).some(
      (item) =>
        typeof item === 'number' &&
        (lt == null || item < lt) &&
        (gt == null || item > gt) &&
        (lte == null || item <= lte) &&
        (gte == null || item >= gte),
    );
  }
  if ('has_id' in condition) return condition.has_id.includes(row.id);
  if ('is_empty' in condition) {
    const value = row.payload?.[condition.is_empty.key];
    return value == null || (Array.isArray(value) && value.length === 0);
  }
  if ('is_null' in condition) return row.payload?.[condition.is_null.key] === null;
  return matches(condition, row);
}

function matches(filter: Filter | null | undefined, row: Row): boolean {
  const should = list(filter?.should);
  return (
    list(filter?.must).every((condition) => holds(condition, row)) &&
    !list(filter?.must_not).some((condition) => holds(condition, row)) &&
    (should.length === 0 || should.some((condition) => holds(condition, row)))
  );
}

function pick(payload: Payload | null, selector: PayloadSelector): Payload | null {
  if (typeof selector === 'boolean' || payload === null) return payload;
  const keep = Array.isArray(selector) ? selector : 'include' in selector ? selector.include : undefined;
  return Object.fromEntries(
    Object.entries(payload).filter(([key]) =>
      keep ? keep.includes(key) : !(selector as { exclude: string[] }).exclude.includes(key),
    ),
  );
}

const before = (a: PointId, b: PointId) => (typeof a === typeof b ? a < b : typeof a === 'number');

function fakeCollection(name: string, config: CreateCollection): Collection {
  const rows = new Map<PointId, Row>();
  const params = config.vectors as VectorParams;
  const schema: Record<string, { data_type: PayloadFieldType; points: number }> = {};
  let metadata = config.metadata;
  let operation = 0;
  const done = (): UpdateResult => ({ operation_id: ++operation, status: 'completed' });
  const sorted = () => [...rows.values()].sort((a, b) => (before(a.id, b.id) ? -1 : 1));
  const select = (selector: PointsSelector) =>
    'points' in selector
      ? selector.points.flatMap((id) => rows.get(id) ?? [])
      : sorted().filter((row) => matches(selector.filter, row));
  const record = (
    row: Row,
    options: { with_payload?: PayloadSelector; with_vector?: unknown },
  ): PointRecord => ({
    id: row.id,
    ...(options.with_payload && { payload: pick(row.payload, options.with_payload) }),
    ...(options.with_vector ? { vector: [...row.vector] } : {}),
  });
  const check = (vector: ArrayLike<number>): Float32Array => {
    if (vector.length !== params.size)
      throw new FletchError('DIMENSION_MISMATCH', 'Wrong.', {
        details: { expected: params.size, actual: vector.length },
      });
    const norm = params.distance === 'Cosine' ? Math.hypot(...Float32Array.from(vector)) : 1;
    return Float32Array.from(vector, (value) => value / norm);
  };
  return {
    name,
    info: () => ({
      status: 'green',
      optimizer_status: 'ok',
      indexed_vectors_count: rows.size,
      points_count: rows.size,
      segments_count: 1,
      config: {
        params: {
          vectors: config.vectors,
          shard_number: 1,
          replication_factor: 1,
          write_consistency_factor: 1,
          on_disk_payload: true,
        },
        hnsw_config: { m: 16, ef_construct: 100, full_scan_threshold: 10_000, max_indexing_threads: 0 },
        optimizer_config: {},
        wal_config: {},
        ...(metadata && { metadata }),
      },
      payload_schema: schema,
    }),
    async upsert(points: readonly PointStruct[]) {
      const vectors = points.map(({ vector }) => check(vector as Float32Array));
      points.forEach(({ id, payload }, row) => {
        rows.set(id, { id, vector: vectors[row]!, payload: payload ?? null, version: operation + 1 });
      });
      return done();
    },
    retrieve: (ids, options = {}) =>
      ids
        .flatMap((id) => rows.get(typeof id === 'string' ? id.toLowerCase() : id) ?? [])
        .map((row) => record(row, options)),
    async delete(selector) {
      for (const row of select(selector)) rows.delete(row.id);
      return done();
    },
    async query({ query, filter, limit = 10, offset = 0, score_threshold, ...options }) {
      let target = query;
      if (typeof target === 'object' && 'nearest' in target) target = target.nearest;
      const own = typeof target === 'object' ? undefined : target;
      const vector =
        own === undefined ? target && check(target as Float32Array) : (rows.get(own)?.vector ?? undefined);
      if (own !== undefined && !vector) throw new FletchError('NOT_FOUND', `No point with id ${own} found`);
      return sorted()
        .filter((row) => row.id !== own && matches(filter, row))
        .map((row) => ({
          ...record(row, options),
          version: row.version,
          score: vector ? row.vector.reduce((sum, value, at) => sum + value * vector[at]!, 0) : 1,
        }))
        .sort((a, b) => b.score - a.score)
        .filter(({ score }) => score_threshold === undefined || score >= score_threshold)
        .slice(offset, offset + limit);
    },
    async scroll({ offset, limit = 10, filter, with_payload = true, with_vector = false } = {}) {
      const found = sorted().filter(
        (row) => (offset == null || !before(row.id, offset)) && matches(filter, row),
      );
      return {
        points: found.slice(0, limit).map((row) => record(row, { with_payload, with_vector })),
        next_page_offset: found[limit]?.id ?? null,
      };
    },
    count: async ({ filter } = {}) => sorted().filter((row) => matches(filter, row)).length,
    async facet({ key, filter, limit = 10 }) {
      const counts = new Map<string, number>();
      for (const row of sorted().filter((each) => matches(filter, each)))
        for (const value of list(row.payload?.[key] as string))
          counts.set(value, (counts.get(value) ?? 0) + 1);
      return [...counts].map(([value, count]) => ({ value, count })).slice(0, limit);
    },
    async setPayload(payload, selector, key) {
      for (const row of select(selector))
        row.payload = key
          ? { ...row.payload, [key]: { ...(row.payload?.[key] as Payload), ...payload } }
          : { ...row.payload, ...payload };
      return done();
    },
    async overwritePayload(payload, selector) {
      for (const row of select(selector)) row.payload = payload;
      return done();
    },
    async deletePayload(keys, selector) {
      for (const row of select(selector)) for (const key of keys) delete row.payload?.[key];
      return done();
    },
    async clearPayload(selector) {
      for (const row of select(selector)) row.payload = {};
      return done();
    },
    async createPayloadIndex(field, type) {
      schema[field] = { data_type: type, points: rows.size };
      return done();
    },
    async deletePayloadIndex(field) {
      delete schema[field];
      return done();
    },
    async setMetadata(value) {
      metadata = value;
    },
    async settled() {},
  };
}

/** An empty store in memory. */
export function fakeStore(): Store {
  const collections = new Map<string, Collection>();
  return {
    path: ':memory:',
    async createCollection(name, config) {
      const collection = fakeCollection(name, config);
      collections.set(name, collection);
      return collection;
    },
    collection: (name) => collections.get(name)!,
    hasCollection: (name) => collections.has(name),
    collections: () => [...collections.keys()],
    deleteCollection: async (name) => collections.delete(name),
    async close() {},
  };
}
