/**
 * What the store and its collections can do. The verbs are those of the Qdrant dialect.
 *
 * @module
 */
import type {
  CollectionInfo,
  CountRequest,
  CreateCollection,
  FacetHit,
  FacetRequest,
  Payload,
  PayloadFieldType,
  PayloadSelector,
  PointId,
  PointRecord,
  PointStruct,
  PointsSelector,
  QueryRequest,
  ScoredPoint,
  ScrollRequest,
  ScrollResult,
  UpdateResult,
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
  /** How many points have each vector, by its name; `''` is the unnamed one. */
  vectorCounts(): { [name: string]: number };
  upsert(points: readonly PointStruct[]): Promise<UpdateResult>;
  retrieve(
    ids: readonly PointId[],
    options?: { with_payload?: PayloadSelector; with_vector?: VectorSelector },
  ): PointRecord[];
  delete(selector: PointsSelector): Promise<UpdateResult>;
  query(request: QueryRequest): Promise<ScoredPoint[]>;
  scroll(request?: ScrollRequest): Promise<ScrollResult>;
  count(request?: CountRequest): Promise<number>;
  facet(request: FacetRequest): Promise<FacetHit[]>;
  /** Merges `payload` into the selected points' payloads (or into the object at `key`). */
  setPayload(payload: Payload, selector: PointsSelector, key?: string): Promise<UpdateResult>;
  overwritePayload(payload: Payload, selector: PointsSelector): Promise<UpdateResult>;
  deletePayload(keys: readonly string[], selector: PointsSelector): Promise<UpdateResult>;
  clearPayload(selector: PointsSelector): Promise<UpdateResult>;
  createPayloadIndex(field: string, type: PayloadFieldType): Promise<UpdateResult>;
  deletePayloadIndex(field: string): Promise<UpdateResult>;
  /** Replaces the collection's free metadata. */
  setMetadata(metadata: Payload): Promise<void>;
  /** Resolves when every point is linked into its index. */
  settled(): Promise<void>;
}
