/**
 * Search by vector, by stored point, by text; facets.
 *
 * @module
 */
import type { ScoredPoint } from '@fletch/search';
import { z } from '@hono/zod-openapi';
import { endpoint } from '../http/endpoint.js';
import { runQuery } from '../inference.js';
import { ScoredPointSchema } from '../schemas/points.js';
import { CollectionParams, ReadQuery } from '../schemas/primitives.js';
import {
  FacetRequestSchema,
  FacetResponse,
  QueryRequestBatch,
  QueryRequestSchema,
  QueryResponse,
  SearchRequestBatch,
  SearchRequestSchema,
  type WireQuery,
} from '../schemas/queries.js';
import { collectionOf, type Services } from '../services.js';

const tag = 'Search';
const path = '/collections/{collection_name}/points';
const place = { params: CollectionParams, query: ReadQuery };

/** Longest time, in milliseconds, that a batch of queries keeps other requests waiting. */
const TURN = 10;

/** Queries one after the other, letting other requests through in between. */
async function runBatch(
  services: Services,
  name: string,
  searches: readonly WireQuery[],
  signal: AbortSignal,
) {
  const collection = collectionOf(services, name);
  const answers: ScoredPoint[][] = [];
  let turn = performance.now();
  for (const [row, search] of searches.entries()) {
    if (performance.now() - turn > TURN) {
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
      turn = performance.now();
    }
    answers.push(await runQuery(services, collection, search).catch((error: unknown) => named(error, row)));
  }
  return answers;
}

/** Says which query of a batch failed. */
function named(error: unknown, row: number): never {
  if (error instanceof Error) error.message = `searches[${row}]: ${error.message}`;
  throw error;
}

export const queryPoints = endpoint({
  method: 'post',
  path: `${path}/query`,
  operationId: 'query_points',
  tag,
  summary: 'The points nearest to a vector, a stored point or a text',
  ...place,
  body: QueryRequestSchema,
  result: QueryResponse,
  handle: async ({ params, body, services }) => ({
    points: await runQuery(services, collectionOf(services, params.collection_name), body),
  }),
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
  async handle({ params, body, services, signal }) {
    const answers = await runBatch(services, params.collection_name, body.searches, signal);
    return answers.map((points) => ({ points }));
  },
});

export const searchPoints = endpoint({
  method: 'post',
  path: `${path}/search`,
  operationId: 'search_points',
  tag,
  summary: 'The points nearest to a vector (older form of query)',
  ...place,
  body: SearchRequestSchema,
  result: z.array(ScoredPointSchema),
  handle: ({ params, body, services }) =>
    runQuery(services, collectionOf(services, params.collection_name), body),
});

export const searchBatch = endpoint({
  method: 'post',
  path: `${path}/search/batch`,
  operationId: 'search_batch_points',
  tag,
  summary: 'Several searches in one request (older form of query)',
  ...place,
  body: SearchRequestBatch,
  result: z.array(z.array(ScoredPointSchema)),
  handle: ({ params, body, services, signal }) =>
    runBatch(services, params.collection_name, body.searches, signal),
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
