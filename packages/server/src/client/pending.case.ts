/**
 * Tests of methods that the server does not answer yet, each with the reason. They are skipped with it.
 *
 * @module
 */

const ALIASES = 'aliases are not served yet';
const CONFIG = 'the whole configuration of collections is not kept yet';
const FILTERS = 'the whole filter language is not served yet';
const QUERIES = 'the whole query language is not served yet';
const SNAPSHOTS = 'snapshots are not served yet';
const VECTORS = 'sparse and multi-vectors and their updates are not served yet';

export const pending: Readonly<Record<string, string>> = {
  updateCollectionAliases: ALIASES,
  getAliases: ALIASES,
  getCollectionAliases: ALIASES,

  'createCollection: named, sparse and multi-vectors': CONFIG,
  'updateCollection: parameters': CONFIG,

  'createPayloadIndex: every type': FILTERS,
  'count: conditions of 1.19': FILTERS,

  'scroll: in the order of a field': QUERIES,
  'query: recommend': QUERIES,
  'query: discover and context': QUERIES,
  'query: in the order of a field, and at random': QUERIES,
  'query: fusion of prefetches': QUERIES,
  'query: rescoring a prefetch': QUERIES,
  'query: formula': QUERIES,
  'query: diverse (MMR)': QUERIES,
  'query: vectors of another collection': QUERIES,
  queryGroups: QUERIES,
  'queryGroups: with the groups from another collection': QUERIES,
  searchMatrixPairs: QUERIES,
  searchMatrixOffsets: QUERIES,

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

  batchUpdate: VECTORS,
  updateVectors: VECTORS,
  deleteVectors: VECTORS,
  createVectorName: VECTORS,
  deleteVectorName: VECTORS,
  'query: sparse and multi-vectors': VECTORS,
};

const COLLECTION = '/collections/{collection_name}';
const SHARD = `${COLLECTION}/shards/{shard_id}`;

/** Endpoints that have no route yet. */
export const pendingEndpoints: ReadonlySet<string> = new Set([
  'POST /collections/aliases',
  'GET /aliases',
  `GET ${COLLECTION}/aliases`,

  `PUT ${COLLECTION}/vectors/{vector_name}`,
  `DELETE ${COLLECTION}/vectors/{vector_name}`,
  `PUT ${COLLECTION}/points/vectors`,
  `POST ${COLLECTION}/points/vectors/delete`,
  `POST ${COLLECTION}/points/batch`,

  `POST ${COLLECTION}/points/query/groups`,
  `POST ${COLLECTION}/points/search/matrix/pairs`,
  `POST ${COLLECTION}/points/search/matrix/offsets`,

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
