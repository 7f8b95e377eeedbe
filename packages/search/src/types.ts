/**
 * The vocabulary of collections. Names and shapes are those of Qdrant's REST dialect, so that the same objects
 * pass through the library, the HTTP API and the official client unchanged.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import type { Distance } from './index/types.js';

/** An unsigned safe integer or a UUID (any of its written forms; kept in lower case with hyphens). */
export type PointId = number | string;

export type Payload = { [key: string]: Json };

/** Parameters of the HNSW graph. */
export interface HnswConfig {
  /** Links per node on the upper layers; twice as many on the lowest. Default 16. */
  m: number;
  /** Candidate list while building. Default 100. */
  ef_construct: number;
  /** Below this many KiB of matching vectors a search scans exactly. Default 10000. */
  full_scan_threshold: number;
  /** Threads that build; 0 means as many as there are cores. Default 0. */
  max_indexing_threads: number;
}

export interface VectorParams {
  /** Dimension, 1 to 65536. */
  size: number;
  distance: Distance;
  hnsw_config?: Partial<HnswConfig>;
  on_disk?: boolean;
}

/** What `createCollection` takes. */
export interface CreateCollection {
  vectors: VectorParams | { [name: string]: VectorParams };
  hnsw_config?: Partial<HnswConfig>;
  /** Free facts about the collection; Fletch keeps its encoder's name under `fletch`. */
  metadata?: Payload;
}

export type PayloadFieldType =
  | 'keyword'
  | 'integer'
  | 'float'
  | 'bool'
  | 'geo'
  | 'datetime'
  | 'text'
  | 'uuid';

/** What `collectionInfo` answers. */
export interface CollectionInfo {
  /** `yellow` while rows are still being linked. */
  status: 'green' | 'yellow' | 'red';
  optimizer_status: 'ok' | { error: string };
  indexed_vectors_count: number;
  points_count: number;
  segments_count: number;
  config: {
    params: {
      vectors: VectorParams | { [name: string]: VectorParams };
      shard_number: number;
      replication_factor: number;
      write_consistency_factor: number;
      on_disk_payload: boolean;
    };
    hnsw_config: HnswConfig;
    optimizer_config: { [key: string]: Json };
    wal_config: { [key: string]: Json };
    metadata?: Payload;
  };
  payload_schema: { [field: string]: { data_type: PayloadFieldType; points: number } };
}

/** One vector, or one per vector name. */
export type VectorInput = number[] | Float32Array | { [name: string]: number[] | Float32Array };

export interface PointStruct {
  id: PointId;
  vector: VectorInput;
  payload?: Payload | null;
}

/** A stored point as it is returned; what was not asked for is absent. */
export interface PointRecord {
  id: PointId;
  payload?: Payload | null;
  vector?: number[] | { [name: string]: number[] };
}

export interface ScoredPoint extends PointRecord {
  /** Number of the write that made this version of the point. */
  version: number;
  score: number;
}

/** Which parts of the payload to return: all, none, these fields, or an include/exclude list. */
export type PayloadSelector = boolean | string[] | { include: string[] } | { exclude: string[] };
export type VectorSelector = boolean | string[];

export interface FieldMatch {
  value?: string | number | boolean;
  any?: (string | number)[];
  except?: (string | number)[];
  text?: string;
}

export interface FieldRange {
  lt?: number | null;
  gt?: number | null;
  lte?: number | null;
  gte?: number | null;
}

/** One condition of a filter. `key` is a path: `a.b`, `list[]`, `list[].c`. */
export type Condition =
  | { key: string; match: FieldMatch }
  | { key: string; range: FieldRange }
  | { has_id: PointId[] }
  | { is_empty: { key: string } }
  | { is_null: { key: string } }
  | Filter;

/** Clauses are joined by AND; within `should` one must hold. */
export interface Filter {
  must?: Condition | Condition[] | null;
  should?: Condition | Condition[] | null;
  must_not?: Condition | Condition[] | null;
}

export interface SearchParams {
  hnsw_ef?: number | null;
  exact?: boolean;
}

/** A query by vector or by the id of a stored point; without one, points are returned in order of their ids. */
export interface QueryRequest {
  query?: number[] | Float32Array | PointId | { nearest: number[] | Float32Array | PointId };
  using?: string;
  filter?: Filter | null;
  params?: SearchParams;
  /** Default 10. */
  limit?: number;
  /** Default 0. */
  offset?: number;
  score_threshold?: number;
  /** Default false. */
  with_payload?: PayloadSelector;
  /** Default false. */
  with_vector?: VectorSelector;
}

export interface ScrollRequest {
  /** First id to return. */
  offset?: PointId | null;
  /** Default 10. */
  limit?: number;
  filter?: Filter | null;
  /** Default true. */
  with_payload?: PayloadSelector;
  with_vector?: VectorSelector;
}

export interface ScrollResult {
  points: PointRecord[];
  /** Pass as `offset` for the next page; null at the end. */
  next_page_offset: PointId | null;
}

export interface CountRequest {
  filter?: Filter | null;
  exact?: boolean;
}

export interface FacetRequest {
  key: string;
  filter?: Filter | null;
  /** Default 10. */
  limit?: number;
  exact?: boolean;
}

export interface FacetHit {
  value: string | number | boolean;
  count: number;
}

/** Points by id or by filter. */
export type PointsSelector = { points: PointId[] } | { filter: Filter };

/** The receipt of a write: it is durable when the promise resolves. */
export interface UpdateResult {
  operation_id: number;
  status: 'acknowledged' | 'completed';
}
