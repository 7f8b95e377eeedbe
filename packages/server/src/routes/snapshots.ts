/**
 * Snapshots of collections, of their one shard, and of the whole store.
 *
 * @module
 */
import { open, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { isFletchError } from '@fletch/base';
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Endpoint } from '../http/endpoint.js';
import { wrongInput } from '../http/errors.js';
import { rawEndpoint } from '../http/raw.js';
import { receiveFile } from '../http/upload.js';
import { CollectionParams, NoParams, NoQuery } from '../schemas/primitives.js';
import {
  ShardParams,
  ShardSnapshotParams,
  SnapshotDescriptionSchema,
  SnapshotParams,
  SnapshotRecover,
  StoreSnapshotParams,
  UploadQuery,
  WaitQuery,
} from '../schemas/snapshots.js';
import { checkNewName, collectionOf, type Services } from '../services.js';

const tag = 'Snapshots';
const Descriptions = z.array(SnapshotDescriptionSchema);
/** Largest snapshot that is taken in, in bytes, unless the server is told otherwise. */
const MAX_SNAPSHOT = 2 ** 40;

/** The file as an answer that is read from disk as the client takes it. */
async function fileAnswer(context: Context, path: string): Promise<Response> {
  // Opened now: the file is sent whole even if it is deleted meanwhile.
  const file = await open(path, 'r');
  const { size } = await file.stat();
  const content = Readable.toWeb(file.createReadStream({ highWaterMark: 2 ** 18 }));
  return context.body(content as ReadableStream, 200, {
    'content-type': 'application/octet-stream',
    'content-length': String(size),
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(basename(path))}`,
  });
}

/** A bad snapshot is the client's doing, not the server's. */
async function recovered(work: Promise<void>): Promise<true> {
  try {
    await work;
    return true;
  } catch (error) {
    if (isFletchError(error, 'CORRUPT')) throw wrongInput(error.message);
    throw error;
  }
}

async function upload(
  context: Context,
  services: Services,
  name: string,
  query: z.output<typeof UploadQuery>,
  shard?: number,
): Promise<boolean | Response> {
  const limit = services.maxSnapshotBytes ?? MAX_SNAPSHOT;
  const folder = join(services.store.path, 'temporary');
  const { path, filename } = await receiveFile(context, 'snapshot', folder, limit);
  const work = recovered(
    services.store.recoverSnapshot(name, {
      path,
      keepAs: filename || 'upload',
      ...(query.priority && { priority: query.priority }),
      ...(query.checksum && { checksum: query.checksum }),
      ...(shard !== undefined && { shard }),
    }),
  ).finally(() => rm(path, { force: true }));
  if (query.wait !== 'false') return work;
  work.catch(() => undefined);
  return context.json({ status: 'accepted', time: 0 }, 202);
}

const collection = '/collections/{collection_name}/snapshots';

const ofCollections: Record<string, Endpoint> = {
  listSnapshots: rawEndpoint({
    method: 'get',
    path: collection,
    operationId: 'list_snapshots',
    tag,
    summary: 'Snapshots of a collection',
    params: CollectionParams,
    query: NoQuery,
    result: Descriptions,
    handle: async ({ params, services }) => collectionOf(services, params.collection_name).listSnapshots(),
  }),
  createSnapshot: rawEndpoint({
    method: 'post',
    path: collection,
    operationId: 'create_snapshot',
    tag,
    summary: 'Make a snapshot of a collection',
    params: CollectionParams,
    query: WaitQuery,
    result: SnapshotDescriptionSchema,
    handle: async ({ params, services }) => collectionOf(services, params.collection_name).createSnapshot(),
  }),
  uploadSnapshot: rawEndpoint({
    method: 'post',
    path: `${collection}/upload`,
    operationId: 'recover_from_uploaded_snapshot',
    tag,
    summary: 'Recover a collection from a snapshot in the form field `snapshot`',
    params: CollectionParams,
    query: UploadQuery,
    form: true,
    result: z.boolean(),
    async handle({ params: { collection_name: name }, query, services, context }) {
      checkNewName(name);
      return upload(context, services, name, query);
    },
  }),
  recoverSnapshot: rawEndpoint({
    method: 'put',
    path: `${collection}/recover`,
    operationId: 'recover_from_snapshot',
    tag,
    summary: 'Recover a collection from a snapshot at an address',
    params: CollectionParams,
    query: WaitQuery,
    body: SnapshotRecover,
    result: z.boolean(),
    async handle({ params: { collection_name: name }, body, services }) {
      checkNewName(name);
      return recovered(services.store.recoverSnapshot(name, body));
    },
  }),
  getSnapshot: rawEndpoint({
    method: 'get',
    path: `${collection}/{snapshot_name}`,
    operationId: 'get_snapshot',
    tag,
    summary: 'Download a snapshot of a collection',
    params: SnapshotParams,
    query: NoQuery,
    async handle({ params, services, context }) {
      const owner = collectionOf(services, params.collection_name);
      return fileAnswer(context, await owner.snapshotFile(params.snapshot_name));
    },
  }),
  deleteSnapshot: rawEndpoint({
    method: 'delete',
    path: `${collection}/{snapshot_name}`,
    operationId: 'delete_snapshot',
    tag,
    summary: 'Delete a snapshot of a collection',
    params: SnapshotParams,
    query: WaitQuery,
    result: z.boolean(),
    handle: async ({ params, services }) =>
      collectionOf(services, params.collection_name).deleteSnapshot(params.snapshot_name),
  }),
};

const shard = '/collections/{collection_name}/shards/{shard_id}';

const ofShards: Record<string, Endpoint> = {
  listShardSnapshots: rawEndpoint({
    method: 'get',
    path: `${shard}/snapshots`,
    operationId: 'list_shard_snapshots',
    tag,
    summary: 'Snapshots of a shard; there is one, number 0',
    params: ShardParams,
    query: NoQuery,
    result: Descriptions,
    handle: async ({ params, services }) =>
      collectionOf(services, params.collection_name).listSnapshots({ shard: params.shard_id }),
  }),
  createShardSnapshot: rawEndpoint({
    method: 'post',
    path: `${shard}/snapshots`,
    operationId: 'create_shard_snapshot',
    tag,
    summary: 'Make a snapshot of a shard',
    params: ShardParams,
    query: WaitQuery,
    result: SnapshotDescriptionSchema,
    handle: async ({ params, services }) =>
      collectionOf(services, params.collection_name).createSnapshot({ shard: params.shard_id }),
  }),
  streamShardSnapshot: rawEndpoint({
    method: 'get',
    path: `${shard}/snapshot`,
    operationId: 'stream_shard_snapshot',
    tag,
    summary: 'Download the shard as it is now',
    params: ShardParams,
    query: NoQuery,
    async handle({ params, services, context }) {
      const choice = { shard: params.shard_id };
      const owner = collectionOf(services, params.collection_name);
      const { name } = await owner.createSnapshot(choice);
      const answer = await fileAnswer(context, await owner.snapshotFile(name, choice));
      // The open file stays readable; nobody is to find it in the list.
      await owner.deleteSnapshot(name, choice);
      return answer;
    },
  }),
  recoverShardSnapshot: rawEndpoint({
    method: 'put',
    path: `${shard}/snapshots/recover`,
    operationId: 'recover_shard_from_snapshot',
    tag,
    summary: 'Recover a shard from one of its snapshots, by name, or from an address',
    params: ShardParams,
    query: WaitQuery,
    body: SnapshotRecover,
    result: z.boolean(),
    async handle({ params, body, services }) {
      const { name } = collectionOf(services, params.collection_name);
      return recovered(services.store.recoverSnapshot(name, { ...body, shard: params.shard_id }));
    },
  }),
  uploadShardSnapshot: rawEndpoint({
    method: 'post',
    path: `${shard}/snapshots/upload`,
    operationId: 'recover_shard_from_uploaded_snapshot',
    tag,
    summary: 'Recover a shard from a snapshot in the form field `snapshot`',
    params: ShardParams,
    query: UploadQuery,
    form: true,
    result: z.boolean(),
    async handle({ params, query, services, context }) {
      const owner = collectionOf(services, params.collection_name);
      await owner.listSnapshots({ shard: params.shard_id });
      return upload(context, services, owner.name, query, params.shard_id);
    },
  }),
  getShardSnapshot: rawEndpoint({
    method: 'get',
    path: `${shard}/snapshots/{snapshot_name}`,
    operationId: 'get_shard_snapshot',
    tag,
    summary: 'Download a snapshot of a shard',
    params: ShardSnapshotParams,
    query: NoQuery,
    async handle({ params, services, context }) {
      const owner = collectionOf(services, params.collection_name);
      return fileAnswer(context, await owner.snapshotFile(params.snapshot_name, { shard: params.shard_id }));
    },
  }),
  deleteShardSnapshot: rawEndpoint({
    method: 'delete',
    path: `${shard}/snapshots/{snapshot_name}`,
    operationId: 'delete_shard_snapshot',
    tag,
    summary: 'Delete a snapshot of a shard',
    params: ShardSnapshotParams,
    query: WaitQuery,
    result: z.boolean(),
    handle: async ({ params, services }) =>
      collectionOf(services, params.collection_name).deleteSnapshot(params.snapshot_name, {
        shard: params.shard_id,
      }),
  }),
};

const ofTheStore: Record<string, Endpoint> = {
  listFullSnapshots: rawEndpoint({
    method: 'get',
    path: '/snapshots',
    operationId: 'list_full_snapshots',
    tag,
    summary: 'Snapshots of the whole store',
    params: NoParams,
    query: NoQuery,
    result: Descriptions,
    handle: async ({ services }) => services.store.listSnapshots(),
  }),
  createFullSnapshot: rawEndpoint({
    method: 'post',
    path: '/snapshots',
    operationId: 'create_full_snapshot',
    tag,
    summary: 'Make a snapshot of the whole store',
    params: NoParams,
    query: WaitQuery,
    result: SnapshotDescriptionSchema,
    handle: async ({ services }) => services.store.createSnapshot(),
  }),
  getFullSnapshot: rawEndpoint({
    method: 'get',
    path: '/snapshots/{snapshot_name}',
    operationId: 'get_full_snapshot',
    tag,
    summary: 'Download a snapshot of the whole store',
    params: StoreSnapshotParams,
    query: NoQuery,
    handle: async ({ params, services, context }) =>
      fileAnswer(context, await services.store.snapshotFile(params.snapshot_name)),
  }),
  deleteFullSnapshot: rawEndpoint({
    method: 'delete',
    path: '/snapshots/{snapshot_name}',
    operationId: 'delete_full_snapshot',
    tag,
    summary: 'Delete a snapshot of the whole store',
    params: StoreSnapshotParams,
    query: WaitQuery,
    result: z.boolean(),
    handle: async ({ params, services }) => services.store.deleteSnapshot(params.snapshot_name),
  }),
};

export const snapshotEndpoints: readonly Endpoint[] = [ofCollections, ofShards, ofTheStore].flatMap((group) =>
  Object.values(group),
);
