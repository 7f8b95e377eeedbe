/**
 * Points: upsert, retrieve, delete, pages, counts.
 *
 * @module
 */
import { z } from '@hono/zod-openapi';
import { endpoint } from '../http/endpoint.js';
import { notFound, wrongInput } from '../http/errors.js';
import { runUpsert } from '../inference.js';
import {
  PointInsert,
  PointRequest,
  PointsSelectorSchema,
  RecordSchema,
  UpdateResultSchema,
} from '../schemas/points.js';
import { CollectionParams, idFault, ReadQuery, WriteQuery } from '../schemas/primitives.js';
import {
  CountRequestSchema,
  CountResult,
  ScrollRequestSchema,
  ScrollResultSchema,
} from '../schemas/queries.js';
import { collectionOf } from '../services.js';

const tag = 'Points';
const path = '/collections/{collection_name}/points';

export const upsertPoints = endpoint({
  method: 'put',
  path,
  operationId: 'upsert_points',
  tag,
  summary: 'Insert points, replacing those with the same id',
  params: CollectionParams,
  query: WriteQuery,
  body: PointInsert,
  result: UpdateResultSchema,
  handle: ({ params, body, services, signal }) =>
    runUpsert(services, collectionOf(services, params.collection_name), body, signal),
});

export const getPoints = endpoint({
  method: 'post',
  path,
  operationId: 'get_points',
  tag,
  summary: 'Points by their ids',
  params: CollectionParams,
  query: ReadQuery,
  body: PointRequest,
  result: z.array(RecordSchema),
  handle: ({ params, body: { ids, ...options }, services }) =>
    collectionOf(services, params.collection_name).retrieve(ids, { with_payload: true, ...options }),
});

export const getPoint = endpoint({
  method: 'get',
  path: `${path}/{id}`,
  operationId: 'get_point',
  tag,
  summary: 'One point with its payload and vector',
  params: CollectionParams.extend({ id: z.string().min(1) }),
  query: ReadQuery,
  result: RecordSchema,
  handle({ params, services }) {
    const id = /^\d+$/.test(params.id) ? Number(params.id) : params.id;
    if (idFault(id) !== undefined) throw wrongInput(`Can not recognize "${params.id}" as point id`);
    const collection = collectionOf(services, params.collection_name);
    const [record] = collection.retrieve([id], { with_payload: true, with_vector: true });
    if (!record) throw notFound(`Point with id ${id} does not exists!`);
    return record;
  },
});

export const deletePoints = endpoint({
  method: 'post',
  path: `${path}/delete`,
  operationId: 'delete_points',
  tag,
  summary: 'Delete points by ids or filter',
  params: CollectionParams,
  query: WriteQuery,
  body: PointsSelectorSchema,
  result: UpdateResultSchema,
  handle: ({ params, body, services }) => collectionOf(services, params.collection_name).delete(body),
});

export const scrollPoints = endpoint({
  method: 'post',
  path: `${path}/scroll`,
  operationId: 'scroll_points',
  tag,
  summary: 'Pages of points in order of their ids',
  params: CollectionParams,
  query: ReadQuery,
  body: ScrollRequestSchema,
  result: ScrollResultSchema,
  handle: ({ params, body, services }) => collectionOf(services, params.collection_name).scroll(body),
});

export const countPoints = endpoint({
  method: 'post',
  path: `${path}/count`,
  operationId: 'count_points',
  tag,
  summary: 'How many points match a filter',
  params: CollectionParams,
  query: ReadQuery,
  body: CountRequestSchema,
  result: CountResult,
  handle: async ({ params, body, services }) => ({
    count: await collectionOf(services, params.collection_name).count(body),
  }),
});
