/**
 * What the store and its collections can do. The verbs are those of the Qdrant dialect.
 *
 * @module
 */
import type { ReadOptions } from '../query/reader.js';
import type {
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
}

/** A folder of collections, open in one process at a time. Made by `open(path, options)`. */
export interface Store {
  readonly path: string;
  /** Throws `ALREADY_EXISTS`, `INVALID_ARGUMENT`. */
  createCollection(name: string, config: CreateCollection): Promise<Collection>;
  /** Throws `NOT_FOUND`. */
  collection(name: string): Collection;
  hasCollection(name: string): boolean;
  collections(): string[];
  /** Whether there was one. Its files are gone when the promise resolves. */
  deleteCollection(name: string): Promise<boolean>;
  /** Saves snapshots, closes the files and releases the lock. */
  close(): Promise<void>;
}

/** Every write resolves when it is durable and visible to every later read. */
export interface Collection {
  readonly name: string;
  info(): CollectionInfo;
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
  /** Resolves when every point is linked into its index. */
  settled(): Promise<void>;
}
