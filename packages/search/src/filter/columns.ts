/**
 * The columns of a collection: those of declared payload indexes, and those that filters made on first use.
 *
 * @module
 */
import type { Payload } from '../types/index.js';
import { Column } from './column.js';
import type { Path } from './path.js';

/** Gives every live row with its payload. */
export type PayloadScan = () => Iterable<{ row: number; payload: Payload }>;

/** Default limit of the memory of columns that nobody declared, in bytes. */
const TRANSIENT_BYTES = 256 * 2 ** 20;

/** Builds columns on first use, several in one scan, and keeps them up to date. */
export class Columns {
  readonly #scan: PayloadScan;
  readonly #limit: number;
  readonly #columns = new Map<string, Column>();
  readonly #declared = new Set<string>();
  /** Paths whose column alone would pass the limit. */
  readonly #tooLarge = new Set<string>();

  constructor(scan: PayloadScan, limit: number = TRANSIENT_BYTES) {
    this.#scan = scan;
    this.#limit = limit;
  }

  /** Whether a write has any column to keep up to date. */
  get used(): boolean {
    return this.#columns.size > 0;
  }

  /** Keeps the column of `path` whatever its size; it is still built on first use. */
  declare(path: Path): void {
    this.#declared.add(path.text);
    this.#tooLarge.delete(path.text);
  }

  /** Lets the column of `path` go when memory is short. */
  undeclare(path: Path): void {
    this.#declared.delete(path.text);
  }

  /** Builds the missing ones of these columns in one scan. */
  prepare(paths: Iterable<Path>): void {
    const missing = new Map<string, Column>();
    for (const path of paths)
      if (!this.#columns.has(path.text) && !this.#tooLarge.has(path.text))
        missing.set(path.text, new Column(path));
    if (missing.size === 0) return;
    for (const { row, payload } of this.#scan())
      for (const [text, column] of missing) {
        column.add(row, payload);
        if (column.bytes <= this.#limit || this.#declared.has(text)) continue;
        missing.delete(text);
        this.#tooLarge.add(text);
      }
    for (const [text, column] of missing) this.#columns.set(text, column);
    this.#trim(missing);
  }

  /** The column of a path, built when needed; undefined when it would take too much memory. */
  get(path: Path): Column | undefined {
    this.prepare([path]);
    const column = this.#columns.get(path.text);
    if (column && !this.#declared.has(path.text)) {
      // The map's order is that of last use.
      this.#columns.delete(path.text);
      this.#columns.set(path.text, column);
    }
    return column;
  }

  add(row: number, payload: Payload): void {
    for (const column of this.#columns.values()) column.add(row, payload);
  }

  remove(row: number, payload: Payload): void {
    for (const column of this.#columns.values()) column.remove(row, payload);
  }

  /** Drops the transient columns that were used longest ago until the rest fits. */
  #trim(keep: ReadonlyMap<string, Column>): void {
    const transient = [...this.#columns].filter(([text]) => !this.#declared.has(text));
    let bytes = transient.reduce((sum, [, column]) => sum + column.bytes, 0);
    for (const [text, column] of transient) {
      if (bytes <= this.#limit) return;
      if (keep.has(text)) continue;
      this.#columns.delete(text);
      bytes -= column.bytes;
    }
  }
}
