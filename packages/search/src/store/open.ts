/**
 * Opening a store.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describeFileError, FletchError, isFletchError, syncFolder } from '@fletch/base';
import { createFlatIndex, createHnswIndex, loadIndex } from '../index/create.js';
import type { CreateCollection } from '../types/index.js';
import { StoredCollection } from './collection.js';
import type { IndexFactory } from './indexes.js';
import { takeLock } from './lock.js';
import {
  type CollectionManifest,
  formatMajor,
  makeFolder,
  prepareStore,
  readCollectionManifest,
  writeManifest,
} from './manifest.js';
import { checkName } from './names.js';
import { encodePayload } from './payload.js';
import type { Collection, Store, StoreOptions } from './types.js';
import { vectorSpecs } from './vectors.js';

/** Begins the names of folders that are not collections yet, or no longer. */
const NEW = '.new-';
const GONE = '.gone-';

/**
 * Opens the store in the folder `path`, making one when the folder is empty or not there.
 *
 * A collection that cannot be opened is reported to `onWarning` and throws `CORRUPT` when it is asked for; the
 * others work.
 *
 * @throws FletchError `LOCKED` when another process has it open, `INVALID_ARGUMENT` when the path is something
 *   else, `FORMAT_TOO_NEW`, `CORRUPT`, `IO`
 * @example
 * ```ts
 * const store = await open('./my-store');
 * const notes = await store.createCollection('notes', { vectors: { size: 3, distance: 'Cosine' } });
 * await notes.upsert([{ id: 1, vector: [1, 0, 0], payload: { topic: 'birds' } }]);
 * const hits = await notes.query({ query: [0.9, 0.1, 0], limit: 1, with_payload: true });
 * await store.close();
 * ```
 */
export async function open(path: string, options: StoreOptions = {}): Promise<Store> {
  const folder = await prepareStore(path);
  const release = await takeLock(folder);
  const store = new FolderStore(folder, options, release);
  try {
    await store.load();
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

class FolderStore implements Store {
  readonly path: string;
  readonly #options: StoreOptions;
  readonly #release: () => Promise<void>;
  readonly #factory: IndexFactory;
  readonly #collections = new Map<string, { folder: string; collection: StoredCollection | FletchError }>();
  /** Creations and deletions, one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(path: string, options: StoreOptions, release: () => Promise<void>) {
    this.path = path;
    this.#options = options;
    this.#release = release;
    this.#factory = indexFactory(options.threads);
  }

  async load(): Promise<void> {
    const home = join(this.path, 'collections');
    try {
      await makeFolder(home);
      for (const entry of await readdir(home)) {
        const folder = join(home, entry);
        if (entry.startsWith(NEW) || entry.startsWith(GONE))
          await rm(folder, { recursive: true, force: true });
        else if (!entry.startsWith('.')) await this.#load(folder, entry);
      }
    } catch (error) {
      throw describeFileError(error, home);
    }
  }

  async createCollection(name: string, config: CreateCollection): Promise<Collection> {
    checkName(name);
    const vectors = vectorSpecs(config);
    const metadata = config.metadata ?? undefined;
    if (metadata !== undefined) encodePayload(metadata, 'metadata');
    return this.#inTurn(async () => {
      if (this.#collections.has(name))
        throw new FletchError('ALREADY_EXISTS', `There is a collection "${name}" already.`, {
          details: { collection: name },
        });
      const uuid = randomUUID();
      const manifest = { format: formatMajor, uuid, name, vectors };
      const folder = join(this.path, 'collections', uuid);
      const temporary = join(this.path, 'collections', NEW + uuid);
      try {
        await mkdir(temporary);
        await StoredCollection.create(temporary, manifest, metadata);
        await writeManifest(join(temporary, 'collection.json'), manifest);
        await rename(temporary, folder);
        await syncFolder(join(this.path, 'collections'));
      } catch (error) {
        await rm(temporary, { recursive: true, force: true });
        throw describeFileError(error, folder);
      }
      const collection = await this.#openCollection(folder, manifest);
      this.#collections.set(name, { folder, collection });
      return collection;
    });
  }

  collection(name: string): Collection {
    this.#checkOpen();
    const found = this.#collections.get(name)?.collection;
    if (found === undefined)
      throw new FletchError('NOT_FOUND', `There is no collection "${name}".`, {
        details: { collection: name },
      });
    if (found instanceof FletchError) throw found;
    return found;
  }

  hasCollection(name: string): boolean {
    this.#checkOpen();
    return this.#collections.has(name);
  }

  collections(): string[] {
    this.#checkOpen();
    return [...this.#collections.keys()].sort();
  }

  async deleteCollection(name: string): Promise<boolean> {
    return this.#inTurn(async () => {
      const found = this.#collections.get(name);
      if (!found) return false;
      const gone = join(this.path, 'collections', GONE + randomUUID());
      this.#collections.delete(name);
      try {
        if (found.collection instanceof StoredCollection) await found.collection.close({ save: false });
        await rename(found.folder, gone);
        await syncFolder(join(this.path, 'collections'));
        await rm(gone, { recursive: true, force: true });
      } catch (error) {
        throw describeFileError(error, found.folder);
      }
      return true;
    });
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

  async #load(folder: string, entry: string): Promise<void> {
    let name = entry;
    try {
      const manifest = await readCollectionManifest(folder);
      name = manifest.name;
      if (manifest.uuid !== entry || this.#collections.get(name)?.collection instanceof StoredCollection)
        throw new FletchError('CORRUPT', `${folder} holds the files of another collection, "${name}".`, {
          details: { path: folder, collection: name },
        });
      this.#collections.set(name, { folder, collection: await this.#openCollection(folder, manifest) });
    } catch (error) {
      if (!isFletchError(error, 'CORRUPT') && !isFletchError(error, 'FORMAT_TOO_NEW')) throw error;
      if (typeof error.details.name === 'string') name = error.details.name;
      if (!this.#collections.has(name)) this.#collections.set(name, { folder, collection: error });
      this.#options.onWarning?.({ collection: name, message: error.message, details: error.details });
    }
  }

  #openCollection(folder: string, manifest: CollectionManifest): Promise<StoredCollection> {
    const { onWarning } = this.#options;
    const resolve = (name: string) => {
      const found = this.#collections.get(name)?.collection;
      return found instanceof StoredCollection ? found : undefined;
    };
    return StoredCollection.open({ folder, manifest, factory: this.#factory, onWarning, resolve });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#checkOpen();
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  #checkOpen(): void {
    if (this.#closing) throw new FletchError('CLOSED', `The store ${this.path} is closed.`);
  }
}

function indexFactory(threads: number | undefined): IndexFactory {
  return {
    create: ({ dimension, distance, hnsw }) => {
      const common = { dimension, distance, ...threadOption(hnsw.max_indexing_threads || threads) };
      // Without links there is no graph: every search compares all.
      return hnsw.m === 0
        ? createFlatIndex(common)
        : createHnswIndex({ ...common, m: Math.max(2, hnsw.m), efConstruction: hnsw.ef_construct });
    },
    load: (path) => loadIndex(path, threadOption(threads)),
  };
}

function threadOption(threads: number | undefined): { threads?: number } {
  return threads ? { threads } : {};
}
