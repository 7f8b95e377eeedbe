/**
 * What is found wrong with a store, and what can be done about it.
 *
 * @module
 */

/** What `repair` does about a problem: by itself, only when told to drop what is damaged, or not at all. */
export type Remedy = 'rebuild' | 'drop' | 'none';

/** Something that is wrong with a store. */
export interface StoreProblem {
  /** Name of the collection; absent for what belongs to the whole store. */
  readonly collection?: string;
  readonly path: string;
  /** Table of the database file, and key of the damaged entry in it. */
  readonly table?: string;
  readonly key?: string | number;
  readonly message: string;
  readonly remedy: Remedy;
}

/** What was looked at. */
export interface StoreReport {
  readonly path: string;
  readonly collections: { readonly name: string; readonly points: number; readonly entries: number }[];
  readonly snapshots: number;
  readonly problems: StoreProblem[];
}

/** Problems of one kind that are listed one by one; the rest is counted. */
export const LISTED = 1000;
