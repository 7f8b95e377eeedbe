/**
 * Tests of methods that the server does not answer yet, each with the reason. They are skipped with it.
 *
 * @module
 */

const ALIASES = 'aliases are not served yet';
const CONFIG = 'the whole configuration of collections is not kept yet';
const SNAPSHOTS = 'snapshots are not served yet';

export const pending: Readonly<Record<string, string>> = {
  updateCollectionAliases: ALIASES,
  getAliases: ALIASES,
  getCollectionAliases: ALIASES,

  'updateCollection: parameters': CONFIG,

  createSnapshot: SNAPSHOTS,
  listSnapshots: SNAPSHOTS,
  deleteSnapshot: SNAPSHOTS,
  getSnapshot: SNAPSHOTS,
  recoverSnapshot: SNAPSHOTS,
  'recoverSnapshot: what cannot be recovered': SNAPSHOTS,
  recoverFromUploadedSnapshot: SNAPSHOTS,
  createFullSnapshot: SNAPSHOTS,
  listFullSnapshots: SNAPSHOTS,
  deleteFullSnapshot: SNAPSHOTS,
  getFullSnapshot: SNAPSHOTS,
  createShardSnapshot: SNAPSHOTS,
  listShardSnapshots: SNAPSHOTS,
  deleteShardSnapshot: SNAPSHOTS,
  getShardSnapshot: SNAPSHOTS,
  streamShardSnapshot: SNAPSHOTS,
  recoverShardFromSnapshot: SNAPSHOTS,
  recoverShardFromUploadedSnapshot: SNAPSHOTS,
};

const COLLECTION = '/collections/{collection_name}';
const SHARD = `${COLLECTION}/shards/{shard_id}`;

/** Endpoints that have no route yet. */
export const pendingEndpoints: ReadonlySet<string> = new Set([
  'POST /collections/aliases',
  'GET /aliases',
  `GET ${COLLECTION}/aliases`,

  'GET /snapshots',
  'POST /snapshots',
  'GET /snapshots/{snapshot_name}',
  'DELETE /snapshots/{snapshot_name}',
  ...[COLLECTION, SHARD].flatMap((of) => [
    `GET ${of}/snapshots`,
    `POST ${of}/snapshots`,
    `GET ${of}/snapshots/{snapshot_name}`,
    `DELETE ${of}/snapshots/{snapshot_name}`,
    `PUT ${of}/snapshots/recover`,
    `POST ${of}/snapshots/upload`,
  ]),
  `GET ${SHARD}/snapshot`,
]);
