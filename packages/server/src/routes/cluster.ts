/**
 * Clusters and shards, answered as a single machine does that runs on its own.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import { endpoint } from '../http/endpoint.js';
import { HttpError, wrongInput } from '../http/errors.js';
import {
  ClusterOperations,
  ClusterStatus,
  CollectionClusterInfo,
  CreateShardingKey,
  DropShardingKey,
  MetadataParams,
  OptimizationsQuery,
  OptimizationsResponse,
  PeerParams,
  PeerQuery,
  ShardKeysResponse,
} from '../schemas/cluster.js';
import { CollectionParams, NoParams, NoQuery, TimeoutQuery } from '../schemas/primitives.js';
import { TelemetryQuery } from '../schemas/service.js';
import { collectionOf } from '../services.js';

const tag = 'Cluster';
const shards = '/collections/{collection_name}/shards';
const keys = '/cluster/metadata/keys';

/** What needs other machines is refused in Qdrant's words, which clients look for. */
function standalone(): never {
  throw new HttpError(405, 'Qdrant is running in standalone mode');
}

export const clusterStatus = endpoint({
  method: 'get',
  path: '/cluster',
  operationId: 'cluster_status',
  tag,
  summary: 'Whether there is a cluster: there is none',
  params: NoParams,
  query: NoQuery,
  result: ClusterStatus,
  handle: () => ({ status: 'disabled' as const }),
});

export const clusterTelemetry = endpoint({
  method: 'get',
  path: '/cluster/telemetry',
  operationId: 'cluster_telemetry',
  tag,
  summary: 'What the machines of a cluster tell: there are none',
  params: NoParams,
  query: TelemetryQuery.pick({ details_level: true, timeout: true }),
  result: z.looseObject({}),
  handle(): never {
    throw new HttpError(500, 'Service internal error: Could not get telemetry from cluster');
  },
});

export const recoverPeer = endpoint({
  method: 'post',
  path: '/cluster/recover',
  operationId: 'recover_current_peer',
  tag,
  summary: 'Ask the cluster for what this machine missed: refused, there is no cluster',
  params: NoParams,
  query: NoQuery,
  result: z.boolean(),
  handle: standalone,
});

export const removePeer = endpoint({
  method: 'delete',
  path: '/cluster/peer/{peer_id}',
  operationId: 'remove_peer',
  tag,
  summary: 'Remove a machine from the cluster: refused, there is no cluster',
  params: PeerParams,
  query: PeerQuery,
  result: z.boolean(),
  handle({ params, query, services: { store, telemetry } }): never {
    const own = Number(params.peer_id) === telemetry.peer && store.collections().length > 0;
    if (own && query.force !== 'true')
      throw new HttpError(400, `Bad request: Cannot remove peer ${params.peer_id} as there are shards on it`);
    return standalone();
  },
});

export const metadataKeys = endpoint({
  method: 'get',
  path: keys,
  operationId: 'get_cluster_metadata_keys',
  tag,
  summary: 'Facts that the machines of a cluster share: refused, there is no cluster',
  params: NoParams,
  query: NoQuery,
  result: z.array(z.string()),
  handle: standalone,
});

const metadataKey = (method: 'get' | 'put' | 'delete', verb: string) =>
  endpoint({
    method,
    path: `${keys}/{key}`,
    operationId: `${verb}_cluster_metadata_key`,
    tag,
    summary: 'A fact that the machines of a cluster share: refused, there is no cluster',
    params: MetadataParams,
    query: NoQuery,
    result: z.boolean(),
    handle: standalone,
  });

export const getMetadata = metadataKey('get', 'get');
export const putMetadata = metadataKey('put', 'update');
export const deleteMetadata = metadataKey('delete', 'delete');

export const collectionCluster = endpoint({
  method: 'get',
  path: '/collections/{collection_name}/cluster',
  operationId: 'collection_cluster_info',
  tag,
  summary: 'The shards of a collection: one, on this machine',
  params: CollectionParams,
  query: NoQuery,
  result: CollectionClusterInfo,
  handle: ({ params, services }) => ({
    peer_id: services.telemetry.peer,
    shard_count: 1,
    local_shards: [
      {
        shard_id: 0,
        points_count: collectionOf(services, params.collection_name).info().points_count,
        state: 'Active' as const,
      },
    ],
    remote_shards: [],
    shard_transfers: [],
  }),
});

export const updateCollectionCluster = endpoint({
  method: 'post',
  path: '/collections/{collection_name}/cluster',
  operationId: 'update_collection_cluster',
  tag,
  summary: 'Move or copy shards: refused, there is no cluster',
  params: CollectionParams,
  query: TimeoutQuery,
  body: ClusterOperations,
  result: z.boolean(),
  handle: standalone,
});

export const listShardKeys = endpoint({
  method: 'get',
  path: shards,
  operationId: 'list_shard_keys',
  tag,
  summary: 'Keys of shards: null, as shards are not chosen by keys',
  params: CollectionParams,
  query: NoQuery,
  result: ShardKeysResponse,
  handle({ params, services }) {
    collectionOf(services, params.collection_name);
    return { shard_keys: null };
  },
});

export const createShardKey = endpoint({
  method: 'put',
  path: shards,
  operationId: 'create_shard_key',
  tag,
  summary: 'Add shards with a key: refused, there is no cluster',
  params: CollectionParams,
  query: TimeoutQuery,
  body: CreateShardingKey,
  result: z.boolean(),
  handle: standalone,
});

export const deleteShardKey = endpoint({
  method: 'post',
  path: `${shards}/delete`,
  operationId: 'delete_shard_key',
  tag,
  summary: 'Delete the shards with a key: refused, there is no cluster',
  params: CollectionParams,
  query: TimeoutQuery,
  body: DropShardingKey,
  result: z.boolean(),
  handle: standalone,
});

/** The one segment of a collection has the same id as long as the collection has its name. */
function segmentOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export const optimizations = endpoint({
  method: 'get',
  path: '/collections/{collection_name}/optimizations',
  operationId: 'get_optimizations',
  tag: 'Collections',
  summary: 'How far the indexes are: points that are not linked yet are an optimization that waits',
  params: CollectionParams,
  query: OptimizationsQuery,
  result: OptimizationsResponse,
  handle({ params: { collection_name: name }, query, services }) {
    const fields = new Set((query.with ?? '').split(',').map((field) => field.trim()));
    for (const field of fields)
      if (!['', 'queued', 'completed', 'idle_segments'].includes(field))
        throw wrongInput(`Unknown field in 'with' parameter: ${field}`);
    const { status, points_count } = collectionOf(services, name).info();
    const waiting = status === 'yellow';
    const segments = [{ uuid: segmentOf(name), points_count }];
    return {
      summary: {
        queued_optimizations: waiting ? 1 : 0,
        queued_segments: waiting ? 1 : 0,
        queued_points: waiting ? points_count : 0,
        idle_segments: waiting ? 0 : 1,
      },
      running: [],
      ...(fields.has('queued') && { queued: waiting ? [{ optimizer: 'indexing', segments }] : [] }),
      ...(fields.has('completed') && { completed: [] }),
      ...(fields.has('idle_segments') && { idle_segments: waiting ? [] : segments }),
    };
  },
});
