/**
 * A collection: checked writes through one writer, reads, and the upkeep of index snapshots.
 *
 * @module
 */
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
  UpdateOperation,
  UpdateResult,
  UpsertOptions,
  VectorNameConfig,
  VectorSelector,
} from '../types/index.js';
import { batchUpdate } from './batch.js';
import { checkData } from './check-data.js';
import { Environment } from './environment.js';
import { facetHits } from './facet.js';
import { paramsOf, readIndexSchema } from './index-params.js';
import { type IndexFactory, VectorIndexes } from './indexes.js';
import { collectionInfo } from './info.js';
import type { CollectionManifest } from './manifest.js';
import { encodePayload } from './payload.js';
import { deleteVectorsWrite, updateVectorsWrite, upsertWrite, type WriteContext } from './point-updates.js';
import { Points } from './points.js';
import { indexUse, type Schema } from './schema.js';
import { SnapshotTimer } from './snapshot-timer.js';
import type { Collection, StoreWarning } from './types.js';
import { deleteWrite, merging, payloadWrite, removing, replacing } from './updates.js';
import { VectorNames } from './vector-names.js';
import type { View } from './view.js';
import { type Write, Writer } from './writer.js';

/** What a collection is opened with. */
export interface CollectionContext {
  readonly folder: string;
  readonly manifest: CollectionManifest;
  readonly factory: IndexFactory;
  readonly onWarning: ((warning: StoreWarning) => void) | undefined;
  /** Another collection of the store, which queries look vectors up in. */
  readonly resolve: (collection: string) => StoredCollection | undefined;
}

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
  #closed = false;

  private constructor(
    { folder, manifest, onWarning, resolve }: CollectionContext,
    specs: Map<string, VectorSpec>,
    environment: Environment,
    indexes: VectorIndexes,
    version: number,
  ) {
    this.name = manifest.name;
    this.#environment = environment;
    this.#indexes = indexes;
    this.#specs = specs;
    this.#vectorNames = new VectorNames({ folder, manifest, environment, indexes, specs });
    this.#points = new Points(environment, indexes, this.#specs, version);
    this.#reader = new Reader(this.#querySource(resolve));
    this.#writer = new Writer((writes) => this.#points.commit(writes));
    this.#onWarning = onWarning;
    this.#timer = new SnapshotTimer(indexes, () => this.#writer.exclusively(() => this.#save()));
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
    const specs = readSpecs(manifest.vectors);
    await checkData(join(folder, 'data.mdb'));
    const environment = new Environment(folder, specs.values());
    let indexes: VectorIndexes | undefined;
    try {
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
      return new StoredCollection(context, specs, environment, indexes, version);
    } catch (error) {
      await indexes?.close();
      await environment.close();
      throw error;
    }
  }

  /** Writes the tables of a new collection into `folder`. */
  static async create(folder: string, manifest: CollectionManifest, metadata?: Payload): Promise<void> {
    const environment = new Environment(folder, manifest.vectors);
    try {
      await environment.commit(() => {
        environment.setFact('uuid', manifest.uuid);
        if (metadata !== undefined) environment.setFact('metadata', metadata);
      });
    } finally {
      await environment.close();
    }
  }

  info(): CollectionInfo {
    this.#checkOpen();
    return collectionInfo({
      specs: [...this.#specs.values()],
      indexes: this.#indexes,
      points: this.#points,
      schema: this.#schema,
      metadata: this.#environment.fact('metadata') as Payload | undefined,
    });
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
    return this.#changeVectors(() => this.#vectorNames.delete(name));
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
    const plain = JSON.parse(encodePayload(metadata, 'metadata')) as Payload;
    this.#checkOpen();
    await this.#writer.exclusively(() =>
      this.#environment.commit(() => this.#environment.setFact('metadata', plain)),
    );
  }

  async settled(): Promise<void> {
    this.#checkOpen();
    await this.#indexes.settled();
  }

  /** Finishes the writes under way and closes the files; saves snapshots first unless told otherwise. */
  async close(options: { save: boolean } = { save: true }): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer.stop();
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
      await this.#indexes.save(this.#points.version);
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
