/**
 * Collections.
 *
 * @module
 */
import type { Payload } from '@fletch/search';
import { z } from '@hono/zod-openapi';
import { endpoint } from '../http/endpoint.js';
import { HttpError, wrongInput } from '../http/errors.js';
import { encoderIn } from '../inference.js';
import {
  CollectionExistence,
  CollectionInfoSchema,
  CollectionsResponse,
  CreateCollectionSchema,
  UpdateCollectionSchema,
} from '../schemas/collections.js';
import { CollectionParams, NoParams, NoQuery, TimeoutQuery } from '../schemas/primitives.js';
import { checkNewName, collectionOf, type Services } from '../services.js';

const tag = 'Collections';

/** A client may only record an encoder that it may also use. */
function checkEncoder(services: Services, metadata: Payload | undefined): void {
  const name = encoderIn(metadata);
  if (name !== undefined && !services.encoders.allows(name))
    throw wrongInput(`metadata.fletch.encoder: the encoder \`${name}\` is not enabled on this server.`);
}

export const listCollections = endpoint({
  method: 'get',
  path: '/collections',
  operationId: 'get_collections',
  tag,
  summary: 'List all collections',
  params: NoParams,
  query: NoQuery,
  result: CollectionsResponse,
  handle: ({ services }) => ({ collections: services.store.collections().map((name) => ({ name })) }),
});

export const createCollection = endpoint({
  method: 'put',
  path: '/collections/{collection_name}',
  operationId: 'create_collection',
  tag,
  summary: 'Create a collection',
  params: CollectionParams,
  query: TimeoutQuery,
  body: CreateCollectionSchema,
  result: z.boolean(),
  async handle({ params: { collection_name: name }, body, services }) {
    checkNewName(name);
    if (services.store.collections().includes(name))
      throw new HttpError(409, `Wrong input: Collection \`${name}\` already exists!`);
    checkEncoder(services, body.metadata ?? undefined);
    await services.store.createCollection(name, body);
    return true;
  },
});

export const getCollection = endpoint({
  method: 'get',
  path: '/collections/{collection_name}',
  operationId: 'get_collection',
  tag,
  summary: "A collection's state and configuration",
  params: CollectionParams,
  query: NoQuery,
  result: CollectionInfoSchema,
  handle: ({ params, services }) => collectionOf(services, params.collection_name).info(),
});

export const updateCollection = endpoint({
  method: 'patch',
  path: '/collections/{collection_name}',
  operationId: 'update_collection',
  tag,
  summary: "Change a collection's configuration and metadata",
  params: CollectionParams,
  query: TimeoutQuery,
  body: UpdateCollectionSchema,
  result: z.boolean(),
  async handle({ params, body, services }) {
    const collection = collectionOf(services, params.collection_name);
    checkEncoder(services, body.metadata ?? undefined);
    await collection.update(body);
    return true;
  },
});

export const deleteCollection = endpoint({
  method: 'delete',
  path: '/collections/{collection_name}',
  operationId: 'delete_collection',
  tag,
  summary: 'Delete a collection and all its points',
  params: CollectionParams,
  query: TimeoutQuery,
  result: z.boolean(),
  handle: ({ params, services }) => services.store.deleteCollection(params.collection_name),
});

export const collectionExists = endpoint({
  method: 'get',
  path: '/collections/{collection_name}/exists',
  operationId: 'collection_exists',
  tag,
  summary: 'Whether there is such a collection',
  params: CollectionParams,
  query: NoQuery,
  result: CollectionExistence,
  handle: ({ params, services }) => ({ exists: services.store.hasCollection(params.collection_name) }),
});
