/**
 * Clusters, shards, optimizations: what a single machine has to say of them.
 *
 * @module
 */
import { z } from '@hono/zod-openapi';
import { TimeoutQuery } from './primitives.js';
import { isObject, kind, wire } from './shape.js';

const count = z.number().int().nonnegative();

export const ShardKey = z.union([z.string(), count]).openapi('ShardKey');

export const ClusterStatus = z.object({ status: z.literal('disabled') }).openapi('ClusterStatus');

export const CollectionClusterInfo = z
  .object({
    peer_id: count,
    shard_count: count,
    local_shards: z.array(z.object({ shard_id: count, points_count: count, state: z.literal('Active') })),
    remote_shards: z.array(z.looseObject({})),
    shard_transfers: z.array(z.looseObject({})),
  })
  .openapi('CollectionClusterInfo');

export const ShardKeysResponse = z
  .object({ shard_keys: z.array(z.object({ key: ShardKey })).nullable() })
  .openapi('ShardKeysResponse');

export const CreateShardingKey = z
  .object({
    shard_key: ShardKey,
    shards_number: z.number().int().min(1).nullish(),
    replication_factor: z.number().int().min(1).nullish(),
    placement: z.array(count).nullish(),
    initial_state: z.string().nullish(),
  })
  .openapi('CreateShardingKey');

export const DropShardingKey = z.object({ shard_key: ShardKey }).openapi('DropShardingKey');

const OPERATIONS = [
  'move_shard',
  'replicate_shard',
  'abort_transfer',
  'drop_replica',
  'create_sharding_key',
  'drop_sharding_key',
  'restart_transfer',
  'start_resharding',
  'abort_resharding',
  'replicate_points',
];

/** One of the operations of clusters, by its name. There is none that a single machine carries out. */
export const ClusterOperations = wire<{ [operation: string]: unknown }>((value, refuse) => {
  if (!isObject(value) || !OPERATIONS.some((name) => isObject(value[name])))
    refuse(`expected an object with one of ${OPERATIONS.join(', ')}, got ${kind(value)}`);
  return value as { [operation: string]: unknown };
}).openapi('ClusterOperations', { type: 'object', minProperties: 1 });

export const PeerParams = z.object({
  peer_id: z
    .string()
    .refine((value) => /^\d{1,20}$/.test(value), { message: 'expected the number of a peer' }),
});
export const PeerQuery = TimeoutQuery.extend({ force: z.enum(['true', 'false']).optional() });

export const MetadataParams = z.object({ key: z.string().min(1) });

export const OptimizationsQuery = z.object({
  with: z.string().optional(),
  completed_limit: z
    .string()
    .refine((value) => /^\d{1,9}$/.test(value), { message: 'expected a whole number' })
    .optional(),
});

const Segment = z.object({ uuid: z.string(), points_count: count });

export const OptimizationsResponse = z
  .object({
    summary: z.object({
      queued_optimizations: count,
      queued_segments: count,
      queued_points: count,
      idle_segments: count,
    }),
    running: z.array(z.looseObject({})),
    queued: z.array(z.object({ optimizer: z.string(), segments: z.array(Segment) })).optional(),
    completed: z.array(z.looseObject({})).optional(),
    idle_segments: z.array(Segment).optional(),
  })
  .openapi('OptimizationsResponse');

export const clusterComponents = {
  ClusterOperations,
  ClusterStatus,
  CollectionClusterInfo,
  CreateShardingKey,
  DropShardingKey,
  OptimizationsResponse,
  ShardKey,
  ShardKeysResponse,
};
