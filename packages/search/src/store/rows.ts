/**
 * Which point stands in which row.
 *
 * @module
 */
import { Bitset } from '../index/bitset.js';
import type { PointId } from '../types/index.js';

/** Ids and rows of the live points, and the rows that are free. */
export class Rows {
  readonly #rowOf = new Map<PointId, number>();
  readonly #idOf: (PointId | undefined)[] = [];
  readonly #free: number[] = [];
  #live = new Bitset();

  /** Rows of live points. */
  get live(): Bitset {
    return this.#live;
  }

  /** Leaves {@link live} as it is to those who have it: it is another object from now on. */
  leaveLive(): void {
    this.#live = this.#live.clone();
  }

  /** Number of live points. */
  get size(): number {
    return this.#rowOf.size;
  }

  row(id: PointId): number | undefined {
    return this.#rowOf.get(id);
  }

  id(row: number): PointId | undefined {
    return this.#idOf[row];
  }

  ids(): IterableIterator<PointId> {
    return this.#rowOf.keys();
  }

  /** Takes a row that nothing stands in; it is not live until {@link place}. */
  allocate(): number {
    const row = this.#free.pop() ?? this.#idOf.length;
    if (row === this.#idOf.length) this.#idOf.push(undefined);
    return row;
  }

  /** Gives rows back. */
  release(rows: Iterable<number>): void {
    for (const row of rows) this.#free.push(row);
  }

  /** Puts a point into an allocated row. */
  place(id: PointId, row: number): void {
    while (this.#idOf.length <= row) this.#idOf.push(undefined);
    this.#idOf[row] = id;
    this.#rowOf.set(id, row);
    this.#live.add(row);
  }

  /** Takes the point out of a row, which stays allocated until {@link release}. */
  clear(row: number): void {
    const id = this.#idOf[row];
    if (id === undefined) return;
    this.#idOf[row] = undefined;
    this.#live.delete(row);
    if (this.#rowOf.get(id) === row) this.#rowOf.delete(id);
  }

  /** Frees every row that nothing stands in; for use once all points were placed on opening. */
  freeGaps(): void {
    for (let row = this.#idOf.length - 1; row >= 0; row--)
      if (this.#idOf[row] === undefined) this.#free.push(row);
  }
}
