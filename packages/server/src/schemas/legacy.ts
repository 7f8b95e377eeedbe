/**
 * The older forms of queries, which Qdrant keeps answering. They are read into queries of today.
 *
 * @module
 */
import type { QueryGroupsRequest, QueryRequest } from '@fletch/search';
import { z } from '@hono/zod-openapi';
import { unencoded, VectorInput } from './examples.js';
import { FilterSchema } from './filters.js';
import { WithVector } from './primitives.js';
import { ContextPairSchema, RecommendStrategy } from './query-kinds.js';
import { grouping, LookupLocation, limit, offset, SearchParamsSchema, selectors } from './query-parts.js';
import { branch, isObject, kind, present, ref } from './shape.js';

const plain = {
  filter: FilterSchema.nullish(),
  params: SearchParamsSchema.nullish(),
  score_threshold: z.number().nullish(),
  ...selectors,
  with_vectors: WithVector.nullish(),
};

/** Forms of `limit` and paging. */
const paged = { limit: limit.nullish(), top: limit.nullish(), offset: offset.nullish() };
const grouped = { ...grouping, limit, group_size: limit };

interface Renamed {
  limit?: number | null | undefined;
  top?: number | null | undefined;
  with_vector?: unknown;
  with_vectors?: unknown;
}

/** `limit` was once called `top`, `with_vector` `with_vectors`. */
function renamed<T extends Renamed>({ top, with_vectors, ...rest }: T, context: z.RefinementCtx) {
  const most = rest.limit ?? top;
  if (most == null)
    context.issues.push({
      code: 'custom',
      message: 'expected a number, but it is missing',
      path: ['limit'],
      input: most,
    });
  return { ...rest, limit: most, with_vector: rest.with_vector ?? with_vectors };
}

const named = z.object({ name: z.string(), vector: VectorInput }).openapi('NamedVector');

/** A vector, or one under a name. */
const searched = branch<{ name?: string; vector: unknown }>((value) => {
  if (isObject(value) && 'vector' in value) return named;
  if (Array.isArray(value) || isObject(value)) return VectorInput.transform((vector) => ({ vector }));
  return `expected an array of numbers, got ${kind(value)}`;
}).openapi('NamedVectorStruct', { anyOf: [ref('DenseVector'), ref('NamedVector')] });

function search({ vector: { name, vector }, ...rest }: { vector: { name?: string; vector: unknown } }) {
  return present({ ...rest, query: { nearest: vector }, using: name });
}

export const SearchRequestSchema = z
  .object({ vector: searched, ...plain, ...paged })
  .transform((request, context) => unencoded<QueryRequest>(search(renamed(request, context))))
  .openapi('SearchRequest');

export const SearchGroupsRequestSchema = z
  .object({ vector: searched, ...plain, ...grouped })
  .transform((request, context) => unencoded<QueryGroupsRequest>(search(renamed(request, context))))
  .openapi('SearchGroupsRequest');

const examples = z.array(VectorInput);
const examined = { using: z.string().nullish(), lookup_from: LookupLocation.nullish() };
const likes = {
  positive: examples.nullish(),
  negative: examples.nullish(),
  strategy: RecommendStrategy.nullish(),
  ...examined,
};

interface Likes {
  positive?: unknown[] | null | undefined;
  negative?: unknown[] | null | undefined;
  strategy?: string | null | undefined;
}

function recommend({ positive, negative, strategy, ...rest }: Likes, context: z.RefinementCtx) {
  const average = (strategy ?? 'average_vector') === 'average_vector';
  const given = (positive ?? []).length + (average ? 0 : (negative ?? []).length);
  if (given === 0)
    context.issues.push({
      code: 'custom',
      message: `At least one positive${average ? '' : ' or negative'} vector ID required with this strategy`,
      path: ['positive'],
      input: positive,
    });
  return present({ ...rest, query: { recommend: present({ positive, negative, strategy }) } });
}

export const RecommendRequestSchema = z
  .object({ ...likes, ...plain, ...paged })
  .transform((request, context) => unencoded<QueryRequest>(recommend(renamed(request, context), context)))
  .openapi('RecommendRequest');

export const RecommendGroupsRequestSchema = z
  .object({ ...likes, ...plain, ...grouped })
  .transform((request, context) =>
    unencoded<QueryGroupsRequest>(recommend(renamed(request, context), context)),
  )
  .openapi('RecommendGroupsRequest');

/** Without a target only the context counts. */
export const DiscoverRequestSchema = z
  .object({
    target: VectorInput.nullish(),
    context: z.array(ContextPairSchema).nullish(),
    ...examined,
    ...plain,
    ...paged,
  })
  .transform((request, refinement) => {
    const { target, context, score_threshold, ...rest } = renamed(request, refinement);
    if (target == null && (context ?? []).length === 0)
      refinement.issues.push({
        code: 'custom',
        message: 'target and/or context_pairs must be specified',
        path: ['target'],
        input: target,
      });
    const query = target == null ? { context } : { discover: { target, context } };
    return unencoded<QueryRequest>(present({ ...rest, query }));
  })
  .openapi('DiscoverRequest');

export const SearchRequestBatch = z
  .object({ searches: z.array(SearchRequestSchema) })
  .openapi('SearchRequestBatch');
export const RecommendRequestBatch = z
  .object({ searches: z.array(RecommendRequestSchema) })
  .openapi('RecommendRequestBatch');
export const DiscoverRequestBatch = z
  .object({ searches: z.array(DiscoverRequestSchema) })
  .openapi('DiscoverRequestBatch');

/** Named parts of the document that only unions refer to. */
export const legacyComponents = { NamedVector: named };
