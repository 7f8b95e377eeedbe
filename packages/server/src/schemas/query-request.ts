/**
 * Requests with queries, and their answers.
 *
 * @module
 */
import type {
  GroupsResult,
  Prefetch,
  QueryGroupsRequest,
  QueryRequest,
  SearchMatrixRequest,
} from '@fletch/search';
import { z } from '@hono/zod-openapi';
import { type Unencoded, unencoded } from './examples.js';
import { FilterSchema } from './filters.js';
import { RecordSchema, ScoredPointSchema } from './points.js';
import { QueryInterface } from './query-kinds.js';
import { grouping, limit, offset, selectors, where } from './query-parts.js';
import { branch, isObject, kind, present, ref, shown } from './shape.js';

const PrefetchSchema: z.ZodType<Unencoded<Prefetch>> = branch<Unencoded<Prefetch>>((value) =>
  isObject(value) ? prefetchObject : `expected a prefetch object, got ${kind(value)}`,
).openapi('Prefetch', {
  type: 'object',
  properties: {
    prefetch: { anyOf: [ref('Prefetch'), { type: 'array', items: ref('Prefetch') }] },
    query: ref('QueryInterface'),
    using: { type: 'string' },
    filter: ref('Filter'),
    params: ref('SearchParams'),
    score_threshold: { type: 'number', format: 'float' },
    limit: { type: 'integer', minimum: 1 },
    lookup_from: ref('LookupLocation'),
  },
});

const prefetches = branch<unknown>((value) =>
  Array.isArray(value) ? z.array(PrefetchSchema) : PrefetchSchema,
).openapi({ anyOf: [ref('Prefetch'), { type: 'array', items: ref('Prefetch') }] });

const asked = {
  prefetch: prefetches.nullish(),
  query: QueryInterface.nullish(),
  ...where,
};

const prefetchObject = z
  .object({ ...asked, limit: limit.nullish() })
  .transform((prefetch) => unencoded<Prefetch>(present(prefetch)));

export const QueryRequestSchema = z
  .object({ ...asked, limit: limit.nullish(), offset: offset.nullish(), ...selectors })
  .transform((request) => unencoded<QueryRequest>(present(request)))
  .openapi('QueryRequest');

export const QueryRequestBatch = z
  .object({ searches: z.array(QueryRequestSchema) })
  .openapi('QueryRequestBatch');

export const QueryGroupsRequestSchema = z
  .object({
    ...asked,
    ...grouping,
    group_size: limit.nullish(),
    limit: limit.nullish(),
    ...selectors,
  })
  .transform((request) => unencoded<QueryGroupsRequest>(present(request)))
  .openapi('QueryGroupsRequest');

export const SearchMatrixRequestSchema = z
  .object({
    filter: FilterSchema.nullish(),
    sample: z.int().min(2).max(1_000_000).nullish(),
    limit: limit.nullish(),
    using: z.string().nullish(),
  })
  .transform((request): SearchMatrixRequest => present(request))
  .openapi('SearchMatrixRequest');

export const QueryResponse = z.object({ points: z.array(ScoredPointSchema) }).openapi('QueryResponse');

export const GroupsResultSchema = z
  .object({
    groups: z.array(
      z.object({
        id: shown<GroupsResult['groups'][number]['id']>({
          anyOf: [{ type: 'string' }, { type: 'integer' }],
        }),
        hits: z.array(ScoredPointSchema),
        lookup: RecordSchema.nullish(),
      }),
    ),
  })
  .openapi('GroupsResult');

const id = shown<string | number>({ allOf: [ref('ExtendedPointId')] });

export const SearchMatrixPairsResponse = z
  .object({ pairs: z.array(z.object({ a: id, b: id, score: z.number() })) })
  .openapi('SearchMatrixPairsResponse');

export const SearchMatrixOffsetsResponse = z
  .object({
    offsets_row: z.array(z.int()),
    offsets_col: z.array(z.int()),
    scores: z.array(z.number()),
    ids: z.array(id),
  })
  .openapi('SearchMatrixOffsetsResponse');

/** Named parts of the document that only unions refer to. */
export const requestComponents = { Prefetch: PrefetchSchema, QueryInterface };
