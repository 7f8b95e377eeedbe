/**
 * Payloads and their indexes.
 *
 * @module
 */
import { endpoint } from '../http/endpoint.js';
import { CreateFieldIndex, DeletePayload, FieldParams, SetPayload } from '../schemas/payloads.js';
import { PointsSelectorSchema, UpdateResultSchema } from '../schemas/points.js';
import { CollectionParams, WriteQuery } from '../schemas/primitives.js';
import { collectionOf } from '../services.js';

const path = '/collections/{collection_name}/points/payload';
const index = '/collections/{collection_name}/index';
const place = { params: CollectionParams, query: WriteQuery, result: UpdateResultSchema };

export const setPayload = endpoint({
  method: 'post',
  path,
  operationId: 'set_payload',
  tag: 'Points',
  summary: "Merge fields into points' payloads",
  ...place,
  body: SetPayload,
  handle: ({ params, body: { payload, selector, key }, services }) =>
    collectionOf(services, params.collection_name).setPayload(payload, selector, key ?? undefined),
});

export const overwritePayload = endpoint({
  method: 'put',
  path,
  operationId: 'overwrite_payload',
  tag: 'Points',
  summary: "Replace points' payloads",
  ...place,
  body: SetPayload,
  // As in Qdrant, `key` is accepted and the whole payload replaced all the same.
  handle: ({ params, body: { payload, selector }, services }) =>
    collectionOf(services, params.collection_name).overwritePayload(payload, selector),
});

export const deletePayload = endpoint({
  method: 'post',
  path: `${path}/delete`,
  operationId: 'delete_payload',
  tag: 'Points',
  summary: "Remove fields from points' payloads",
  ...place,
  body: DeletePayload,
  handle: ({ params, body, services }) =>
    collectionOf(services, params.collection_name).deletePayload(body.keys, body.selector),
});

export const clearPayload = endpoint({
  method: 'post',
  path: `${path}/clear`,
  operationId: 'clear_payload',
  tag: 'Points',
  summary: "Remove points' payloads",
  ...place,
  body: PointsSelectorSchema,
  handle: ({ params, body, services }) => collectionOf(services, params.collection_name).clearPayload(body),
});

export const createFieldIndex = endpoint({
  method: 'put',
  path: index,
  operationId: 'create_field_index',
  tag: 'Indexes',
  summary: 'Index a payload field',
  ...place,
  body: CreateFieldIndex,
  handle: ({ params, body, services }) =>
    collectionOf(services, params.collection_name).createPayloadIndex(body.field_name, body.field_schema),
});

export const deleteFieldIndex = endpoint({
  method: 'delete',
  path: `${index}/{field_name}`,
  operationId: 'delete_field_index',
  tag: 'Indexes',
  summary: "Drop a payload field's index",
  ...place,
  params: FieldParams,
  handle: ({ params, services }) =>
    collectionOf(services, params.collection_name).deletePayloadIndex(params.field_name),
});
