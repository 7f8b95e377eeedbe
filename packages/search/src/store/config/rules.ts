/**
 * What the parameters of a collection may be. The bounds are Qdrant's.
 *
 * @module
 */

import { projectionMethods } from '../../leanvec/projection.js';
import type { HnswConfig, OptimizersConfig, StrictModeConfig, WalConfig } from '../../types/index.js';
import { boolean, choice, integer, number, type Rule } from './bounds.js';

export const memory = choice('cold', 'cached', 'pinned');
/** Where payloads and dense vectors may be kept: pinning them is not possible. */
export const unpinned = choice('cold', 'cached');

export const hnswRules: Readonly<Record<keyof HnswConfig, Rule>> = {
  m: integer(0),
  ef_construct: integer(4),
  full_scan_threshold: integer(10),
  max_indexing_threads: integer(0),
  on_disk: boolean,
  memory,
  payload_m: integer(0),
  inline_storage: boolean,
};

type OptimizerNumber = Exclude<keyof OptimizersConfig, 'max_optimization_threads'>;

export const optimizerRules: Readonly<Record<OptimizerNumber, Rule>> = {
  deleted_threshold: number(0, 1),
  vacuum_min_vector_number: integer(100),
  default_segment_number: integer(0),
  max_segment_size: integer(1),
  memmap_threshold: integer(0),
  indexing_threshold: integer(0),
  flush_interval_sec: integer(0),
  prevent_unoptimized: boolean,
};

export const walRules: Readonly<Record<keyof WalConfig, Rule>> = {
  wal_capacity_mb: integer(1),
  wal_segments_ahead: integer(0),
  wal_retain_closed: integer(1),
};

type StrictNumber = Exclude<keyof StrictModeConfig, 'multivector_config' | 'sparse_config'>;

export const strictRules: Readonly<Record<StrictNumber, Rule>> = {
  enabled: boolean,
  max_query_limit: integer(1),
  max_timeout: integer(1),
  unindexed_filtering_retrieve: boolean,
  unindexed_filtering_update: boolean,
  search_max_hnsw_ef: integer(0),
  search_allow_exact: boolean,
  search_max_oversampling: number(0),
  upsert_max_batchsize: integer(0),
  search_max_batchsize: integer(0),
  max_collection_vector_size_bytes: integer(0),
  read_rate_limit: integer(1),
  write_rate_limit: integer(1),
  max_collection_payload_size_bytes: integer(0),
  max_points_count: integer(1),
  filter_max_conditions: integer(0),
  condition_max_size: integer(0),
  max_payload_index_count: integer(0),
  max_resident_memory_percent: integer(1, 100),
};

/** Parameters of each kind of quantization; those under `needed` must be there. */
export const quantizationRules: Readonly<
  Record<string, { readonly rules: Readonly<Record<string, Rule>>; readonly needed?: string }>
> = {
  scalar: {
    rules: { type: choice('int8'), quantile: number(0.5, 1), always_ram: boolean, memory },
    needed: 'type',
  },
  product: {
    rules: { compression: choice('x4', 'x8', 'x16', 'x32', 'x64'), always_ram: boolean, memory },
    needed: 'compression',
  },
  binary: {
    rules: {
      always_ram: boolean,
      memory,
      encoding: choice('one_bit', 'two_bits', 'one_and_half_bits'),
      query_encoding: choice('default', 'binary', 'scalar4bits', 'scalar8bits'),
    },
  },
  turbo: {
    rules: { always_ram: boolean, memory, bits: choice('bits1', 'bits1_5', 'bits2', 'bits4') },
  },
  // Those of Fletch; indexes of these kinds are made in ../factory.ts.
  leanvec: {
    rules: {
      dimension: integer(1, 65536),
      primary_bits: choice(4, 8),
      secondary: choice('lvq8', 'f32'),
      method: choice(...projectionMethods),
      train_at: integer(2, 2 ** 32 - 1),
    },
  },
  osq: {
    rules: {
      bits: number(0.01, 8),
      partitions: integer(1, 255),
      hamming_percent: number(0.1, 100),
      refine: number(1, 1000),
      train_at: integer(2, 2 ** 32 - 1),
    },
  },
};
