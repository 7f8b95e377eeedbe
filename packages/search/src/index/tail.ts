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
  readonly #area: Area;
  /** Rows that were dropped from the front of the area. */
  #head = 0;
  #size = 0;

  constructor(rows: Rows) {
    this.#rows = rows;
    this.#area = new Area(rows.arena);
  }

  get size(): number {
    return this.#size;
  }

  /** Room for `more` rows. Throws `OUT_OF_MEMORY`. */
  reserve(more: number): void {
    if ((this.#head + this.#size + more) * 4 <= this.#area.bytes) return;
    const list = this.#list().slice();
    this.#area.ensure((list.length + more) * 4);
    this.#head = 0;
    this.#rows.arena.words.set(list, this.#area.address >>> 2);
    this.#publish();
  }

  /** Appends rows, and marks them as found through the list. */
  push(rows: ArrayLike<number>): void {
    this.reserve(rows.length);
    for (let i = 0; i < rows.length; i++) this.#rows.setState(rows[i]!, State.tail);
    this.#rows.arena.words.set(rows, (this.#area.address >>> 2) + this.#head + this.#size);
    this.#size += rows.length;
    this.#publish();
  }

  /** The first `count` rows. */
  first(count: number): Uint32Array {
    return this.#list().slice(0, count);
  }

  /** Drops the first `count` rows. */
  dropFirst(count: number): void {
    for (const row of this.#list().subarray(0, count)) this.#rows.setState(row, 0, State.tail);
    this.#head += count;
    this.#size -= count;
    this.#publish();
  }

  /** Drops rows wherever they are. */
  drop(rows: ReadonlySet<number>): void {
    for (const row of rows) this.#rows.setState(row, 0, State.tail);
    const kept = this.#list().filter((row) => !rows.has(row));
    if (kept.length === this.#size) return;
    this.#list().set(kept);
    this.#size = kept.length;
    this.#publish();
  }

  #list(): Uint32Array {
    const start = (this.#area.address >>> 2) + this.#head;
    return this.#rows.arena.words.subarray(start, start + this.#size);
  }

  #publish(): void {
    if (this.#size === 0) this.#head = 0;
    this.#rows.setHeader(Header.tail, this.#area.address + 4 * this.#head);
    this.#rows.setHeader(Header.tailCount, this.#size);
  }
}
