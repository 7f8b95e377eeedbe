/**
 * The parameters of a collection beside its vectors: graphs, upkeep, quantization, limits.
 *
 * @module
 */
import type {
  HnswConfig,
  OptimizersConfig,
  QuantizationConfig,
  StrictModeConfig,
  UpdateCollection,
  WalConfig,
} from '@fletch/search';
import { z } from '@hono/zod-openapi';
import { branch, isObject, kind, present, ref } from './shape.js';

const count = (least = 0) => z.int().min(least).nullish();

/** A field under another name that earlier clients use. */
function aliased(value: unknown, aliases: Readonly<Record<string, string>>): unknown {
  if (!isObject(value)) return value;
  const renamed = { ...value };
  for (const [old, name] of Object.entries(aliases))
    if (renamed[old] !== undefined && renamed[name] === undefined) renamed[name] = renamed[old];
  return renamed;
}

export const Memory = z.enum(['cold', 'cached', 'pinned']).openapi('Memory');
/** Where payloads and dense vectors may be. */
export const unpinned = z.enum(['cold', 'cached'], {
  error: 'expected "cold" or "cached" (`pinned` memory placement is not supported here)',
});

export const HnswConfigDiff = z
  .preprocess(
    (value) => aliased(value, { full_scan_threshold_kb: 'full_scan_threshold' }),
    z.object({
      m: count(),
      ef_construct: count(4),
      full_scan_threshold: count(10),
      max_indexing_threads: count(),
      on_disk: z.boolean().nullish(),
      memory: Memory.nullish(),
      payload_m: count(),
      inline_storage: z.boolean().nullish(),
    }),
  )
  .transform((config): Partial<HnswConfig> => present(config))
  .openapi('HnswConfigDiff');

const threads = branch<number | 'auto'>((value) => {
  if (typeof value === 'number') return z.int().min(0);
  return value === 'auto' ? z.literal('auto') : `expected a number or "auto", got ${kind(value)}`;
}).openapi({
  anyOf: [
    { type: 'integer', minimum: 0 },
    { type: 'string', enum: ['auto'] },
  ],
});

export const OptimizersConfigDiff = z
  .preprocess(
    (value) =>
      aliased(value, {
        max_segment_size_kb: 'max_segment_size',
        memmap_threshold_kb: 'memmap_threshold',
        indexing_threshold_kb: 'indexing_threshold',
      }),
    z.object({
      deleted_threshold: z.number().min(0).max(1).nullish(),
      vacuum_min_vector_number: count(100),
      default_segment_number: count(),
      max_segment_size: count(1),
      memmap_threshold: count(),
      indexing_threshold: count(),
      flush_interval_sec: count(),
      max_optimization_threads: threads.nullish(),
      prevent_unoptimized: z.boolean().nullish(),
    }),
  )
  .transform((config): Partial<OptimizersConfig> => present(config))
  .openapi('OptimizersConfigDiff');

export const WalConfigDiff = z
  .object({ wal_capacity_mb: count(1), wal_segments_ahead: count(), wal_retain_closed: count(1) })
  .transform((config): Partial<WalConfig> => present(config))
  .openapi('WalConfigDiff');

const placed = { always_ram: z.boolean().nullish(), memory: Memory.nullish() };

const quantizations = {
  scalar: z.object({
    scalar: z.object({
      type: z.literal('int8'),
      quantile: z.number().min(0.5).max(1).nullish(),
      ...placed,
    }),
  }),
  product: z.object({
    product: z.object({ compression: z.enum(['x4', 'x8', 'x16', 'x32', 'x64']), ...placed }),
  }),
  binary: z.object({
    binary: z.object({
      ...placed,
      encoding: z.enum(['one_bit', 'two_bits', 'one_and_half_bits']).nullish(),
      query_encoding: z.enum(['default', 'binary', 'scalar4bits', 'scalar8bits']).nullish(),
    }),
  }),
  turbo: z.object({
    turbo: z.object({ ...placed, bits: z.enum(['bits1', 'bits1_5', 'bits2', 'bits4']).nullish() }),
  }),
  leanvec: z.object({
    leanvec: z.object({
      dimension: count(1),
      primary_bits: z.union([z.literal(4), z.literal(8)]).nullish(),
      secondary: z.enum(['lvq8', 'f32']).nullish(),
      method: z.enum(['id', 'ood-fw', 'ood-es', 'ood-es-fw']).nullish(),
      train_at: count(2),
    }),
  }),
  osq: z.object({
    osq: z.object({
      bits: z.number().min(0.01).max(8).nullish(),
      partitions: count(1),
      hamming_percent: z.number().min(0.1).max(100).nullish(),
      refine: z.number().min(1).max(1000).nullish(),
      train_at: count(2),
    }),
  }),
};

function chooseQuantization(value: unknown): z.ZodType<QuantizationConfig> | string {
  const given = isObject(value) ? Object.keys(quantizations).find((each) => each in value) : undefined;
  if (given) return quantizations[given as keyof typeof quantizations] as never;
  const names = Object.keys(quantizations).map((name) => `"${name}"`);
  return `expected an object with ${names.slice(0, -1).join(', ')} or ${names.at(-1)}, got ${kind(value)}`;
}

const quantizationPage = { type: 'object', additionalProperties: true } as const;

export const QuantizationSchema = branch<QuantizationConfig>(chooseQuantization).openapi(
  'QuantizationConfig',
  quantizationPage,
);

/** A quantization in the place of another, or the word that there is to be none. */
export const QuantizationDiff = branch<QuantizationConfig | 'Disabled'>((value) =>
  value === 'Disabled' ? z.literal('Disabled') : (chooseQuantization(value) as never),
).openapi('QuantizationConfigDiff', {
  anyOf: [ref('QuantizationConfig'), { type: 'string', enum: ['Disabled'] }],
});

export const StrictModeSchema = z
  .object({
    enabled: z.boolean().nullish(),
    max_query_limit: count(1),
    max_timeout: count(1),
    unindexed_filtering_retrieve: z.boolean().nullish(),
    unindexed_filtering_update: z.boolean().nullish(),
    search_max_hnsw_ef: count(),
    search_allow_exact: z.boolean().nullish(),
    search_max_oversampling: z.number().min(0).nullish(),
    upsert_max_batchsize: count(),
    search_max_batchsize: count(),
    max_collection_vector_size_bytes: count(),
    read_rate_limit: count(1),
    write_rate_limit: count(1),
    max_collection_payload_size_bytes: count(),
    max_points_count: count(1),
    filter_max_conditions: count(),
    condition_max_size: count(),
    multivector_config: z
      .record(z.string(), z.object({ max_vectors: count(1) }).transform(present))
      .nullish(),
    sparse_config: z.record(z.string(), z.object({ max_length: count(1) }).transform(present)).nullish(),
    max_payload_index_count: count(),
    max_resident_memory_percent: z.int().min(1).max(100).nullish(),
  })
  .transform((config): StrictModeConfig => present(config))
  .openapi('StrictModeConfig');

export const PayloadStorage = z
  .object({ memory: unpinned.nullish() })
  .transform(present)
  .openapi('PayloadStorageParams');

/** Parameters of a whole collection that may be changed. */
export const CollectionParamsDiff = z
  .object({
    replication_factor: count(1),
    write_consistency_factor: count(1),
    read_fan_out_factor: count(),
    read_fan_out_delay_ms: count(),
    on_disk_payload: z.boolean().nullish(),
    payload: PayloadStorage.nullish(),
  })
  .transform((params): NonNullable<UpdateCollection['params']> => present(params))
  .openapi('CollectionParamsDiff');

/** What may be changed of a dense vector. */
export const VectorParamsDiff = z
  .object({
    hnsw_config: HnswConfigDiff.nullish(),
    quantization_config: QuantizationDiff.nullish(),
    on_disk: z.boolean().nullish(),
    memory: unpinned.nullish(),
  })
  .transform((params): NonNullable<UpdateCollection['vectors']>[string] => present(params))
  .openapi('VectorParamsDiff');

/** What may be changed of a sparse vector. */
export const SparseVectorParamsDiff = z
  .object({
    modifier: z.enum(['none', 'idf']).nullish(),
    index: z
      .object({
        full_scan_threshold: count(),
        on_disk: z.boolean().nullish(),
        memory: Memory.nullish(),
        datatype: z.enum(['float32', 'float16', 'uint8']).nullish(),
      })
      .transform(present)
      .nullish(),
  })
  .transform((params): NonNullable<UpdateCollection['sparse_vectors']>[string] => present(params))
  .openapi('SparseVectorParamsDiff');

/** Named parts of the document that only unions refer to. */
export const configComponents = { QuantizationConfig: QuantizationSchema };

export { aliased };
