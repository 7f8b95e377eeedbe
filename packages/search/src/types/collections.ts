/**
 * Collections: how they are made, changed, and described.
 *
 * @module
 */
import type { Payload } from './json.js';
import type {
  Datatype,
  HnswConfig,
  Memory,
  MultiVectorConfig,
  QuantizationConfig,
  SparseVectorParams,
  VectorParams,
} from './vectors.js';

/** Limits that protect a collection's server from single requests; absent ones do not limit. */
export interface StrictModeConfig {
  /** Default false. */
  enabled?: boolean | null;
  max_query_limit?: number | null;
  /** Seconds. */
  max_timeout?: number | null;
  /** Whether filters may use fields without an index. Default true. */
  unindexed_filtering_retrieve?: boolean | null;
  unindexed_filtering_update?: boolean | null;
  search_max_hnsw_ef?: number | null;
  search_allow_exact?: boolean | null;
  search_max_oversampling?: number | null;
  upsert_max_batchsize?: number | null;
  search_max_batchsize?: number | null;
  max_collection_vector_size_bytes?: number | null;
  /** Reads in a minute. */
  read_rate_limit?: number | null;
  /** Writes in a minute. */
  write_rate_limit?: number | null;
  max_collection_payload_size_bytes?: number | null;
  max_points_count?: number | null;
  filter_max_conditions?: number | null;
  condition_max_size?: number | null;
  multivector_config?: { [vector: string]: { max_vectors?: number | null } } | null;
  sparse_config?: { [vector: string]: { max_length?: number | null } } | null;
  max_payload_index_count?: number | null;
  max_resident_memory_percent?: number | null;
}

/** Kept and told again; Fletch's own upkeep needs no settings. */
export interface OptimizersConfig {
  deleted_threshold: number;
  vacuum_min_vector_number: number;
  default_segment_number: number;
  max_segment_size?: number | null;
  memmap_threshold?: number | null;
  indexing_threshold?: number | null;
  flush_interval_sec: number;
  max_optimization_threads?: number | 'auto' | null;
  prevent_unoptimized?: boolean | null;
}

export interface WalConfig {
  wal_capacity_mb: number;
  wal_segments_ahead: number;
  wal_retain_closed?: number;
}

/** What `createCollection` takes. */
export interface CreateCollection {
  vectors?: VectorParams | { [name: string]: VectorParams };
  sparse_vectors?: { [name: string]: SparseVectorParams } | null;
  hnsw_config?: Partial<HnswConfig> | null;
  /** Free facts about the collection; Fletch keeps its encoder's name under `fletch`. */
  metadata?: Payload | null;
  strict_mode_config?: StrictModeConfig | null;
  quantization_config?: QuantizationConfig | null;
  optimizers_config?: Partial<OptimizersConfig> | null;
  wal_config?: Partial<WalConfig> | null;
  /** Default true. */
  on_disk_payload?: boolean | null;
  shard_number?: number | null;
  sharding_method?: 'auto' | 'custom' | null;
  replication_factor?: number | null;
  write_consistency_factor?: number | null;
}

/** What `updateCollection` takes: what is absent or null stays as it is. */
export interface UpdateCollection {
  /** By vector name; `''` is the unnamed one. */
  vectors?: {
    [name: string]: {
      hnsw_config?: Partial<HnswConfig> | null;
      quantization_config?: QuantizationConfig | 'Disabled' | null;
      on_disk?: boolean | null;
      memory?: Memory | null;
    };
  } | null;
  sparse_vectors?: { [name: string]: SparseVectorParams } | null;
  hnsw_config?: Partial<HnswConfig> | null;
  params?: {
    replication_factor?: number | null;
    write_consistency_factor?: number | null;
    read_fan_out_factor?: number | null;
    on_disk_payload?: boolean | null;
  } | null;
  optimizers_config?: Partial<OptimizersConfig> | null;
  quantization_config?: QuantizationConfig | 'Disabled' | null;
  /** Merged into the one there is. */
  strict_mode_config?: StrictModeConfig | null;
  /** Merged key by key; a null removes its key. */
  metadata?: Payload | null;
}

/** A vector added to a collection that is there already. */
export type VectorNameConfig =
  | {
      dense: Pick<VectorParams, 'size' | 'distance' | 'datatype'> & {
        multivector_config?: MultiVectorConfig | null;
      };
    }
  | { sparse: { modifier?: 'none' | 'idf' | null; datatype?: Datatype | null } };

export type PayloadFieldType =
  | 'keyword'
  | 'integer'
  | 'float'
  | 'bool'
  | 'geo'
  | 'datetime'
  | 'text'
  | 'uuid';

/** What indexes of every type take. Kept and told again: Fletch keeps columns in memory and needs no links. */
interface AnyIndexParams {
  on_disk?: boolean | null;
  memory?: Memory | null;
  /** Whether the graph of vectors gets links for this field. */
  enable_hnsw?: boolean | null;
}

export interface KeywordIndexParams extends AnyIndexParams {
  type: 'keyword';
  /** Kept and told again. */
  is_tenant?: boolean | null;
  /** Whether strict mode lets filters use `match: { prefix }`. Default false. */
  prefix?: boolean | null;
}

/** `lookup` and `range` say which conditions strict mode lets filters use (default both; one must stay). */
export interface IntegerIndexParams extends AnyIndexParams {
  type: 'integer';
  lookup?: boolean | null;
  range?: boolean | null;
  is_principal?: boolean | null;
}

export interface FloatIndexParams extends AnyIndexParams {
  type: 'float';
  is_principal?: boolean | null;
}

export interface DatetimeIndexParams extends AnyIndexParams {
  type: 'datetime';
  is_principal?: boolean | null;
}

export interface UuidIndexParams extends AnyIndexParams {
  type: 'uuid';
  is_tenant?: boolean | null;
}

export interface GeoIndexParams extends AnyIndexParams {
  type: 'geo';
}

export interface BoolIndexParams extends AnyIndexParams {
  type: 'bool';
}

/** How an index of type `text` cuts and compares words. */
export interface TextIndexParams extends AnyIndexParams {
  type: 'text';
  /** Default `word`. */
  tokenizer?: 'prefix' | 'whitespace' | 'word' | 'multilingual' | null;
  min_token_len?: number | null;
  max_token_len?: number | null;
  /** Default true. */
  lowercase?: boolean | null;
  /** Fold accented letters to plain ones. Default false. */
  ascii_folding?: boolean | null;
  /** Keep the order of tokens, which `match: { phrase }` needs. Default false. */
  phrase_matching?: boolean | null;
  /** A language's list, or lists and own words. Default: none. */
  stopwords?: string | { languages?: string[] | null; custom?: string[] | null } | null;
  stemmer?: { type: 'snowball'; language: string } | { type: 'none' } | null;
}

/** A payload index with parameters. */
export type PayloadIndexParams =
  | KeywordIndexParams
  | IntegerIndexParams
  | FloatIndexParams
  | BoolIndexParams
  | GeoIndexParams
  | DatetimeIndexParams
  | TextIndexParams
  | UuidIndexParams;

export type PayloadFieldSchema = PayloadFieldType | PayloadIndexParams;

/** What `collectionInfo` answers. */
export interface CollectionInfo {
  /** `yellow` while rows are still being linked. */
  status: 'green' | 'yellow' | 'red';
  optimizer_status: 'ok' | { error: string };
  warnings?: { message: string }[];
  indexed_vectors_count: number;
  points_count: number;
  segments_count: number;
  config: {
    params: {
      /** `{}` when all are sparse. */
      vectors: VectorParams | { [name: string]: VectorParams };
      sparse_vectors?: { [name: string]: SparseVectorParams };
      shard_number: number;
      sharding_method?: 'auto' | 'custom';
      replication_factor: number;
      write_consistency_factor: number;
      read_fan_out_factor?: number;
      on_disk_payload: boolean;
    };
    hnsw_config: HnswConfig;
    optimizer_config: OptimizersConfig;
    wal_config: WalConfig;
    quantization_config?: QuantizationConfig | null;
    strict_mode_config?: StrictModeConfig;
    metadata?: Payload;
  };
  payload_schema: {
    [field: string]: { data_type: PayloadFieldType; params?: PayloadIndexParams; points: number };
  };
  update_queue?: { length: number };
}

export interface AliasDescription {
  alias_name: string;
  collection_name: string;
}

/** One step of `updateAliases`; the steps of a call happen all or none. */
export type AliasAction =
  | { create_alias: AliasDescription }
  | { delete_alias: { alias_name: string } }
  | { rename_alias: { old_alias_name: string; new_alias_name: string } };

export interface SnapshotDescription {
  name: string;
  /** Local time without a zone, as Qdrant writes it: `2024-05-17T09:30:00`. */
  creation_time: string | null;
  /** Bytes. */
  size: number;
  /** SHA-256 of the file, in hexadecimal. */
  checksum: string | null;
}
