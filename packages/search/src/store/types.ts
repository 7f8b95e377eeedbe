/**
 * What the store and its collections can do. The verbs are those of the Qdrant dialect.
 *
 * @module
 */
import type { ReadOptions } from '../query/reader.js';
import type {
  AliasAction,
  AliasDescription,
  CollectionInfo,
  CountRequest,
  CreateCollection,
  FacetHit,
  FacetRequest,
  GroupsResult,
  Payload,
  PayloadFieldSchema,
  PayloadSelector,
  PointId,
  PointRecord,
  PointStruct,
  PointsSelector,
  PointVectors,
  QueryGroupsRequest,
  QueryRequest,
  ScoredPoint,
  ScrollRequest,
  ScrollResult,
  SearchMatrixOffsets,
  SearchMatrixPairs,
  SearchMatrixRequest,
  SnapshotDescription,
  UpdateCollection,
  UpdateOperation,
  UpdateResult,
  UpsertOptions,
  VectorNameConfig,
  VectorSelector,
} from '../types/index.js';

/** Something the user should know that did not stop the work: a damaged snapshot that was rebuilt, … */
export interface StoreWarning {
  /** Its name, or that of its folder when the name cannot be read. */
  readonly collection: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** What `open` may be told. */
export interface StoreOptions {
  /** Called for each warning; the library itself never prints. */
  readonly onWarning?: (warning: StoreWarning) => void;
  /** Threads that build indexes and serve batches. Default: as many as there are cores. */
  readonly threads?: number;
  /** Whether `recoverSnapshot` may fetch snapshots from other machines. Default true. */
  readonly snapshotUrls?: boolean;
}

/** Which snapshots of a collection are meant: its own, or those of a shard. There is one shard, number 0. */
export interface ShardChoice {
  readonly shard?: number;
}

/** Where `recoverSnapshot` finds a snapshot: at `location` or at `path`. */
export interface RecoverSnapshot {
  /** An `http:` or `https:` address, or a `file:` one of a file in the store's own folder of snapshots. */
  readonly location?: string;
  /** A file anywhere; for callers that are trusted with the whole disk. */
  readonly path?: string;
  /** Name under which a file at `path` is moved into the collection's snapshots once it was recovered. */
  readonly keepAs?: string;
  /** Look for it among the snapshots of this shard, where `location` may be a name alone. */
  readonly shard?: number;
  /** Accepted: there is no other replica to prefer. */
  readonly priority?: 'no_sync' | 'snapshot' | 'replica' | null;
  /** SHA-256 of the file in hexadecimal; checked before anything else. */
  readonly checksum?: string | null;
  /** Sent to the server of an address. */
  readonly api_key?: string | null;
}

/**
 * A folder of collections, open in one process at a time. Made by `open(path, options)`. Names of collections may be
 * aliases, except where one is made or deleted. Every verb throws `CLOSED` after {@link Store.close}, those that
 * write `DISK_FULL` and `IO`.
 */
export interface Store {
  /** The folder, as an absolute path. */
  readonly path: string;
  /**
   * Makes a collection; what its configuration leaves out has Qdrant's defaults.
   *
   * @throws FletchError `ALREADY_EXISTS`; `INVALID_ARGUMENT`, also when it is an alias' name
   */
  createCollection(name: string, config: CreateCollection): Promise<Collection>;
  /** The collection of that name. Throws `NOT_FOUND`, or `CORRUPT` when it could not be opened. */
  collection(name: string): Collection;
  /** Whether `collection` would find one. */
  hasCollection(name: string): boolean;
  /** Names of all collections, sorted. */
  collections(): string[];
  /**
   * Deletes a collection and its aliases. Whether there was one; its files are gone when the promise resolves.
   */
  deleteCollection(name: string): Promise<boolean>;
  /** All aliases. */
  aliases(): AliasDescription[];
  /** The aliases of one collection. Throws `NOT_FOUND`. */
  collectionAliases(name: string): AliasDescription[];
  /**
   * Makes, deletes and renames aliases: all actions in their order, or none. Throws `NOT_FOUND`,
   * `ALREADY_EXISTS`, `INVALID_ARGUMENT`.
   */
  updateAliases(actions: readonly AliasAction[]): Promise<void>;
  /**
   * Makes a snapshot of every collection and the aliases: one file in the folder `snapshots`. Throws `CORRUPT`
   * when a collection is.
   */
  createSnapshot(): Promise<SnapshotDescription>;
  /** Snapshots of the store, oldest first. */
  listSnapshots(): Promise<SnapshotDescription[]>;
  /** Deletes a snapshot of the store; true. Throws `NOT_FOUND`. */
  deleteSnapshot(name: string): Promise<boolean>;
  /** Path of a snapshot of the store. Throws `NOT_FOUND`. */
  snapshotFile(name: string): Promise<string>;
  /**
   * Puts the points of a snapshot in the place of a collection's, or makes the collection. Whatever happens, there
   * is the old collection or the new one afterwards, whole.
   *
   * @throws FletchError `CORRUPT`, `CHECKSUM_MISMATCH`, `NOT_FOUND`, `INVALID_ARGUMENT` when it is one of other
   *   vectors, `FORBIDDEN` for places that may not be read, `UNAVAILABLE` when an address does not answer
   */
  recoverSnapshot(collection: string, request: RecoverSnapshot): Promise<void>;
  /**
   * Copies the store, as it is now, into a new folder that `open` can open. Throws `INVALID_ARGUMENT`,
   * `CORRUPT` when a collection is.
   */
  backup(path: string): Promise<void>;
  /**
   * Finishes what is under way, saves index snapshots, closes the files and releases the lock. May be called
   * again.
   */
  close(): Promise<void>;
}

/**
 * Points with vectors and payloads. Every write resolves when it is durable and visible to every later read; every
 * read sees one state of the collection.
 *
 * All verbs throw `CLOSED` after the store is closed, `INVALID_ARGUMENT` and `INVALID_FILTER` with the place in the
 * request, and with strict mode `LIMIT_EXCEEDED` and `RATE_LIMITED`. Reads throw `UNAVAILABLE` when more than 256 MiB
 * changed meanwhile, and the reason of their signal; writes `DISK_FULL`, `OUT_OF_MEMORY` and `IO`, and nothing of
 * such a write is there then.
 */
export interface Collection {
  readonly name: string;
  /** Configuration, payload indexes and counts. */
  info(): CollectionInfo;
  /** How many points have each vector, by its name; `''` is the unnamed one. */
  vectorCounts(): { [name: string]: number };
  /**
   * Inserts points, replacing those with the same ids as a whole; the last one of an id wins. All or none.
   *
   * @throws FletchError `DIMENSION_MISMATCH`, `NON_FINITE`, `ZERO_VECTOR` (cosine)
   */
  upsert(points: readonly PointStruct[], options?: UpsertOptions): Promise<UpdateResult>;
  /**
   * Gives points new vectors beside the others that they have. All or none.
   *
   * @throws FletchError `NOT_FOUND` when a point is missing, and as `upsert`
   */
  updateVectors(
    points: readonly PointVectors[],
    options?: Pick<UpsertOptions, 'update_filter'>,
  ): Promise<UpdateResult>;
  /** Takes vectors of these names from points. Throws `NOT_FOUND` when a point is missing. */
  deleteVectors(names: readonly string[], selector: PointsSelector): Promise<UpdateResult>;
  /**
   * Carries operations out in their order; when one fails, those before it stay and those after it are not begun.
   * Throws as the verb of the first that failed.
   */
  batchUpdate(operations: readonly UpdateOperation[]): Promise<UpdateResult[]>;
  /**
   * Adds a vector that no point has yet; the same one again changes nothing. Throws `INVALID_ARGUMENT` when
   * there is another one of that name.
   */
  createVectorName(name: string, config: VectorNameConfig): Promise<UpdateResult>;
  /** Removes a vector from the collection and from all points; nothing happens when there is none. */
  deleteVectorName(name: string): Promise<UpdateResult>;
  /**
   * The points of these ids, in their order, without those that are not there. Default: with payload, without
   * vectors.
   */
  retrieve(
    ids: readonly PointId[],
    options?: { with_payload?: PayloadSelector; with_vector?: VectorSelector },
  ): PointRecord[];
  /** Deletes points; ids that are not there are no error. */
  delete(selector: PointsSelector): Promise<UpdateResult>;
  /**
   * The best points for a query of any kind, best first; without a query, points in order of their ids. Default: 10,
   * without payload and vectors.
   *
   * @throws FletchError `NOT_FOUND` when a point or collection that it names is missing, `DIMENSION_MISMATCH`,
   *   `NON_FINITE`, `ZERO_VECTOR`
   */
  query(request: QueryRequest, options?: ReadOptions): Promise<ScoredPoint[]>;
  /**
   * Answers of several queries, in their order and all on one state. Throws as `query`; the message names
   * which.
   */
  queryBatch(requests: readonly QueryRequest[], options?: ReadOptions): Promise<ScoredPoint[][]>;
  /**
   * The best points in groups that share a payload value, best group first. Default: 10 groups of 3. Throws as
   * `query`.
   */
  queryGroups(request: QueryGroupsRequest, options?: ReadOptions): Promise<GroupsResult>;
  /** Nearest neighbours among randomly chosen points, as pairs. Default: 3 of each of 10 points. */
  searchMatrixPairs(request: SearchMatrixRequest, options?: ReadOptions): Promise<SearchMatrixPairs>;
  /** As `searchMatrixPairs`, as the rows, columns and scores of a sparse matrix. */
  searchMatrixOffsets(request: SearchMatrixRequest, options?: ReadOptions): Promise<SearchMatrixOffsets>;
  /**
   * A page of points in order of their ids or of a payload field. Default: the first 10, with payload, without
   * vectors.
   */
  scroll(request?: ScrollRequest): Promise<ScrollResult>;
  /** How many points match, exactly. Default: all. */
  count(request?: CountRequest): Promise<number>;
  /**
   * Values of a payload field with how many points have each, most frequent first. Default: 10. Throws
   * `INVALID_ARGUMENT` without a fitting payload index.
   */
  facet(request: FacetRequest): Promise<FacetHit[]>;
  /**
   * Merges `payload` into the selected points' payloads (or into the object at `key`). Throws `NOT_FOUND` when
   * a point is missing.
   */
  setPayload(payload: Payload, selector: PointsSelector, key?: string): Promise<UpdateResult>;
  /** Replaces the selected points' payloads as a whole. Throws `NOT_FOUND` when a point is missing. */
  overwritePayload(payload: Payload, selector: PointsSelector): Promise<UpdateResult>;
  /**
   * Removes these fields (paths) from the selected points' payloads. Throws `NOT_FOUND` when a point is
   * missing.
   */
  deletePayload(keys: readonly string[], selector: PointsSelector): Promise<UpdateResult>;
  /** Empties the selected points' payloads. Throws `NOT_FOUND` when a point is missing. */
  clearPayload(selector: PointsSelector): Promise<UpdateResult>;
  /** Resolves when the index is built; an index that the field had is replaced. */
  createPayloadIndex(field: string, schema: PayloadFieldSchema): Promise<UpdateResult>;
  /** Drops the index of a field; nothing happens when there is none. */
  deletePayloadIndex(field: string): Promise<UpdateResult>;
  /** Replaces the collection's free metadata. */
  setMetadata(metadata: Payload): Promise<void>;
  /**
   * Merges a change into the configuration, all of it or nothing. A graph that was built stays as it is until
   * it is built again.
   */
  update(change: UpdateCollection): Promise<void>;
  /** Throws `LIMIT_EXCEEDED` when strict mode does not let a request take so many seconds. */
  checkTimeout(seconds: number): void;
  /**
   * Makes a snapshot of the collection: one file in the store's folder `snapshots`. Throws `NOT_FOUND` for a
   * shard other than 0.
   */
  createSnapshot(choice?: ShardChoice): Promise<SnapshotDescription>;
  /** Snapshots of the collection, oldest first. Throws `NOT_FOUND` for a shard other than 0. */
  listSnapshots(choice?: ShardChoice): Promise<SnapshotDescription[]>;
  /** Deletes a snapshot of the collection; true. Throws `NOT_FOUND`. */
  deleteSnapshot(name: string, choice?: ShardChoice): Promise<boolean>;
  /** Path of a snapshot of the collection. Throws `NOT_FOUND`. */
  snapshotFile(name: string, choice?: ShardChoice): Promise<string>;
  /** Resolves when every point is linked into its index. */
  settled(): Promise<void>;
}
