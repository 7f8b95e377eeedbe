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
  readonly collection: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

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

/** A folder of collections, open in one process at a time. Made by `open(path, options)`. */
export interface Store {
  readonly path: string;
  /** Throws `ALREADY_EXISTS`, `INVALID_ARGUMENT`. */
  createCollection(name: string, config: CreateCollection): Promise<Collection>;
  /** By its name or an alias. Throws `NOT_FOUND`. */
  collection(name: string): Collection;
  /** Whether `collection` would find one. */
  hasCollection(name: string): boolean;
  collections(): string[];
  /** Whether there was one. Its files are gone when the promise resolves. */
  deleteCollection(name: string): Promise<boolean>;
  aliases(): AliasDescription[];
  /** Throws `NOT_FOUND`. */
  collectionAliases(name: string): AliasDescription[];
  /** All actions in their order, or none. Throws `NOT_FOUND`, `ALREADY_EXISTS`, `INVALID_ARGUMENT`. */
  updateAliases(actions: readonly AliasAction[]): Promise<void>;
  /** A snapshot of every collection and the aliases in one file of the folder `snapshots`. */
  createSnapshot(): Promise<SnapshotDescription>;
  listSnapshots(): Promise<SnapshotDescription[]>;
  /** Throws `NOT_FOUND`. */
  deleteSnapshot(name: string): Promise<boolean>;
  /** Path of a snapshot of the store. Throws `NOT_FOUND`. */
  snapshotFile(name: string): Promise<string>;
  /**
   * Puts the points of a snapshot in the place of a collection's, or makes the collection. Whatever happens, there
   * is the old collection or the new one afterwards, whole.
   *
   * @throws FletchError `CORRUPT`, `CHECKSUM_MISMATCH`, `INVALID_ARGUMENT` when it is one of other vectors,
   *   `FORBIDDEN`, `UNAVAILABLE`, `DISK_FULL`, `IO`
   */
  recoverSnapshot(collection: string, request: RecoverSnapshot): Promise<void>;
  /** Copies the store, as it is now, into a new folder that `open` can open. */
  backup(path: string): Promise<void>;
  /** Saves snapshots, closes the files and releases the lock. */
  close(): Promise<void>;
}

/** Every write resolves when it is durable and visible to every later read. */
export interface Collection {
  readonly name: string;
  info(): CollectionInfo;
  /** How many points have each vector, by its name; `''` is the unnamed one. */
  vectorCounts(): { [name: string]: number };
  /** Inserts points, replacing those with the same ids as a whole; the last one of an id wins. */
  upsert(points: readonly PointStruct[], options?: UpsertOptions): Promise<UpdateResult>;
  /** Gives points new vectors beside the others that they have. Throws `NOT_FOUND` when a point is missing. */
  updateVectors(
    points: readonly PointVectors[],
    options?: Pick<UpsertOptions, 'update_filter'>,
  ): Promise<UpdateResult>;
  /** Takes vectors of these names from points. Throws `NOT_FOUND` when a point is missing. */
  deleteVectors(names: readonly string[], selector: PointsSelector): Promise<UpdateResult>;
  /** Carries operations out in their order; when one fails, those before it stay and those after it are not begun. */
  batchUpdate(operations: readonly UpdateOperation[]): Promise<UpdateResult[]>;
  /** Adds a vector that no point has yet; the same one again changes nothing. */
  createVectorName(name: string, config: VectorNameConfig): Promise<UpdateResult>;
  /** Removes a vector from the collection and from all points; nothing happens when there is none. */
  deleteVectorName(name: string): Promise<UpdateResult>;
  retrieve(
    ids: readonly PointId[],
    options?: { with_payload?: PayloadSelector; with_vector?: VectorSelector },
  ): PointRecord[];
  delete(selector: PointsSelector): Promise<UpdateResult>;
  query(request: QueryRequest, options?: ReadOptions): Promise<ScoredPoint[]>;
  /** All on one state of the collection. */
  queryBatch(requests: readonly QueryRequest[], options?: ReadOptions): Promise<ScoredPoint[][]>;
  queryGroups(request: QueryGroupsRequest, options?: ReadOptions): Promise<GroupsResult>;
  searchMatrixPairs(request: SearchMatrixRequest, options?: ReadOptions): Promise<SearchMatrixPairs>;
  searchMatrixOffsets(request: SearchMatrixRequest, options?: ReadOptions): Promise<SearchMatrixOffsets>;
  scroll(request?: ScrollRequest): Promise<ScrollResult>;
  count(request?: CountRequest): Promise<number>;
  facet(request: FacetRequest): Promise<FacetHit[]>;
  /** Merges `payload` into the selected points' payloads (or into the object at `key`). */
  setPayload(payload: Payload, selector: PointsSelector, key?: string): Promise<UpdateResult>;
  overwritePayload(payload: Payload, selector: PointsSelector): Promise<UpdateResult>;
  deletePayload(keys: readonly string[], selector: PointsSelector): Promise<UpdateResult>;
  clearPayload(selector: PointsSelector): Promise<UpdateResult>;
  /** Resolves when the index is built; an index that the field had is replaced. */
  createPayloadIndex(field: string, schema: PayloadFieldSchema): Promise<UpdateResult>;
  deletePayloadIndex(field: string): Promise<UpdateResult>;
  /** Replaces the collection's free metadata. */
  setMetadata(metadata: Payload): Promise<void>;
  /** Merges a change into the configuration. A graph that was built stays as it is until it is built again. */
  update(change: UpdateCollection): Promise<void>;
  /** Throws `LIMIT_EXCEEDED` when strict mode does not let a request take so many seconds. */
  checkTimeout(seconds: number): void;
  createSnapshot(choice?: ShardChoice): Promise<SnapshotDescription>;
  /** Oldest first. */
  listSnapshots(choice?: ShardChoice): Promise<SnapshotDescription[]>;
  /** Throws `NOT_FOUND`. */
  deleteSnapshot(name: string, choice?: ShardChoice): Promise<boolean>;
  /** Path of a snapshot of the collection. Throws `NOT_FOUND`. */
  snapshotFile(name: string, choice?: ShardChoice): Promise<string>;
  /** Resolves when every point is linked into its index. */
  settled(): Promise<void>;
}
