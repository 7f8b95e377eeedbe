/**
 * What the handlers work on.
 *
 * @module
 */
import type { Collection, Store } from '@fletch/search';
import type { Encoders } from './encoders.js';
import { HttpError, notFound } from './http/errors.js';
import type { Telemetry } from './telemetry/telemetry.js';

export interface Services {
  readonly store: Store;
  readonly encoders: Encoders;
  readonly telemetry: Telemetry;
  /** Largest snapshot that may be uploaded, in bytes. */
  readonly maxSnapshotBytes?: number;
}

/** What a collection's name may not hold, as file systems cannot. */
const UNFIT = '<>:"/\\|?*\0\u001f';

/** Throws HttpError 422 for a name that no new collection can have. */
export function checkNewName(name: string): void {
  const bad = [...UNFIT].find((character) => name.includes(character));
  if (bad)
    throw new HttpError(
      422,
      `Validation error in path parameters: [name: collection name cannot contain ${JSON.stringify(bad)} char]`,
    );
}

/** The collection of that name. Throws HttpError 404 in Qdrant's words. */
export function collectionOf(services: Services, name: string): Collection {
  if (!services.store.hasCollection(name)) throw notFound(`Collection \`${name}\` doesn't exist!`);
  return services.store.collection(name);
}
