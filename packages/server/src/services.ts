/**
 * What the handlers work on.
 *
 * @module
 */
import type { Collection, Store } from '@fletch/search';
import type { Encoders } from './encoders.js';
import { notFound } from './http/errors.js';
import type { Telemetry } from './telemetry/telemetry.js';

export interface Services {
  readonly store: Store;
  readonly encoders: Encoders;
  readonly telemetry: Telemetry;
}

/** The collection of that name. Throws HttpError 404 in Qdrant's words. */
export function collectionOf(services: Services, name: string): Collection {
  if (!services.store.hasCollection(name)) throw notFound(`Collection \`${name}\` doesn't exist!`);
  return services.store.collection(name);
}
