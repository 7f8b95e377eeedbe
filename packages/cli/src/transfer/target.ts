/**
 * The collections that are moved into and out of: those of a store, or of a running server.
 *
 * @module
 */
import { isFletchError, type Json } from '@fletch/base';
import type {
  Collection,
  CollectionInfo,
  CreateCollection,
  Filter,
  PayloadFieldSchema,
  PointStruct,
  ScrollRequest,
  ScrollResult,
  Store,
} from '@fletch/search';
import type { UrlOptions } from '../options.js';
import { caller } from '../remote.js';
import { withOpenStore } from '../store.js';
import type { Terminal } from '../terminal.js';

/** What moving needs, from a store or a server. */
export interface Target {
  /** Undefined when there is no such collection. */
  info(name: string): Promise<CollectionInfo | undefined>;
  names(): Promise<string[]>;
  create(name: string, config: CreateCollection): Promise<void>;
  upsert(name: string, points: PointStruct[]): Promise<void>;
  scroll(name: string, request: ScrollRequest): Promise<ScrollResult>;
  count(name: string, filter?: Filter): Promise<number>;
  /** Merges; a null removes its key. */
  setMetadata(name: string, patch: { [key: string]: Json }): Promise<void>;
  createIndex(name: string, field: string, schema: Json): Promise<void>;
  /** Throws where there are no aliases. */
  createAlias(name: string, alias: string): Promise<void>;
  /** Bytes of one request that it takes. */
  readonly requestBytes: number;
}

/** Runs `work` on what the options name. */
export function withTarget<T>(
  terminal: Terminal,
  options: UrlOptions,
  work: (target: Target) => Promise<T>,
): Promise<T> {
  return options.url
    ? work(inServer(options.url, options.apiKey, terminal.signal))
    : withOpenStore(terminal, options, (store) => work(inStore(store)));
}

/** The collections of an open store. */
export function inStore(store: Store): Target {
  const at = (name: string): Collection => store.collection(name);
  return {
    requestBytes: Number.POSITIVE_INFINITY,
    info: async (name) => (store.hasCollection(name) ? at(name).info() : undefined),
    names: async () => store.collections(),
    create: async (name, config) => void (await store.createCollection(name, config)),
    upsert: async (name, points) => void (await at(name).upsert(points)),
    scroll: (name, request) => at(name).scroll(request),
    count: (name, filter) => at(name).count({ exact: true, ...(filter ? { filter } : {}) }),
    async setMetadata(name, patch) {
      const merged = { ...at(name).info().config.metadata, ...patch };
      await at(name).setMetadata(
        Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null)),
      );
    },
    createIndex: async (name, field, schema) =>
      void (await at(name).createPayloadIndex(field, schema as unknown as PayloadFieldSchema)),
    createAlias: async (collection_name, alias_name) =>
      void (await store.updateAliases([{ create_alias: { collection_name, alias_name } }])),
  };
}

/** The collections of a running server. */
export function inServer(url: string, apiKey: string | undefined, signal: AbortSignal): Target {
  const call = caller(url, { apiKey, signal });
  const at = (name: string): string => `/collections/${encodeURIComponent(name)}`;
  return {
    requestBytes: 12 * 2 ** 20,
    async info(name) {
      try {
        return await call<CollectionInfo>('GET', at(name));
      } catch (error) {
        if (isFletchError(error, 'NOT_FOUND')) return undefined;
        throw error;
      }
    },
    async names() {
      const { collections } = await call<{ collections: { name: string }[] }>('GET', '/collections');
      return collections.map(({ name }) => name);
    },
    create: async (name, config) => void (await call('PUT', at(name), config)),
    upsert: async (name, points) =>
      void (await call('PUT', `${at(name)}/points?wait=true`, { points: points.map(plain) })),
    scroll: (name, request) => call('POST', `${at(name)}/points/scroll`, request),
    async count(name, filter) {
      const request = { exact: true, ...(filter ? { filter } : {}) };
      return (await call<{ count: number }>('POST', `${at(name)}/points/count`, request)).count;
    },
    setMetadata: async (name, metadata) => void (await call('PATCH', at(name), { metadata })),
    createIndex: async (name, field_name, field_schema) =>
      void (await call('PUT', `${at(name)}/index?wait=true`, { field_name, field_schema })),
    createAlias: async (collection_name, alias_name) =>
      void (await call('POST', '/collections/aliases', {
        actions: [{ create_alias: { collection_name, alias_name } }],
      })),
  };
}

/** JSON knows no typed arrays. */
function plain(point: PointStruct): unknown {
  const { vector } = point;
  if (vector instanceof Float32Array) return { ...point, vector: Array.from(vector) };
  if (typeof vector !== 'object' || Array.isArray(vector)) return point;
  const named = Object.entries(vector).map(([name, value]) => [
    name,
    value instanceof Float32Array ? Array.from(value) : value,
  ]);
  return { ...point, vector: Object.fromEntries(named) };
}
