/**
 * What a read sees: one state of a collection, however long the read takes.
 *
 * @module
 */
import type { Column } from '../filter/column.js';
import type { Path } from '../filter/path.js';
import type { Bitset } from '../index/bitset.js';
import type { VectorSpace } from '../space/types.js';
import type { Filter, PointId } from '../types/index.js';
import type { PointRow } from './environment.js';

/** What a read may ask of a payload field: which values there are, in how many rows, and in which. */
export type FieldValues = Pick<Column, 'counts' | 'countsOf' | 'rowsOf'>;

/**
 * The state of the collection at the moment the view was made, until it is released: writes go on beside it and do
 * not show. What they replace is kept for the view, so release it soon, in a `finally`. When more than 256 MiB of
 * payloads and vectors would have to be kept, the oldest views are given up: everything asked of them then throws
 * `UNAVAILABLE`.
 */
export interface View {
  /** Rows of all points; not to be changed. */
  readonly live: Bitset;
  /** Number of points. */
  readonly count: number;
  row(id: PointId): number | undefined;
  /** The id of a live row. */
  id(row: number): PointId;
  /** Payload and version of a live row. */
  point(row: number): PointRow;
  /** The live rows that match, not to be changed. Throws `INVALID_FILTER`. */
  matching(filter: Filter): Promise<Bitset>;
  /** The rows that a search of a space may return; undefined when that is all it holds. */
  searchable(filter: Filter | null | undefined): Promise<Bitset | undefined>;
  /** A payload field turned around; undefined when it would take too much memory. */
  column(path: Path): Promise<FieldValues | undefined>;
  /** Points in order of their ids, from `start` on. */
  ordered(start?: PointId): Iterable<{ id: PointId; row: number }>;
  /** The vectors called `name`. Throws `INVALID_ARGUMENT` naming those that there are. */
  space(name: string, at: string): VectorSpace;
  /** Names of all vectors; `''` is the unnamed one. */
  readonly vectorNames: readonly string[];
  release(): void;
}
