/**
 * Opening a store.
 *
 * @module
 */
import { FolderStore } from './folder-store.js';
import { lockStore } from './lock.js';
import { prepareStore } from './manifest.js';
import type { Store, StoreOptions } from './types.js';

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
  const release = await lockStore(folder);
  const store = new FolderStore(folder, options, release);
  try {
    await store.load();
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}
