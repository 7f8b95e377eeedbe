/**
 * How many dimensions the vectors of a collection fill, and what its index finds of them. Fletch's own; Qdrant has no such endpoint.
 *
 * @module
 */
import { z } from '@hono/zod-openapi';
import { endpoint } from '../http/endpoint.js';
import { localDimension } from '../local-dimension.js';
import { CollectionParams, ReadQuery } from '../schemas/primitives.js';
import { collectionOf } from '../services.js';

const Asked = z.object({ using: z.string().default('') }).openapi('LocalDimensionRequest');

const Found = z
  .object({
    sampled: z.number().int(),
    lid: z.object({
      mean: z.number(),
      p10: z.number(),
      p90: z.number(),
      undefined: z.number().int(),
      histogram: z.object({ low: z.number(), high: z.number(), counts: z.array(z.number().int()) }),
    }),
    recall: z.array(z.object({ ef: z.number().int(), recall: z.number() })),
  })
  .openapi('LocalDimensionResult');

export const localDimensionOfPoints = endpoint({
  method: 'post',
  path: '/collections/{collection_name}/points/local-dimension',
  operationId: 'local_dimension',
  tag: 'Search',
  summary: 'Local intrinsic dimension of a sample of points, and the recall of the index on them',
  params: CollectionParams,
  query: ReadQuery,
  body: Asked,
  result: Found,
  handle: ({ params, body, services, signal }) =>
    localDimension(collectionOf(services, params.collection_name), body.using, signal),
});
