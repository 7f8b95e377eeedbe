/**
 * A collection: checked writes through one writer, reads, and the upkeep of index snapshots.
 *
 * @module
 */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FletchError } from '@fletch/base';
import { parsePath } from '../filter/path.js';
import type {
  CollectionInfo,
  CountRequest,
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
  SnapshotDescription,
  UpdateCollection,
  UpdateResult,
  VectorSelector,
} from '../types/index.js';
import { Administration, buildConfig, storedConfig } from './administration.js';
import { copyIndexes } from './archive/copy.js';
import { type SnapshotFolders, snapshotsOf } from './archive/folder.js';
import { checkData } from './check-data.js';
import type { CollectionConfig } from './config/read.js';
import { Environment } from './environment.js';
import { facetHits } from './facet.js';
import { type IndexFactory, VectorIndexes } from './indexes.js';
import { type CollectionManifest, readCollectionManifest } from './manifest.js';
import { Points } from './points.js';
import { readCount } from './read.js';
import { indexTest, type Schema } from './schema.js';
import { Reader } from './search.js';
import { SnapshotTimer } from './snapshot-timer.js';
import type { StrictMode } from './strict/guard.js';
import type { Collection, ShardChoice, StoreWarning } from './types.js';
import { deleteWrite, merging, payloadWrite, removing, replacing, upsertWrite } from './updates.js';
import type { VectorSpec } from './vectors.js';
import { Writer } from './writer.js';

/** What a collection is opened with. */
export interface CollectionContext {
  readonly folder: string;
  readonly manifest: CollectionManifest;
  readonly factory: IndexFactory;
  readonly snapshots: SnapshotFolders;
  readonly onWarning: ((warning: StoreWarning) => void) | undefined;
}

/** The collection that `open` gives out. */
export class StoredCollection implements Collection {
  readonly name: string;
  readonly #environment: Environment;
  readonly #indexes: VectorIndexes;
  readonly #specs: ReadonlyMap<string, VectorSpec>;
  readonly #points: Points;
  readonly #reader: Reader;
  readonly #writer: Writer;
  readonly #timer: SnapshotTimer;
  readonly #onWarning: CollectionContext['onWarning'];
  readonly #folder: string;
  readonly #snapshots: SnapshotFolders;
  readonly #administration: Administration;
  /** Copies under way, during which no newer index is saved: the log of changes since the copied one must stay. */
  readonly #copies = new Set<Promise<void>>();
  #closed = false;

  private constructor(
    { manifest, onWarning, folder, snapshots }: CollectionContext,
    environment: Environment,
    indexes: VectorIndexes,
    specs: ReadonlyMap<string, VectorSpec>,
    version: number,
  ) {
    this.name = manifest.name;
    this.#folder = folder;
    this.#snapshots = snapshots;
    this.#environment = environment;
    this.#indexes = indexes;
    this.#specs = specs;
    this.#points = new Points(environment, indexes, this.#specs, version);
    this.#reader = new Reader(this.#points, indexes, this.#specs);
    this.#writer = new Writer((writes) => this.#points.commit(writes));
    this.#onWarning = onWarning;
    this.#administration = new Administration({
      environment,
      points: this.#points,
      writer: this.#writer,
      indexes,
      specs: () => [...this.#specs.values()],
      names: () => ({ dense: [...this.#specs.keys()], sparse: [] }),
      schema: () => this.#schema,
    });
    this.#timer = new SnapshotTimer(indexes, async () => {
      if (this.#copies.size === 0) await this.#writer.exclusively(() => this.#save());
    });
    for (const field of Object.keys(this.#schema)) this.#points.columns.declare(parsePath(field));
    this.#timer.changed();
  }

  /**
   * Opens the collection in `folder`.
   *
   * @throws FletchError `CORRUPT`, `IO`, `OUT_OF_MEMORY`
   */
  static async open(context: CollectionContext): Promise<StoredCollection> {
    const { folder, manifest, factory, onWarning } = context;
    await checkData(join(folder, 'data.mdb'));
    const names = manifest.vectors.map(({ name }) => name);
    const environment = new Environment(folder, names, { sealed: manifest.format >= 2 });
    let indexes: VectorIndexes | undefined;
    try {
      const specs = specsOf(manifest, storedConfig(environment, manifest.vectors));
      if (environment.fact('uuid') !== manifest.uuid)
        throw new FletchError(
          'CORRUPT',
          `The data in ${folder} belongs to another collection than "${manifest.name}".`,
          {
            details: { path: folder, expected: manifest.uuid, found: environment.fact('uuid') },
          },
        );
      const version = Number(environment.fact('version') ?? 0);
      const warn = (message: string, details: Readonly<Record<string, unknown>>) =>
        onWarning?.({ collection: manifest.name, message, details });
      indexes = await VectorIndexes.open(
        { folder, uuid: manifest.uuid, environment, specs, factory, warn },
        version,
      );
      return new StoredCollection(context, environment, indexes, specs, version);
    } catch (error) {
      await indexes?.close();
      await environment.close();
      throw error;
    }
  }

  /** Writes the tables of a new collection into `folder`. */
  static async create(
    folder: string,
    manifest: CollectionManifest,
    config: CollectionConfig,
    metadata?: Payload,
  ): Promise<void> {
    const environment = new Environment(
      folder,
      manifest.vectors.map(({ name }) => name),
    );
    try {
      await environment.commit(() => {
        environment.setFact('uuid', manifest.uuid);
        environment.setFact('config', config as never);
        if (metadata !== undefined) environment.setFact('metadata', metadata);
      });
    } finally {
      await environment.close();
    }
  }

  info(): CollectionInfo {
    this.#checkOpen();
    return this.#administration.info();
  }

  async upsert(points: readonly PointStruct[]): Promise<UpdateResult> {
    return this.#submit(() => upsertWrite(points, this.#specs));
  }

  retrieve(
    ids: readonly PointId[],
    options: { with_payload?: PayloadSelector; with_vector?: VectorSelector } = {},
  ): PointRecord[] {
    this.#checkOpen();
    return this.#reader.retrieve(ids, options);
  }

  async delete(selector: PointsSelector): Promise<UpdateResult> {
    return this.#submit(() => deleteWrite(selector, this.#points));
  }

  async query(request: QueryRequest): Promise<ScoredPoint[]> {
    this.#checkOpen();
    return this.#reader.query(request);
  }

  async scroll(request: ScrollRequest = {}): Promise<ScrollResult> {
    this.#checkOpen();
    return this.#reader.scroll(request);
  }

  async count(request: CountRequest = {}): Promise<number> {
    this.#checkOpen();
    return request.filter ? this.#points.matching(request.filter).count : this.#points.rows.size;
  }

  async facet(request: FacetRequest): Promise<FacetHit[]> {
    this.#checkOpen();
    return facetHits(request.key, request.filter, readCount(request.limit, 'limit', 1, 10), this.#points);
  }

  async setPayload(payload: Payload, selector: PointsSelector, key?: string): Promise<UpdateResult> {
    return this.#submit(() => payloadWrite(merging(payload, key), selector, this.#points));
  }

  async overwritePayload(payload: Payload, selector: PointsSelector): Promise<UpdateResult> {
    return this.#submit(() => payloadWrite(replacing(payload), selector, this.#points));
  }

  async deletePayload(keys: readonly string[], selector: PointsSelector): Promise<UpdateResult> {
    return this.#submit(() => payloadWrite(removing(keys), selector, this.#points));
  }

  async clearPayload(selector: PointsSelector): Promise<UpdateResult> {
    return this.#submit(() => payloadWrite(replacing({}), selector, this.#points));
  }

  async createPayloadIndex(field: string, type: PayloadFieldType): Promise<UpdateResult> {
    const path = parsePath(field);
    indexTest(type);
    return this.#changeSchema({ ...this.#schema, [field]: type }, () => this.#points.columns.declare(path));
  }

  async deletePayloadIndex(field: string): Promise<UpdateResult> {
    const path = parsePath(field);
    const { [field]: _dropped, ...others } = this.#schema;
    return this.#changeSchema(others, () => this.#points.columns.undeclare(path));
  }

  async setMetadata(metadata: Payload): Promise<void> {
    this.#checkOpen();
    await this.#administration.setMetadata(metadata);
  }

  async update(change: UpdateCollection): Promise<void> {
    this.#checkOpen();
    await this.#administration.update(change);
  }

  checkTimeout(seconds: number): void {
    this.strict.checkTimeout(seconds);
  }

  /** What stays when its points are replaced by those of a snapshot. */
  async identity() {
    return { manifest: await readCollectionManifest(this.#folder), ...this.#administration.settings };
  }

  /** The limits that its configuration sets. */
  get strict(): StrictMode {
    return this.#administration.strict;
  }

  async createSnapshot({ shard }: ShardChoice = {}): Promise<SnapshotDescription> {
    this.#checkOpen();
    return snapshotsOf(this.#snapshots, shard).create(this.name, (folder) => this.copyTo(folder));
  }

  async listSnapshots({ shard }: ShardChoice = {}): Promise<SnapshotDescription[]> {
    this.#checkOpen();
    return snapshotsOf(this.#snapshots, shard).list();
  }

  async deleteSnapshot(name: string, { shard }: ShardChoice = {}): Promise<boolean> {
    this.#checkOpen();
    return snapshotsOf(this.#snapshots, shard).delete(name);
  }

  async snapshotFile(name: string, { shard }: ShardChoice = {}): Promise<string> {
    this.#checkOpen();
    return snapshotsOf(this.#snapshots, shard).find(name);
  }

  /** Copies its files into an empty folder: indexes first, then the tables, which know what changed since. */
  async copyTo(folder: string): Promise<void> {
    this.#checkOpen();
    const copy = this.#copyTo(folder);
    this.#copies.add(copy);
    await copy.finally(() => this.#copies.delete(copy));
  }

  async settled(): Promise<void> {
    this.#checkOpen();
    await this.#indexes.settled();
  }

  async #copyTo(folder: string): Promise<void> {
    await this.#writer.exclusively(async () => {
      if (this.#indexes.changes > 0) await this.#save();
      await copyIndexes(this.#folder, folder);
      await copyFile(join(this.#folder, 'collection.json'), join(folder, 'collection.json'));
    });
    await this.#environment.copyTo(folder);
  }

  /** Finishes the writes under way and closes the files; saves snapshots first unless told otherwise. */
  async close(options: { save: boolean } = { save: true }): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer.stop();
    await Promise.allSettled(this.#copies);
    await this.#writer.drained();
    try {
      if (options.save && this.#indexes.changes > 0) await this.#save();
    } finally {
      await this.#indexes.close();
      await this.#environment.close();
    }
  }

  get #schema(): Schema {
    return (this.#environment.fact('schema') ?? {}) as Schema;
  }

  async #submit(prepare: () => ReturnType<typeof upsertWrite>): Promise<UpdateResult> {
    this.#checkOpen();
    const result = await this.#writer.submit(prepare());
    this.#timer.changed();
    return result;
  }

  /** Saves snapshots; without one the index is only slower to open, so that is no more than a warning. */
  async #save(): Promise<void> {
    try {
      await this.#indexes.save(this.#points.version);
    } catch (error) {
      const { message } = error as Error;
      this.#onWarning?.({ collection: this.name, message: `The index snapshot was not saved: ${message}` });
    }
  }

  async #changeSchema(schema: Schema, then: () => void): Promise<UpdateResult> {
    this.#checkOpen();
    await this.#writer.exclusively(async () => {
      await this.#environment.commit(() => this.#environment.setFact('schema', schema));
      then();
    });
    return { operation_id: this.#points.version, status: 'completed' };
  }

  #checkOpen(): void {
    if (this.#closed)
      throw new FletchError('CLOSED', `The collection "${this.name}" is closed.`, {
        details: { collection: this.name },
      });
  }
}

function specsOf(manifest: CollectionManifest, config: CollectionConfig): ReadonlyMap<string, VectorSpec> {
  return new Map(
    manifest.vectors.map((spec) => [spec.name, { ...spec, hnsw: buildConfig(config, spec.name) }]),
  );
}
