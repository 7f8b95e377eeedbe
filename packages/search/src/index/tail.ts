/**
 * The rows that are not linked into the graph yet, as a list in WebAssembly memory that searches scan.
 *
 * @module
 */
import { Area, Header, State } from '@fletch/kernels';
import type { Rows } from './rows.js';

/** First in, first linked. */
export class Tail {
  readonly #rows: Rows;
  #list: number[] = [];
  #area: Area;

  constructor(rows: Rows) {
    this.#rows = rows;
    this.#area = new Area(rows.arena);
  }

  get size(): number {
    return this.#list.length;
  }

  /** Room for `more` rows. Throws `OUT_OF_MEMORY`. */
  reserve(more: number): void {
    const need = (this.#list.length + more) * 4;
    if (need <= this.#area.bytes) return;
    this.#area.ensure(need);
    this.#publish();
  }

  /** Appends rows, and marks them as found through the list. */
  push(rows: ArrayLike<number>): void {
    this.reserve(rows.length);
    for (let i = 0; i < rows.length; i++) {
      this.#rows.setState(rows[i]!, State.tail);
      this.#list.push(rows[i]!);
    }
    this.#publish();
  }

  /** The first `count` rows. */
  first(count: number): readonly number[] {
    return this.#list.slice(0, count);
  }

  /** Drops rows from the list. */
  drop(rows: ReadonlySet<number>): void {
    this.#list = this.#list.filter((row) => !rows.has(row));
    for (const row of rows) this.#rows.setState(row, 0, State.tail);
    this.#publish();
  }

  #publish(): void {
    this.#rows.arena.words.set(this.#list, this.#area.address >>> 2);
    this.#rows.setHeader(Header.tail, this.#area.address);
    this.#rows.setHeader(Header.tailCount, this.#list.length);
  }
}
