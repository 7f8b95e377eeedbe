/**
 * The older forms of queries: search, recommend, discover.
 *
 * @module
 */
import type { Collection, QueryGroupsRequest, QueryRequest } from '@fletch/search';
import { z } from '@hono/zod-openapi';
import { type Endpoint, endpoint } from '../http/endpoint.js';
import { batch, type Unencoded } from '../schemas/examples.js';
import {
  DiscoverRequestBatch,
  DiscoverRequestSchema,
  RecommendGroupsRequestSchema,
  RecommendRequestBatch,
  RecommendRequestSchema,
  SearchGroupsRequestSchema,
  SearchRequestBatch,
  SearchRequestSchema,
} from '../schemas/legacy.js';
import { ScoredPointSchema } from '../schemas/points.js';
import { CollectionParams, ReadQuery } from '../schemas/primitives.js';
import { GroupsResultSchema } from '../schemas/query-request.js';
import { answered } from '../texts.js';

const hits = z.array(ScoredPointSchema);

/** What all of these endpoints have in common. */
function older<T, B extends z.ZodType<unknown, unknown>, R extends z.ZodType>(
  place: string,
  operationId: string,
  summary: string,
  body: B,
  result: R,
  requestOf: (body: z.output<B>) => Unencoded<T>,
  read: (collection: Collection, request: T, signal: AbortSignal) => Promise<z.input<R>>,
): Endpoint {
  return endpoint({
    method: 'post',
    path: `/collections/{collection_name}/points/${place}`,
    operationId,
    tag: 'Search',
    summary: `${summary} (older form of query)`,
    params: CollectionParams,
    query: ReadQuery,
    body,
    result,
    handle: ({ params, body, services, signal }) =>
      answered(
        services,
        params.collection_name,
        requestOf(body as z.output<B>),
        signal,
        (collection, request) => read(collection, request, signal),
      ),
  });
}

const one = (
  place: string,
  operationId: string,
  summary: string,
  body: z.ZodType<Unencoded<QueryRequest>, unknown>,
) =>
  older(
    place,
    operationId,
    summary,
    body,
    hits,
    (request) => request,
    (collection, request, signal) => collection.query(request, { signal }),
  );

const many = (
  place: string,
  operationId: string,
  summary: string,
  body: z.ZodType<{ searches: Unencoded<QueryRequest>[] }, unknown>,
) =>
  older(
    place,
    operationId,
    summary,
    body,
    z.array(hits),
    ({ searches }) => batch(searches),
    (collection, requests, signal) => collection.queryBatch(requests, { signal }),
  );

const groups = (
  place: string,
  operationId: string,
  summary: string,
  body: z.ZodType<Unencoded<QueryGroupsRequest>, unknown>,
) =>
  older(
    place,
    operationId,
    summary,
    body,
    GroupsResultSchema,
    (request) => request,
    (collection, request, signal) => collection.queryGroups(request, { signal }),
  );

export const searchPoints = one('search', 'search_points', 'Points near to a vector', SearchRequestSchema);
export const searchBatch = many(
  'search/batch',
  'search_batch_points',
  'Several searches',
  SearchRequestBatch,
);
export const searchGroups = groups(
  'search/groups',
  'search_point_groups',
  'Points near to a vector, in groups',
  SearchGroupsRequestSchema,
);
export const recommendPoints = one(
  'recommend',
  'recommend_points',
  'Points like some and unlike others',
  RecommendRequestSchema,
);
export const recommendBatch = many(
  'recommend/batch',
  'recommend_batch_points',
  'Several recommendations',
  RecommendRequestBatch,
);
export const recommendGroups = groups(
  'recommend/groups',
  'recommend_point_groups',
  'Points like some and unlike others, in groups',
  RecommendGroupsRequestSchema,
);
export const discoverPoints = one(
  'discover',
  'discover_points',
  'Points in a part of the space that examples mark',
  DiscoverRequestSchema,
);
export const discoverBatch = many(
  'discover/batch',
  'discover_batch_points',
  'Several discoveries',
  DiscoverRequestBatch,
);
