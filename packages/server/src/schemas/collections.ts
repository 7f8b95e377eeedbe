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
  SparseVectorParams,
  VectorParams,
  WalConfig,
} from '@fletch/search';
import { z } from '@hono/zod-openapi';
import { PayloadSchema } from './primitives.js';
import { branch, isObject, kind, present, ref, shown, wire } from './shape.js';

const DistanceSchema = z
  .enum(['Cosine', 'Dot', 'Euclid', 'Manhattan'] satisfies Distance[])
  .openapi('Distance');

const HnswConfigDiff = z
  .object({
    m: z.int().min(0).max(2048).nullish(),
    ef_construct: z.int().min(4).max(65_536).nullish(),
    full_scan_threshold: z.int().min(0).nullish(),
    max_indexing_threads: z.int().min(0).max(1024).nullish(),
  })
  .transform((config): Partial<HnswConfig> => present(config))
  .openapi('HnswConfigDiff');

/** What says which vectors a dense or multi vector is made of. */
export const dimensionedFields = {
  size: z.int().min(1).max(65_536),
  distance: DistanceSchema,
  datatype: z.enum(['float32', 'float16', 'uint8', 'turbo4'] satisfies Datatype[]).nullish(),
  multivector_config: z.object({ comparator: z.literal('max_sim') }).nullish(),
};

const vectorParams = z
  .object({
    ...dimensionedFields,
    hnsw_config: HnswConfigDiff.nullish(),
    on_disk: z.boolean().nullish(),
  })
  .transform((params): VectorParams => present(params));

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

export const CreateCollectionSchema = z
  .object({
    vectors: VectorsConfig.optional(),
    sparse_vectors: z.record(z.string(), sparseParams).nullish(),
    hnsw_config: HnswConfigDiff.nullish(),
    metadata: PayloadSchema.nullish(),
  })
  .transform((config): CreateCollection => present(config))
  .openapi('CreateCollection');

/** `metadata` is merged into what there is; a null removes a key. Other settings are accepted and not used. */
export const UpdateCollection = z.object({ metadata: PayloadSchema.nullish() }).openapi('UpdateCollection');

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
    config: z.object({
      params: z.object({
        vectors: shown<CollectionInfo['config']['params']['vectors']>({ allOf: [ref('VectorsConfig')] }),
        sparse_vectors: shown<{ [name: string]: SparseVectorParams }>({
          type: 'object',
          additionalProperties: ref('SparseVectorParams'),
        }).optional(),
        shard_number: z.int(),
        replication_factor: z.int(),
        write_consistency_factor: z.int(),
        on_disk_payload: z.boolean(),
      }),
      hnsw_config: z.object({
        m: z.int(),
        ef_construct: z.int(),
        full_scan_threshold: z.int(),
        max_indexing_threads: z.int(),
      } satisfies Partial<Record<keyof HnswConfig, z.ZodType>>),
      optimizer_config: shown<OptimizersConfig>({ type: 'object', additionalProperties: true }),
      wal_config: shown<WalConfig>({ type: 'object', additionalProperties: true }),
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
export const collectionComponents = { VectorParams: vectorParams, SparseVectorParams: sparseParams };
