/**
 * What reads are made on.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { View } from '../store/view.js';
import type { PayloadFieldSchema } from '../types/index.js';

/** A collection as its reads see it. */
export interface QuerySource {
  readonly name: string;
  /** The state of now; whoever asks for it releases it. */
  view(): View;
  /** Declared payload indexes. */
  schema(): { readonly [field: string]: PayloadFieldSchema };
  /** Another collection of the store, for lookups; undefined when there is none of that name. */
  resolve(collection: string): Pick<QuerySource, 'view'> | undefined;
}

/** The views that one request needs: its collection's, and those of collections it looks things up in. */
export class Views {
  readonly own: View;
  readonly #source: QuerySource;
  readonly #others = new Map<string, View>();

  constructor(source: QuerySource) {
    this.#source = source;
    this.own = source.view();
  }

  get source(): QuerySource {
    return this.#source;
  }

  /**
   * The view of a collection.
   *
   * @throws FletchError `NOT_FOUND`
   */
  of(collection: string): View {
    if (collection === this.#source.name) return this.own;
    let view = this.#others.get(collection);
    if (view) return view;
    view = this.#source.resolve(collection)?.view();
    if (!view)
      throw new FletchError('NOT_FOUND', `Collection ${collection} not found`, { details: { collection } });
    this.#others.set(collection, view);
    return view;
  }

  release(): void {
    this.own.release();
    for (const view of this.#others.values()) view.release();
  }
}
