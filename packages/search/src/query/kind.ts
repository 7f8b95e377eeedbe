/**
 * What a kind of query can do.
 *
 * @module
 */
import type { Hits } from './hits.js';
import type { Scope } from './scope.js';

/** A query that was read, with the vectors of its ids. */
export interface QueryKind {
  /** Which scores are better; undefined when hits come in no order. Default: the larger ones. */
  readonly order?: 'larger' | 'smaller' | 'none';
  /** Finds the best `count` points of a scope. Throws when the query only works on prefetches. */
  search(scope: Scope, count: number): Promise<Hits>;
  /**
   * Orders what prefetches found, where {@link search} in the scope of all of it would not do.
   *
   * @param lists - what each prefetch found, in their order
   */
  fuse?(lists: readonly Hits[], scope: Scope, count: number): Promise<Hits>;
}
