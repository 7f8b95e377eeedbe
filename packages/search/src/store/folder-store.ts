/**
 * A folder of collections.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describeFileError, FletchError, isFletchError, syncFolder } from '@fletch/base';
import type { AliasAction, AliasDescription, CreateCollection, SnapshotDescription } from '../types/index.js';
import { Aliases } from './aliases.js';
import {
  clearTemporary,
  collectionSnapshots,
  SnapshotFolder,
  type SnapshotFolders,
  snapshotsOf,
} from './archive/folder.js';
import { restoreCollection } from './archive/restore.js';
import { withSource } from './archive/source.js';
import { type Copied, copyStore, createStoreSnapshot } from './archive/store.js';
import { StoredCollection } from './collection.js';
import { withoutGraphs } from './config/graphs.js';
import { readConfig } from './config/read.js';
import { crashPoint } from './crash-point.js';
import { indexFactory } from './factory.js';
import { collectionFolders, NEW, removeFolder } from './folders.js';
import type { IndexFactory } from './indexes.js';
import { removeUnfinished } from './leftovers.js';
import {
  type CollectionManifest,
  collectionFormat,
  formatMajor,
  makeFolder,
  readCollectionManifest,
  readManifest,
  writeManifest,
} from './manifest.js';
import { checkName } from './names.js';
import { encodePayload } from './payload.js';
import { Place } from './place.js';
import { guarded } from './strict/guard.js';
import type { Collection, RecoverSnapshot, Store, StoreOptions } from './types.js';
import { vectorSpecs } from './vectors.js';

/** A collection's folder, with the collection, or why it could not be opened. */
interface Found {
  readonly folder: string;
  readonly collection: StoredCollection | FletchError;
  /** The collection behind its limits, as it is given out. */
  readonly face?: Collection;
  /** Folder of the collection whose place it took, when that could not be removed. */
  readonly former?: string;
}

/** The store that `open` gives out. */
export class FolderStore implements Store {
  readonly path: string;
  readonly #options: StoreOptions;
  readonly #release: () => Promise<void>;
  readonly #factory: IndexFactory;
  readonly #collections = new Map<string, Found>();
  readonly #snapshots: SnapshotFolder;
  readonly #place: Place;
  #aliases!: Aliases;
  #uuid = '';
  /** Creations and deletions, one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(path: string, options: StoreOptions, release: () => Promise<void>) {
    this.path = path;
    this.#place = new Place(path);
    this.#options = options;
    this.#release = release;
    this.#factory = indexFactory(options.threads);
    this.#snapshots = new SnapshotFolder({
      folder: this.#snapshotHome,
      temporary: this.#temporary,
      prefix: 'full-snapshot',
    });
  }

  async load(): Promise<void> {
    const home = join(this.path, 'collections');
    try {
      await makeFolder(home);
      await clearTemporary(this.#temporary);
      await removeUnfinished(this.path);
      this.#uuid = String((await readManifest(join(this.path, 'fletch.json'), formatMajor)).uuid);
      this.#aliases = await Aliases.open(join(this.path, 'aliases.json'));
      const { damage } = this.#aliases;
      if (damage)
        this.#options.onWarning?.({ collection: '', message: damage.message, details: damage.details });
      for (const entry of await collectionFolders(home)) await this.#load(join(home, entry), entry);
    } catch (error) {
      throw describeFileError(error, home);
    }
  }

  async createCollection(name: string, config: CreateCollection): Promise<Collection> {
    checkName(name);
    const vectors = vectorSpecs(withoutGraphs(config));
    const settings = readConfig(config);
    const metadata = config.metadata ?? undefined;
    if (metadata !== undefined) encodePayload(metadata, 'metadata');
    return this.#inTurn(async () => {
      if (this.#collections.has(name))
        throw new FletchError('ALREADY_EXISTS', `There is a collection "${name}" already.`, {
          details: { collection: name },
        });
      if (!this.#aliases.damage && this.#aliases.resolve(name) !== undefined)
        throw new FletchError(
          'INVALID_ARGUMENT',
          `Can't create collection with name ${name}. Alias with the same name already exists`,
          { details: { collection: name } },
        );
      const uuid = randomUUID();
      const manifest = { format: collectionFormat, uuid, name, vectors };
      const folder = join(this.path, 'collections', uuid);
      const temporary = join(this.path, 'collections', NEW + uuid);
      try {
        await mkdir(temporary);
        await StoredCollection.create(temporary, manifest, settings, metadata);
        await writeManifest(join(temporary, 'collection.json'), manifest);
        await rename(temporary, folder);
        await syncFolder(join(this.path, 'collections'));
        return this.#show(folder, await this.#openCollection(folder, manifest));
      } catch (error) {
        throw await this.#takeBack(name, folder, temporary, error);
      }
    });
  }

  collection(name: string): Collection {
    this.#checkOpen();
    const { collection, face } = this.#find(name);
    if (collection instanceof FletchError) throw collection;
    return face!;
  }

  hasCollection(name: string): boolean {
    this.#checkOpen();
    if (this.#collections.has(name)) return true;
    return this.#aliases.damage === undefined && this.#aliases.resolve(name) !== undefined;
  }

  collections(): string[] {
    this.#checkOpen();
    return [...this.#collections.keys()].sort();
  }

  async deleteCollection(name: string): Promise<boolean> {
    return this.#inTurn(async () => {
      const found = this.#collections.get(name);
      if (!found) return false;
      // First the aliases: one that leads nowhere would be worse than a collection without them.
      if (!this.#aliases.damage) await this.#aliases.forget(name);
      crashPoint('delete-after-aliases');
      this.#collections.delete(name);
      try {
        if (found.collection instanceof StoredCollection) await found.collection.close({ save: false });
        const home = join(this.path, 'collections');
        if (found.former !== undefined) await removeFolder(home, found.former);
        await removeFolder(home, found.folder);
      } catch (error) {
        const failure = failed(error, found.folder);
        // Its name stays taken, or two of that name would be found later; deleting can be tried again.
        this.#collections.set(name, { ...found, collection: failure });
        throw failure;
      }
      return true;
    });
  }

  aliases(): AliasDescription[] {
    this.#checkOpen();
    return this.#aliases.list();
  }

  collectionAliases(name: string): AliasDescription[] {
    this.#checkOpen();
    const { collection } = this.#find(name);
    return this.#aliases.list(collection instanceof FletchError ? name : collection.name);
  }

  async updateAliases(actions: readonly AliasAction[]): Promise<void> {
    await this.#inTurn(() => this.#aliases.update(actions, (name) => this.#collections.has(name)));
  }

  async createSnapshot(): Promise<SnapshotDescription> {
    return this.#inTurn(() => createStoreSnapshot(this.#snapshots, this.#copied(), () => this.#aliasPairs()));
  }

  async listSnapshots(): Promise<SnapshotDescription[]> {
    this.#checkOpen();
    return this.#snapshots.list();
  }

  async deleteSnapshot(name: string): Promise<boolean> {
    this.#checkOpen();
    return this.#snapshots.delete(name);
  }

  async snapshotFile(name: string): Promise<string> {
    this.#checkOpen();
    return this.#snapshots.find(name);
  }

  async backup(path: string): Promise<void> {
    await this.#inTurn(() => copyStore(path, this.#uuid, this.#copied(), () => this.#aliasPairs()));
  }

  async recoverSnapshot(asked: string, request: RecoverSnapshot): Promise<void> {
    this.#checkOpen();
    await this.#place.check();
    const name = this.#targetOf(asked);
    checkName(name);
    const own = snapshotsOf(this.#snapshotsOf(name), request.shard);
    const limits = {
      snapshots: this.#snapshotHome,
      temporary: this.#temporary,
      urls: this.#options.snapshotUrls !== false,
    };
    await withSource(request, own, limits, (file) => this.#inTurn(() => this.#recover(name, file)));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#last;
    try {
      const open = [...this.#collections.values()].map(({ collection }) => collection);
      const results = await Promise.allSettled(
        open.map((collection) => (collection instanceof StoredCollection ? collection.close() : undefined)),
      );
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    } finally {
      await this.#release();
    }
  }

  /** Restores beside the collection, then takes its place: the renamed folder says whom it replaces. */
  async #recover(name: string, file: string): Promise<void> {
    const home = join(this.path, 'collections');
    const old = this.#collections.get(name);
    const opened = old?.collection instanceof StoredCollection ? old.collection : undefined;
    const uuid = randomUUID();
    const temporary = join(home, NEW + uuid);
    const folder = join(home, uuid);
    let collection: StoredCollection;
    try {
      await mkdir(temporary);
      const manifest = await restoreCollection(file, temporary, {
        name,
        uuid,
        ...(old && { replaces: basename(old.folder) }),
        ...(opened && { keep: await opened.identity() }),
      });
      crashPoint('recover-before-rename');
      await rename(temporary, folder);
      await syncFolder(home);
      crashPoint('recover-after-rename');
      collection = await this.#openCollection(folder, manifest);
    } catch (error) {
      const failure = await this.#takeBack(name, folder, temporary, error);
      if (this.#collections.get(name) !== old) await opened?.close({ save: false }).catch(() => undefined);
      throw failure;
    }
    this.#show(folder, collection);
    if (!old) return;
    try {
      await opened?.close({ save: false });
      if (old.former !== undefined) await removeFolder(home, old.former);
      await removeFolder(home, old.folder);
    } catch (error) {
      this.#collections.set(name, { ...this.#collections.get(name)!, former: old.folder });
      const { message, details } = failed(error, old.folder);
      this.#options.onWarning?.({
        collection: name,
        message: `What "${name}" held before could not be removed, and is when the store is opened again: ${message}`,
        details,
      });
    }
  }

  /**
   * Undoes what failed half-way, out of sight first: half a collection must not take anybody's place when the store
   * is opened again. Returns the error to throw. When even that fails, the name stands for it.
   */
  async #takeBack(name: string, folder: string, temporary: string, error: unknown): Promise<FletchError> {
    const failure = failed(error, folder);
    const hidden = await rename(folder, temporary).then(
      () => true,
      ({ code }: NodeJS.ErrnoException) => code === 'ENOENT',
    );
    if (hidden) await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    else this.#collections.set(name, { folder, collection: failure });
    return failure;
  }

  /** Makes an opened collection one that is found. */
  #show(folder: string, collection: StoredCollection): Collection {
    const face = guarded<Collection>(collection, collection.strict);
    this.#collections.set(collection.name, { folder, collection, face });
    return face;
  }

  /** The name of a collection that a name or an alias stands for. */
  #targetOf(name: string): string {
    return this.#collections.has(name) ? name : (this.#aliases.resolve(name) ?? name);
  }

  #find(name: string): Found {
    const found = this.#collections.get(this.#targetOf(name));
    if (found) return found;
    throw new FletchError('NOT_FOUND', `There is no collection "${name}".`, {
      details: { collection: name },
    });
  }

  #copied(): Copied[] {
    return [...this.#collections.entries()].map(([name, { collection, folder }]) => {
      if (collection instanceof FletchError) throw collection;
      return { name, uuid: basename(folder), copy: (target) => collection.copyTo(target) };
    });
  }

  #aliasPairs(): (readonly [string, string])[] {
    return this.#aliases.list().map(({ alias_name, collection_name }) => [alias_name, collection_name]);
  }

  #snapshotsOf(name: string): SnapshotFolders {
    return collectionSnapshots(this.#snapshotHome, this.#temporary, name, this.#peer);
  }

  get #snapshotHome(): string {
    return join(this.path, 'snapshots');
  }

  get #temporary(): string {
    return join(this.path, 'temporary');
  }

  /** A number that tells this store from others, in the names of snapshots. */
  get #peer(): number {
    return Number.parseInt(this.#uuid.replaceAll('-', '').slice(0, 12), 16) || 0;
  }

  async #load(folder: string, entry: string): Promise<void> {
    let name = entry;
    try {
      const manifest = await readCollectionManifest(folder);
      name = manifest.name;
      if (manifest.uuid !== entry || this.#collections.get(name)?.collection instanceof StoredCollection)
        throw new FletchError('CORRUPT', `${folder} holds the files of another collection, "${name}".`, {
          details: { path: folder, collection: name },
        });
      this.#show(folder, await this.#openCollection(folder, manifest));
    } catch (error) {
      if (!isFletchError(error, 'CORRUPT') && !isFletchError(error, 'FORMAT_TOO_NEW')) throw error;
      if (typeof error.details.name === 'string') name = error.details.name;
      if (!this.#collections.has(name)) this.#collections.set(name, { folder, collection: error });
      this.#options.onWarning?.({ collection: name, message: error.message, details: error.details });
    }
  }

  #openCollection(folder: string, manifest: CollectionManifest): Promise<StoredCollection> {
    const { onWarning } = this.#options;
    const snapshots = this.#snapshotsOf(manifest.name);
    const resolve = (name: string) => {
      const found = this.#collections.get(this.#targetOf(name))?.collection;
      return found instanceof StoredCollection ? found : undefined;
    };
    return StoredCollection.open({
      folder,
      manifest,
      snapshots,
      factory: this.#factory,
      onWarning,
      resolve,
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#checkOpen();
    const done = this.#last.then(() => this.#place.check()).then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  #checkOpen(): void {
    if (this.#closing) throw new FletchError('CLOSED', `The store ${this.path} is closed.`);
  }
}

/** An error of the file system, or any other, as one that can be told. */
function failed(error: unknown, path: string): FletchError {
  const described = describeFileError(error, path);
  if (isFletchError(described)) return described;
  const { message } = error as Error;
  return new FletchError('IO', `Writing ${path} failed: ${message}`, { details: { path }, cause: error });
}
