/**
 * Vectors of points, several updates in one request, and the vectors that a collection has.
 *
 * @module
 */
import { z } from '@hono/zod-openapi';
import { endpoint } from '../http/endpoint.js';
import { runBatchUpdate, runUpdateVectors } from '../inference.js';
import { UpdateResultSchema } from '../schemas/points.js';
import { CollectionParams, WriteQuery } from '../schemas/primitives.js';
import {
  DeleteVectors,
  UpdateOperations,
  UpdateVectors,
  VectorNameConfigSchema,
  VectorNameParams,
} from '../schemas/updates.js';
import { collectionOf } from '../services.js';

const points = '/collections/{collection_name}/points';
const vectorName = '/collections/{collection_name}/vectors/{vector_name}';
const place = { params: CollectionParams, query: WriteQuery };

export const updateVectors = endpoint({
  method: 'put',
  path: `${points}/vectors`,
  operationId: 'update_vectors',
  tag: 'Points',
  summary: 'Give points new vectors; their others stay',
  ...place,
  body: UpdateVectors,
  result: UpdateResultSchema,
  handle: ({ params, body, services, signal }) =>
    runUpdateVectors(services, collectionOf(services, params.collection_name), body, signal),
});

export const deleteVectors = endpoint({
  method: 'post',
  path: `${points}/vectors/delete`,
  operationId: 'delete_vectors',
  tag: 'Points',
  summary: 'Take vectors of some names from points',
  ...place,
  body: DeleteVectors,
  result: UpdateResultSchema,
  handle: ({ params, body: { vector, selector }, services }) =>
    collectionOf(services, params.collection_name).deleteVectors(vector, selector),
});

export const batchUpdate = endpoint({
  method: 'post',
  path: `${points}/batch`,
  operationId: 'batch_update',
  tag: 'Points',
  summary: 'Several updates, one after the other',
  ...place,
  body: UpdateOperations,
  result: z.array(UpdateResultSchema),
  handle: ({ params, body, services, signal }) =>
    runBatchUpdate(services, collectionOf(services, params.collection_name), body.operations, signal),
});

export const createVectorName = endpoint({
  method: 'put',
  path: vectorName,
  operationId: 'create_vector_name',
  tag: 'Collections',
  summary: 'Add a vector to a collection',
  params: VectorNameParams,
  query: WriteQuery,
  body: VectorNameConfigSchema,
  result: UpdateResultSchema,
  handle: ({ params, body, services }) =>
    collectionOf(services, params.collection_name).createVectorName(params.vector_name, body),
});

export const deleteVectorName = endpoint({
  method: 'delete',
  path: vectorName,
  operationId: 'delete_vector_name',
  tag: 'Collections',
  summary: 'Remove a vector from a collection and from all its points',
  params: VectorNameParams,
  query: WriteQuery,
  result: UpdateResultSchema,
  handle: ({ params, services }) =>
    collectionOf(services, params.collection_name).deleteVectorName(params.vector_name),
});
