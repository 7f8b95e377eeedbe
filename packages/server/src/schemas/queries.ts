/**
 * Questions: nearest points, pages, counts, facets.
 *
 * @module
 */
import type {
  CountRequest,
  FacetHit,
  FacetRequest,
  PointId,
  ScrollRequest,
  SearchParams,
} from '@fletch/search';
import { z } from '@hono/zod-openapi';
import { FilterSchema } from './filters.js';
import { RecordSchema, ScoredPointSchema } from './points.js';
import { PointIdSchema, WithPayload, WithVector } from './primitives.js';
import { branch, isObject, kind, present, ref, shown } from './shape.js';
import { DenseVector, objectFault, VectorSchema, type WirePart } from './vectors.js';

/** Most hits that one answer may hold. */
const MAX_LIMIT = 1_000_000;

const limit = z.int().min(1).max(MAX_LIMIT);
const offset = z.int().min(0).max(MAX_LIMIT);

const SearchParamsSchema = z
  .object({ hnsw_ef: z.int().min(1).max(MAX_LIMIT).nullish(), exact: z.boolean().nullish() })
  .transform((params): SearchParams => present(params))
  .openapi('SearchParams');

/** What a query is near to: a vector, the vector of a stored point, or a text. */
export type WireTarget = WirePart | PointId;

const QUERY_KINDS = [
  'recommend',
  'discover',
  'context',
  'order_by',
  'fusion',
  'rrf',
  'formula',
  'sample',
  'relevance_feedback',
];

const target = branch<WireTarget>((value) => {
  if (Array.isArray(value) || isObject(value)) return VectorSchema;
  if (typeof value === 'number' || typeof value === 'string') return PointIdSchema;
  return `expected a vector, a point id or {"text": …}, got ${kind(value)}`;
}).openapi('VectorInput', { anyOf: [ref('Vector'), ref('ExtendedPointId')] });

const nearest = z
  .object({ nearest: target, mmr: z.null({ error: '`mmr` is not supported yet' }).optional() })
  .transform((query): WireTarget => query.nearest);

const QueryInterface = branch<WireTarget>((value) => {
  if (!isObject(value)) return target;
  if ('nearest' in value) return nearest;
  const found = QUERY_KINDS.find((name) => name in value);
  return found ? `the query \`${found}\` is not supported yet` : target;
}).openapi('QueryInterface', { anyOf: [ref('VectorInput'), ref('NearestQuery')] });

const notYet = (name: string) => z.null({ error: `\`${name}\` is not supported yet` }).optional();

const common = {
  filter: FilterSchema.nullish(),
  params: SearchParamsSchema.nullish(),
  score_threshold: z.number().nullish(),
  offset: offset.nullish(),
  with_payload: WithPayload.nullish(),
  with_vector: WithVector.nullish(),
};

export const QueryRequestSchema = z
  .object({
    query: QueryInterface.nullish(),
    using: z.string().nullish(),
    limit: limit.nullish(),
    prefetch: notYet('prefetch'),
    lookup_from: notYet('lookup_from'),
    ...common,
  })
  .transform(({ prefetch, lookup_from, ...request }) => present(request))
  .openapi('QueryRequest');

/** A query as it arrives: its target may still be a text. */
export type WireQuery = z.output<typeof QueryRequestSchema>;

export const QueryRequestBatch = z
  .object({ searches: z.array(QueryRequestSchema) })
  .openapi('QueryRequestBatch');

const namedVector = z.object({ name: z.string(), vector: DenseVector });

/** The older form of a query, which Qdrant keeps answering. */
export const SearchRequestSchema = z
  .object({
    vector: branch<Float32Array | { name: string; vector: Float32Array }>((value) =>
      isObject(value) ? (objectFault((value.vector as never) ?? {}) ?? namedVector) : DenseVector,
    ).openapi({ anyOf: [ref('DenseVector'), ref('NamedVector')] }),
    limit,
    ...common,
  })
  .transform(
    ({ vector, ...request }): WireQuery =>
      vector instanceof Float32Array
        ? { ...present(request), query: vector }
        : { ...present(request), query: vector.vector, using: vector.name },
  )
  .openapi('SearchRequest');

export const SearchRequestBatch = z
  .object({ searches: z.array(SearchRequestSchema) })
  .openapi('SearchRequestBatch');

export const QueryResponse = z.object({ points: z.array(ScoredPointSchema) }).openapi('QueryResponse');

export const ScrollRequestSchema = z
  .object({
    offset: PointIdSchema.nullish(),
    limit: limit.nullish(),
    filter: FilterSchema.nullish(),
    with_payload: WithPayload.nullish(),
    with_vector: WithVector.nullish(),
    order_by: notYet('order_by'),
  })
  .transform(({ order_by, ...request }): ScrollRequest => present(request))
  .openapi('ScrollRequest');

export const ScrollResultSchema = z
  .object({
    points: z.array(RecordSchema),
    next_page_offset: shown<PointId | null>({ anyOf: [ref('ExtendedPointId'), { type: 'null' }] }),
  })
  .openapi('ScrollResult');

export const CountRequestSchema = z
  .object({ filter: FilterSchema.nullish(), exact: z.boolean().nullish() })
  .transform((request): CountRequest => present(request))
  .openapi('CountRequest');

export const CountResult = z.object({ count: z.int() }).openapi('CountResult');

export const FacetRequestSchema = z
  .object({
    key: z.string().min(1),
    filter: FilterSchema.nullish(),
    limit: limit.nullish(),
    exact: z.boolean().nullish(),
  })
  .transform((request): FacetRequest => present(request))
  .openapi('FacetRequest');

export const FacetResponse = z
  .object({
    hits: z.array(
      z.object({
        value: shown<FacetHit['value']>({
          anyOf: [{ type: 'string' }, { type: 'integer' }, { type: 'boolean' }],
        }),
        count: z.int(),
      }),
    ),
  })
  .openapi('FacetResponse');

/** Named parts of the document that only unions refer to. */
export const queryComponents = { VectorInput: target, NearestQuery: nearest, NamedVector: namedVector };
