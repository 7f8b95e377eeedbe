/**
 * The part of the Qdrant dialect that the page speaks.
 *
 * @module
 */
import type {
  CollectionInfo,
  FacetHit,
  FacetRequest,
  Filter,
  PointId,
  PointRecord,
  QueryRequest,
  ScoredPoint,
  ScrollRequest,
} from '@fletch/search';
import type { Http, Timed } from './http.js';

/** A query by text, which the server encodes, or by the id of a stored point. */
export type Query = { text: string } | PointId;

export type QueryBody = Omit<QueryRequest, 'query'> & { query?: Query };

export interface Client {
  /** Names of all collections, sorted. */
  collections(signal?: AbortSignal): Promise<string[]>;
  info(collection: string, signal?: AbortSignal): Promise<CollectionInfo>;
  query(collection: string, body: QueryBody, signal?: AbortSignal): Promise<Timed<ScoredPoint[]>>;
  /** The points of these ids with their payloads; unknown ids are left out. */
  retrieve(collection: string, ids: readonly PointId[], signal?: AbortSignal): Promise<PointRecord[]>;
  scroll(collection: string, body: ScrollRequest, signal?: AbortSignal): Promise<PointRecord[]>;
  facet(collection: string, body: FacetRequest, signal?: AbortSignal): Promise<FacetHit[]>;
  /** How many points pass the filter. */
  count(collection: string, filter: Filter, signal?: AbortSignal): Promise<number>;
}

export function createClient(http: Http): Client {
  const at = (collection: string, rest = '') => `/collections/${encodeURIComponent(collection)}${rest}`;
  const post = <T>(path: string, body: unknown, signal?: AbortSignal) =>
    http<T>(path, { method: 'POST', body, signal });
  return {
    async collections(signal) {
      const { result } = await http<{ collections: { name: string }[] }>('/collections', { signal });
      return result.collections.map(({ name }) => name).sort((a, b) => a.localeCompare(b));
    },
    async info(collection, signal) {
      return (await http<CollectionInfo>(at(collection), { signal })).result;
    },
    async query(collection, body, signal) {
      const answer = await post<{ points: ScoredPoint[] }>(at(collection, '/points/query'), body, signal);
      return { ...answer, result: answer.result.points };
    },
    async retrieve(collection, ids, signal) {
      return (await post<PointRecord[]>(at(collection, '/points'), { ids, with_payload: true }, signal))
        .result;
    },
    async scroll(collection, body, signal) {
      return (await post<{ points: PointRecord[] }>(at(collection, '/points/scroll'), body, signal)).result
        .points;
    },
    async facet(collection, body, signal) {
      return (await post<{ hits: FacetHit[] }>(at(collection, '/facet'), body, signal)).result.hits;
    },
    async count(collection, filter, signal) {
      const body = { filter, exact: true };
      return (await post<{ count: number }>(at(collection, '/points/count'), body, signal)).result.count;
    },
  };
}
