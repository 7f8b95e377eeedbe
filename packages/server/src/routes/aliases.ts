/**
 * Other names of collections.
 *
 * @module
 */
import { z } from '@hono/zod-openapi';
import { endpoint } from '../http/endpoint.js';
import { CollectionParams, NoParams, NoQuery, TimeoutQuery } from '../schemas/primitives.js';
import { AliasesResponse, ChangeAliases } from '../schemas/snapshots.js';
import { collectionOf } from '../services.js';

const tag = 'Aliases';

export const updateAliases = endpoint({
  method: 'post',
  path: '/collections/aliases',
  operationId: 'update_aliases',
  tag,
  summary: 'Create, delete and rename aliases, all in one step',
  params: NoParams,
  query: TimeoutQuery,
  body: ChangeAliases,
  result: z.boolean(),
  async handle({ body, services }) {
    await services.store.updateAliases(body.actions);
    return true;
  },
});

export const getCollectionAliases = endpoint({
  method: 'get',
  path: '/collections/{collection_name}/aliases',
  operationId: 'get_collection_aliases',
  tag,
  summary: 'Aliases of a collection',
  params: CollectionParams,
  query: NoQuery,
  result: AliasesResponse,
  handle({ params: { collection_name: name }, services }) {
    const collection = collectionOf(services, name);
    return { aliases: services.store.collectionAliases(collection.name) };
  },
});

export const getCollectionsAliases = endpoint({
  method: 'get',
  path: '/aliases',
  operationId: 'get_collections_aliases',
  tag,
  summary: 'Aliases of all collections',
  params: NoParams,
  query: NoQuery,
  result: AliasesResponse,
  handle: ({ services }) => ({ aliases: services.store.aliases() }),
});
