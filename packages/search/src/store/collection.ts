/**
 * A collection: checked writes through one writer, reads, and the upkeep of index snapshots.
 *
 * @module
 */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FletchError, type Json } from '@fletch/base';
import { parsePath } from '../filter/path.js';
import { Reader, type ReadOptions } from '../query/reader.js';
import type { QuerySource } from '../query/source.js';
import { readSpecs, type VectorSpec } from '../space/spec.js';
import type {
  CollectionInfo,
  CountRequest,
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
import { Administration, configureSpecs, storedConfig } from './administration.js';
import { copyIndexes } from './archive/copy.js';
import { type SnapshotFolders, snapshotsOf } from './archive/folder.js';
import { batchUpdate } from './batch.js';
import { checkData } from './check-data.js';
import type { CollectionConfig } from './config/read.js';
import { Environment } from './environment.js';
import { facetHits } from './facet.js';
import { paramsOf, readIndexSchema } from './index-params.js';
import { type IndexFactory, VectorIndexes } from './indexes.js';
import { type CollectionManifest, readCollectionManifest } from './manifest.js';
import { deleteVectorsWrite, updateVectorsWrite, upsertWrite, type WriteContext } from './point-updates.js';
import { Points } from './points.js';
import { indexUse, type Schema } from './schema.js';
import { SnapshotTimer } from './snapshot-timer.js';
import type { StrictMode } from './strict/guard.js';
import type { Collection, ShardChoice, StoreWarning } from './types.js';
import { deleteWrite, merging, payloadWrite, removing, replacing } from './updates.js';
import { VectorNames } from './vector-names.js';
import type { View } from './view.js';
import { type Write, Writer } from './writer.js';

/** What a collection is opened with. */
export interface CollectionContext {
  readonly folder: string;
  readonly manifest: CollectionManifest;
  readonly factory: IndexFactory;
  readonly snapshots: SnapshotFolders;
  readonly onWarning: ((warning: StoreWarning) => void) | undefined;
  /** Another collection of the store, which queries look vectors up in. */
  readonly resolve: (collection: string) => StoredCollection | undefined;
}

/** How long closing waits for reads under way, and a snapshot for rows that are leaving the indexes. */
const READS_MS = 5000;

/** The collection that `open` gives out. */
export class StoredCollection implements Collection {
  readonly name: string;
  readonly #environment: Environment;
  readonly #indexes: VectorIndexes;
  readonly #specs: ReadonlyMap<string, VectorSpec>;
  readonly #vectorNames: VectorNames;
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
    { manifest, onWarning, folder, snapshots, resolve }: CollectionContext,
    environment: Environment,
    indexes: VectorIndexes,
    specs: Map<string, VectorSpec>,
    version: number,
  ) {
    this.name = manifest.name;
    this.#folder = folder;
    this.#snapshots = snapshots;
    this.#environment = environment;
    this.#indexes = indexes;
    this.#specs = specs;
    this.#vectorNames = new VectorNames({ folder, manifest, environment, indexes, specs });
    this.#points = new Points(environment, indexes, this.#specs, version);
    this.#reader = new Reader(this.#querySource(resolve));
    this.#writer = new Writer((writes) => this.#points.commit(writes));
    this.#onWarning = onWarning;
    this.#administration = new Administration({
      environment,
      points: this.#points,
      writer: this.#writer,
      indexes,
      specs,
      schema: () => this.#schema,
    });
    this.#timer = new SnapshotTimer(indexes, async () => {
      if (this.#copies.size === 0) await this.#writer.exclusively(() => this.#save());
    });
    for (const [field, schema] of Object.entries(this.#schema))
      this.#points.columns.declare(parsePath(field), paramsOf(schema));
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
    const specs = readSpecs(manifest.vectors);
    const environment = new Environment(folder, specs.values(), { sealed: manifest.format >= 2 });
    let indexes: VectorIndexes | undefined;
    try {
      configureSpecs(specs, storedConfig(environment, specs.values()));
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
    const environment = new Environment(folder, manifest.vectors);
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

  vectorCounts(): { [name: string]: number } {
    this.#checkOpen();
    return Object.fromEntries([...this.#specs.keys()].map((name) => [name, this.#indexes.space(name).size]));
  }

  async upsert(points: readonly PointStruct[], options: UpsertOptions = {}): Promise<UpdateResult> {
    return this.#submit(() => upsertWrite(points, options, this.#writeContext));
  }

  async updateVectors(
    points: readonly PointVectors[],
    options: Pick<UpsertOptions, 'update_filter'> = {},
  ): Promise<UpdateResult> {
    return this.#submit(() => updateVectorsWrite(points, options.update_filter, this.#writeContext));
  }

  async deleteVectors(names: readonly string[], selector: PointsSelector): Promise<UpdateResult> {
    return this.#submit(() => deleteVectorsWrite(names, selector, this.#writeContext));
  }

  async batchUpdate(operations: readonly UpdateOperation[]): Promise<UpdateResult[]> {
    this.#checkOpen();
    return batchUpdate(operations, this.#writeContext, this.#writer).finally(() => this.#timer.changed());
  }

  async createVectorName(name: string, config: VectorNameConfig): Promise<UpdateResult> {
    return this.#changeVectors(() => this.#vectorNames.create(name, config, this.#points.version));
  }

  async deleteVectorName(name: string): Promise<UpdateResult> {
    return this.#changeVectors(async () => {
      await this.#vectorNames.delete(name);
      await this.#administration.forgetVector(name);
    });
  }

  retrieve(
    ids: readonly PointId[],
    options: { with_payload?: PayloadSelector; with_vector?: VectorSelector } = {},
  ): PointRecord[] {
    return this.#reader.retrieve(ids, options);
  }

  async delete(selector: PointsSelector): Promise<UpdateResult> {
    return this.#submit(() => deleteWrite(selector, this.#points));
  }

  async query(request: QueryRequest, options?: ReadOptions): Promise<ScoredPoint[]> {
    return this.#reader.query(request, options);
  }

  async queryBatch(requests: readonly QueryRequest[], options?: ReadOptions): Promise<ScoredPoint[][]> {
    return this.#reader.queryBatch(requests, options);
  }

  async queryGroups(request: QueryGroupsRequest, options?: ReadOptions): Promise<GroupsResult> {
    return this.#reader.queryGroups(request, options);
  }

  async searchMatrixPairs(request: SearchMatrixRequest, options?: ReadOptions): Promise<SearchMatrixPairs> {
    return this.#reader.searchMatrixPairs(request, options);
  }

  async searchMatrixOffsets(
    request: SearchMatrixRequest,
    options?: ReadOptions,
  ): Promise<SearchMatrixOffsets> {
    return this.#reader.searchMatrixOffsets(request, options);
  }

  async scroll(request: ScrollRequest = {}): Promise<ScrollResult> {
    return this.#reader.scroll(request);
  }

  async count(request: CountRequest = {}): Promise<number> {
    return this.#reader.count(request);
  }

  /** The state of now, for one read. */
  view(): View {
    this.#checkOpen();
    return this.#points.view();
  }

  async facet(request: FacetRequest): Promise<FacetHit[]> {
    this.#checkOpen();
    const view = this.#points.view();
    try {
      return await facetHits(request, view, this.#schema);
    } finally {
      view.release();
    }
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

  async createPayloadIndex(field: string, schema: PayloadFieldSchema): Promise<UpdateResult> {
    const path = parsePath(field);
    const read = readIndexSchema(schema, 'field_schema');
    const result = await this.#changeSchema({ ...this.#schema, [path.text]: read }, ({ columns }) =>
      columns.declare(path, paramsOf(read)),
    );
    await this.#points.columns.prepareAsync([indexUse(path.text, read)]);
    return result;
  }

  async deletePayloadIndex(field: string): Promise<UpdateResult> {
    const path = parsePath(field);
    const { [path.text]: _dropped, ...others } = this.#schema;
    return this.#changeSchema(others, ({ columns }) => columns.undeclare(path));
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
    await this.#environment.checkPlace();
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
    await this.#points.cleared();
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
    await within(READS_MS, this.#points.history.idle());
    await this.#points.cleared();
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

  get #writeContext(): WriteContext {
    return { points: this.#points, specs: this.#specs };
  }

  #querySource(resolve: CollectionContext['resolve']): QuerySource {
    return { name: this.name, view: () => this.view(), schema: () => this.#schema, resolve };
  }

  async #submit(prepare: () => Write): Promise<UpdateResult> {
    this.#checkOpen();
    const result = await this.#writer.submit(prepare());
    this.#timer.changed();
    return result;
  }

  /** Saves snapshots; without one the index is only slower to open, so that is no more than a warning. */
  async #save(): Promise<void> {
    try {
      await this.#environment.checkPlace();
      await within(READS_MS, this.#points.cleared());
      await this.#indexes.save(this.#points.versionOfIndexes);
    } catch (error) {
      const { message } = error as Error;
      this.#onWarning?.({ collection: this.name, message: `The index snapshot was not saved: ${message}` });
    }
  }

  async #changeSchema(schema: Schema, then: (points: Points) => void): Promise<UpdateResult> {
    this.#checkOpen();
    await this.#writer.exclusively(async () => {
      await this.#environment.commit(() => this.#environment.setFact('schema', schema as unknown as Json));
      then(this.#points);
      this.#points.forgetFilters();
    });
    return { operation_id: this.#points.version, status: 'completed' };
  }

  async #changeVectors(change: () => Promise<unknown>): Promise<UpdateResult> {
    this.#checkOpen();
    await this.#writer.exclusively(async () => {
      await change();
      this.#points.forgetFilters();
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

/** Waits for `work`, but not for longer than that. */
async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
