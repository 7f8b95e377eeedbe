/**
 * The store that a command works on.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { type Collection, open, type Store } from '@fletch/search';
import { textCollectionFacts } from '@fletch/text';
import type { StoreOptions } from './options.js';
import { note, type Terminal } from './terminal.js';

/** Runs `work` on the opened store and closes it, whatever happens. */
export async function withOpenStore<T>(
  terminal: Terminal,
  options: StoreOptions & { readonly snapshotUrls?: boolean },
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const { snapshotUrls } = options;
  const store = await open(options.store, {
    ...(snapshotUrls !== undefined && { snapshotUrls }),
    onWarning: ({ collection, message }) => note(terminal, `Warning: collection "${collection}": ${message}`),
  });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** The name asked for, or the only one there is. Throws `NOT_FOUND` with the names there are. */
export function chooseName(names: readonly string[], asked: string | undefined, place: string): string {
  if (asked !== undefined && names.includes(asked)) return asked;
  if (asked === undefined && names.length === 1) return names[0]!;
  if (names.length === 0)
    throw new FletchError(
      'NOT_FOUND',
      `There is no collection in ${place} yet: make one with fletch index <files…>.`,
    );
  const listed = names.map((each) => `"${each}"`).join(', ');
  throw new FletchError(
    'NOT_FOUND',
    asked === undefined
      ? `There are several collections in ${place}, choose one with --collection: ${listed}.`
      : `There is no collection "${asked}" in ${place}. There are: ${listed}.`,
  );
}

/** The collection of that name, or the only one there is. */
export function chooseCollection(store: Store, asked: string | undefined): Collection {
  return store.collection(chooseName(store.collections(), asked, store.path));
}

/** The name of the encoder that fills the collection. Throws `INVALID_ARGUMENT` when it has none. */
export function encoderOf(collection: Collection, asked: string | undefined): string {
  const name = asked ?? textCollectionFacts(collection)?.encoder;
  if (name !== undefined) return name;
  throw new FletchError(
    'INVALID_ARGUMENT',
    `The collection "${collection.name}" does not say which encoder made its vectors: name it with --encoder.`,
  );
}
