/**
 * Records like one of them, by their payloads. Fletch's own; Qdrant has no such endpoint.
 *
 * @module
 */
import { z } from '@hono/zod-openapi';
import { recordsAlike } from '../alike.js';
import { endpoint } from '../http/endpoint.js';
import { CollectionParams, PointIdSchema, ReadQuery } from '../schemas/primitives.js';
import { collectionOf } from '../services.js';

const Alike = z
  .object({ id: PointIdSchema, limit: z.number().int().min(1).max(100).default(10) })
  .openapi('AlikeRequest');

const AlikeResult = z
  .object({
    records: z.array(
      z.object({
        id: PointIdSchema,
        score: z.number(),
        payload: z.record(z.string(), z.any()),
        why: z.array(z.object({ path: z.string(), contribution: z.number() })),
      }),
    ),
    compared: z.number().int(),
    more: z.boolean(),
  })
  .openapi('AlikeResult');

export const alikePoints = endpoint({
  method: 'post',
  path: '/collections/{collection_name}/points/alike',
  operationId: 'alike_points',
  tag: 'Search',
  summary: 'Records whose payloads are most like that of a point, and why',
  params: CollectionParams,
  query: ReadQuery,
  body: Alike,
  result: AlikeResult,
  handle: ({ params, body, services, signal }) =>
    recordsAlike(collectionOf(services, params.collection_name), body.id, body.limit, signal),
});
