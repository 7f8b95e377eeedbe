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
  UpdateCollection,
} from '../schemas/collections.js';
import { CollectionParams, NoParams, NoQuery, TimeoutQuery } from '../schemas/primitives.js';
import { collectionOf, type Services } from '../services.js';

const tag = 'Collections';

/** What a collection's name may not hold, as file systems cannot. */
const UNFIT = '<>:"/\\|?*\0\u001f';

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
    const bad = [...UNFIT].find((character) => name.includes(character));
    if (bad)
      throw new HttpError(
        422,
        `Validation error in path parameters: [name: collection name cannot contain ${JSON.stringify(bad)} char]`,
      );
    if (services.store.hasCollection(name))
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
  summary: "Change a collection's metadata",
  params: CollectionParams,
  query: TimeoutQuery,
  body: UpdateCollection,
  result: z.boolean(),
  async handle({ params, body, services }) {
    const collection = collectionOf(services, params.collection_name);
    if (body.metadata) {
      checkEncoder(services, body.metadata ?? undefined);
      const merged = { ...collection.info().config.metadata, ...body.metadata };
      const kept = Object.entries(merged).filter(([, value]) => value !== null);
      await collection.setMetadata(Object.fromEntries(kept));
    }
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
