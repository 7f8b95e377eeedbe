/**
 * Building columns bit by bit, while writes go on between the bits.
 *
 * @module
 */
import type { Payload } from '../types/index.js';
import type { Column } from './column.js';
import type { PayloadScan } from './columns.js';

/** Rows between two looks at the clock. */
const ROWS_AT_ONCE = 32;

/** Columns on their way. A write between two scans is told of rows that were scanned already; others come later. */
export class ColumnBuild {
  /** By key. One that is taken out is not built on. */
  readonly columns: Map<string, Column>;
  /** Resolves when the columns are in use. */
  finished: Promise<void> | undefined;
  readonly #scan: PayloadScan;
  readonly #fits: (key: string, column: Column) => boolean;
  /** The first row that is not scanned yet. */
  #next = 0;

  /** @param fits - asked after every row whether a column may grow on */
  constructor(
    columns: Map<string, Column>,
    scan: PayloadScan,
    fits: (key: string, column: Column) => boolean,
  ) {
    this.columns = columns;
    this.#scan = scan;
    this.#fits = fits;
  }

  /** Goes on until the time `until` (of `performance.now()`). Whether all rows are scanned. */
  scan(until: number): boolean {
    let rows = 0;
    for (const { row, payload } of this.#scan(this.#next)) {
      if (++rows % ROWS_AT_ONCE === 0 && performance.now() >= until) return false;
      if (this.columns.size === 0) break;
      this.#next = row + 1;
      this.#add(row, payload);
    }
    this.#next = Number.POSITIVE_INFINITY;
    return true;
  }

  /** A write added a row. */
  add(row: number, payload: Payload): void {
    if (row < this.#next) this.#add(row, payload);
  }

  /** A write removed a row. */
  remove(row: number, payload: Payload): void {
    if (row < this.#next) for (const column of this.columns.values()) column.remove(row, payload);
  }

  #add(row: number, payload: Payload): void {
    for (const [key, column] of this.columns) {
      column.add(row, payload);
      if (!this.#fits(key, column)) this.columns.delete(key);
    }
  }
}
