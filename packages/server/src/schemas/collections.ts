/**
 * Collections: what makes one, what one tells of itself.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import type {
  CollectionInfo,
  CreateCollection,
  Datatype,
  Distance,
  HnswConfig,
  OptimizersConfig,
  PayloadFieldType,
  QuantizationConfig,
  SparseVectorParams,
  StrictModeConfig,
  UpdateCollection,
  VectorParams,
  WalConfig,
} from '@fletch/search';
import { z } from '@hono/zod-openapi';
import {
  aliased,
  CollectionParamsDiff,
  configComponents,
  HnswConfigDiff,
  Memory,
  OptimizersConfigDiff,
  PayloadStorage,
  QuantizationDiff,
  QuantizationSchema,
  SparseVectorParamsDiff,
  StrictModeSchema,
  unpinned,
  VectorParamsDiff,
  WalConfigDiff,
} from './configs.js';
import { PayloadSchema } from './primitives.js';
import { branch, isObject, kind, present, ref, shown, wire } from './shape.js';

const DistanceSchema = z
  .enum(['Cosine', 'Dot', 'Euclid', 'Manhattan'] satisfies Distance[])
  .openapi('Distance');

/** What says which vectors a dense or multi vector is made of. */
export const dimensionedFields = {
  size: z.int().min(1).max(65_536),
  distance: DistanceSchema,
  datatype: z.enum(['float32', 'float16', 'uint8', 'turbo4'] satisfies Datatype[]).nullish(),
  multivector_config: z
    .object({ comparator: z.literal('max_sim'), encodings: z.boolean().optional() })
    .nullish(),
};

const vectorParams = z
  .object({
    ...dimensionedFields,
    hnsw_config: HnswConfigDiff.nullish(),
    quantization_config: QuantizationSchema.nullish(),
    on_disk: z.boolean().nullish(),
    memory: unpinned.nullish(),
  })
  .transform((params): VectorParams => present(params) as VectorParams);

const sparseDatatype = wire<Datatype>((value, refuse) => {
  if (value === 'turbo4')
    return refuse('sparse vectors do not support the `turbo4` datatype', [], true) as undefined;
  if (value !== 'float32' && value !== 'float16' && value !== 'uint8')
    return refuse('expected "float32", "float16" or "uint8"') as undefined;
  return value;
}).openapi({ type: 'string', enum: ['float32', 'float16', 'uint8'] });

/** What says how a sparse vector is compared. */
export const sparseFields = {
  modifier: z.enum(['none', 'idf']).nullish(),
  datatype: sparseDatatype.nullish(),
};

const sparseIndex = z
  .object({
    full_scan_threshold: z.int().min(0).nullish(),
    on_disk: z.boolean().nullish(),
    memory: Memory.nullish(),
    datatype: sparseFields.datatype,
  })
  .transform(present);

const sparseParams = z
  .object({ modifier: sparseFields.modifier, index: sparseIndex.nullish() })
  .transform((params): SparseVectorParams => present(params));

const namedParams = z.record(z.string(), vectorParams);

const VectorsConfig = branch<CreateCollection['vectors']>((value) => {
  if (!isObject(value)) return `expected {"size": …, "distance": …}, got ${kind(value)}`;
  return typeof value.size === 'number' || typeof value.distance === 'string' ? vectorParams : namedParams;
}).openapi('VectorsConfig', {
  anyOf: [ref('VectorParams'), { type: 'object', additionalProperties: ref('VectorParams') }],
});

/** Older names of fields, which clients still send. */
const OLD_NAMES = { optimizer_config: 'optimizers_config', quantization: 'quantization_config' };

export const CreateCollectionSchema = z
  .preprocess(
    (value) => aliased(value, OLD_NAMES),
    z.object({
      vectors: VectorsConfig.optional(),
      sparse_vectors: z.record(z.string(), sparseParams).nullish(),
      hnsw_config: HnswConfigDiff.nullish(),
      optimizers_config: OptimizersConfigDiff.nullish(),
      wal_config: WalConfigDiff.nullish(),
      quantization_config: QuantizationSchema.nullish(),
      strict_mode_config: StrictModeSchema.nullish(),
      on_disk_payload: z.boolean().nullish(),
      payload: PayloadStorage.nullish(),
      shard_number: z.int().min(1).nullish(),
      sharding_method: z.enum(['auto', 'custom']).nullish(),
      replication_factor: z.int().min(1).nullish(),
      write_consistency_factor: z.int().min(1).nullish(),
      metadata: PayloadSchema.nullish(),
    }),
  )
  .transform((config): CreateCollection => present(config) as CreateCollection)
  .openapi('CreateCollection');

/** What is absent or null stays; objects are merged; a null in `metadata` removes its key. */
export const UpdateCollectionSchema = z
  .preprocess(
    (value) => aliased(value, OLD_NAMES),
    z.object({
      vectors: z.record(z.string(), VectorParamsDiff).nullish(),
      sparse_vectors: z.record(z.string(), SparseVectorParamsDiff).nullish(),
      hnsw_config: HnswConfigDiff.nullish(),
      optimizers_config: OptimizersConfigDiff.nullish(),
      params: CollectionParamsDiff.nullish(),
      quantization_config: QuantizationDiff.nullish(),
      strict_mode_config: StrictModeSchema.nullish(),
      metadata: PayloadSchema.nullish(),
    }),
  )
  .transform((change): UpdateCollection => present(change) as UpdateCollection)
  .openapi('UpdateCollection');

export const CollectionsResponse = z
  .object({ collections: z.array(z.object({ name: z.string() })) })
  .openapi('CollectionsResponse');

export const CollectionExistence = z.object({ exists: z.boolean() }).openapi('CollectionExistence');

const anyObject = shown<{ [key: string]: Json }>({ type: 'object', additionalProperties: true });

export const CollectionInfoSchema = z
  .object({
    status: z.enum(['green', 'yellow', 'red'] satisfies CollectionInfo['status'][]),
    optimizer_status: shown<CollectionInfo['optimizer_status']>({
      anyOf: [
        { type: 'string', enum: ['ok'] },
        { type: 'object', properties: { error: { type: 'string' } }, required: ['error'] },
      ],
    }),
    indexed_vectors_count: z.int(),
    points_count: z.int(),
    segments_count: z.int(),
    update_queue: z.object({ length: z.int() }).optional(),
    config: z.object({
      params: z.object({
        vectors: shown<CollectionInfo['config']['params']['vectors']>({ allOf: [ref('VectorsConfig')] }),
        sparse_vectors: shown<{ [name: string]: SparseVectorParams }>({
          type: 'object',
          additionalProperties: ref('SparseVectorParams'),
        }).optional(),
        shard_number: z.int(),
        sharding_method: z.enum(['auto', 'custom']).optional(),
        replication_factor: z.int(),
        write_consistency_factor: z.int(),
        read_fan_out_factor: z.int().optional(),
        read_fan_out_delay_ms: z.int().optional(),
        on_disk_payload: z.boolean(),
        payload: shown<{ memory?: 'cold' | 'cached' | null }>({
          allOf: [ref('PayloadStorageParams')],
        }).optional(),
      }),
      hnsw_config: shown<HnswConfig>({ type: 'object', additionalProperties: true }),
      optimizer_config: shown<OptimizersConfig>({ type: 'object', additionalProperties: true }),
      wal_config: shown<WalConfig>({ type: 'object', additionalProperties: true }),
      quantization_config: shown<QuantizationConfig | null>({
        anyOf: [ref('QuantizationConfig'), { type: 'null' }],
      }).optional(),
      strict_mode_config: shown<StrictModeConfig>({ allOf: [ref('StrictModeConfig')] }).optional(),
      metadata: anyObject.optional(),
    }),
    payload_schema: z.record(
      z.string(),
      z.object({
        data_type: shown<PayloadFieldType>({ allOf: [ref('PayloadSchemaType')] }),
        points: z.int(),
      }),
    ),
  })
  .openapi('CollectionInfo');

/** Named parts of the document that only unions refer to. */
export const collectionComponents = {
  VectorParams: vectorParams,
  SparseVectorParams: sparseParams,
  ...configComponents,
};
