/**
 * Queries of every kind, alone, in batches and in groups; the search matrix; facets.
 *
 * @module
 */
import { z } from '@hono/zod-openapi';
import { endpoint } from '../http/endpoint.js';
import { batch } from '../schemas/examples.js';
import { CollectionParams, ReadQuery } from '../schemas/primitives.js';
import { FacetRequestSchema, FacetResponse } from '../schemas/queries.js';
import {
  GroupsResultSchema,
  QueryGroupsRequestSchema,
  QueryRequestBatch,
  QueryRequestSchema,
  QueryResponse,
  SearchMatrixOffsetsResponse,
  SearchMatrixPairsResponse,
  SearchMatrixRequestSchema,
} from '../schemas/query-request.js';
import { collectionOf } from '../services.js';
import { answered } from '../texts.js';

const tag = 'Search';
const path = '/collections/{collection_name}/points';
const place = { params: CollectionParams, query: ReadQuery };

export const queryPoints = endpoint({
  method: 'post',
  path: `${path}/query`,
  operationId: 'query_points',
  tag,
  summary: 'Points by a query of any kind, over all points or over what prefetches found',
  ...place,
  body: QueryRequestSchema,
  result: QueryResponse,
  handle: ({ params, body, services, signal }) =>
    answered(services, params.collection_name, body, signal, async (collection, request) => ({
      points: await collection.query(request, { signal }),
    })),
});

export const queryBatch = endpoint({
  method: 'post',
  path: `${path}/query/batch`,
  operationId: 'query_batch_points',
  tag,
  summary: 'Several queries in one request',
  ...place,
  body: QueryRequestBatch,
  result: z.array(QueryResponse),
  handle: ({ params, body, services, signal }) =>
    answered(services, params.collection_name, batch(body.searches), signal, async (collection, requests) => {
      const answers = await collection.queryBatch(requests, { signal });
      return answers.map((points) => ({ points }));
    }),
});

export const queryGroups = endpoint({
  method: 'post',
  path: `${path}/query/groups`,
  operationId: 'query_points_groups',
  tag,
  summary: 'Hits of a query in groups that share a value of a payload field',
  ...place,
  body: QueryGroupsRequestSchema,
  result: GroupsResultSchema,
  handle: ({ params, body, services, signal }) =>
    answered(services, params.collection_name, body, signal, (collection, request) =>
      collection.queryGroups(request, { signal }),
    ),
});

export const matrixPairs = endpoint({
  method: 'post',
  path: `${path}/search/matrix/pairs`,
  operationId: 'search_matrix_pairs',
  tag,
  summary: 'The neighbours of sampled points among each other, as pairs',
  ...place,
  body: SearchMatrixRequestSchema,
  result: SearchMatrixPairsResponse,
  handle: ({ params, body, services, signal }) =>
    collectionOf(services, params.collection_name).searchMatrixPairs(body, { signal }),
});

export const matrixOffsets = endpoint({
  method: 'post',
  path: `${path}/search/matrix/offsets`,
  operationId: 'search_matrix_offsets',
  tag,
  summary: 'The neighbours of sampled points among each other, as a sparse matrix',
  ...place,
  body: SearchMatrixRequestSchema,
  result: SearchMatrixOffsetsResponse,
  handle: ({ params, body, services, signal }) =>
    collectionOf(services, params.collection_name).searchMatrixOffsets(body, { signal }),
});

export const facet = endpoint({
  method: 'post',
  path: '/collections/{collection_name}/facet',
  operationId: 'facet',
  tag,
  summary: 'How often each value of a payload field occurs',
  ...place,
  body: FacetRequestSchema,
  result: FacetResponse,
  handle: async ({ params, body, services }) => ({
    hits: await collectionOf(services, params.collection_name).facet(body),
  }),
});
