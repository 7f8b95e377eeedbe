/**
 * Which rows of an index hold the tokens of which point.
 *
 * @module
 */
import { Bitset } from '../index/bitset.js';
import type { RowGroups } from '../index/types.js';

/** Points' rows and the rows of their tokens; a point's tokens are in ascending order of their rows. */
export class TokenRows {
  readonly #tokensOf = new Map<number, Uint32Array>();
  /** By token row: the point's row + 1, or 0. */
  #pointOf = new Uint32Array(256);
  /** Token rows below the end that are free. */
  #free: number[] = [];
  #end = 0;
  #count = 0;

  /** Number of points. */
  get size(): number {
    return this.#tokensOf.size;
  }

  /** Number of tokens. */
  get count(): number {
    return this.#count;
  }

  has(point: number): boolean {
    return this.#tokensOf.has(point);
  }

  tokens(point: number): Uint32Array | undefined {
    return this.#tokensOf.get(point);
  }

  points(): IterableIterator<number> {
    return this.#tokensOf.keys();
  }

  /** The point of a token row that is in use. */
  point(token: number): number {
    return this.#pointOf[token]! - 1;
  }

  /** Takes rows for tokens; they are no point's until {@link place}. */
  allocate(tokens: number): Uint32Array {
    return Uint32Array.from({ length: tokens }, () => this.#free.pop() ?? this.#end++).sort();
  }

  /** Gives rows back. */
  release(rows: Iterable<number>): void {
    for (const row of rows) this.#free.push(row);
  }

  /** Makes allocated rows those of a point. */
  place(point: number, rows: Uint32Array): void {
    const last = rows.at(-1) ?? 0;
    if (last >= this.#pointOf.length) {
      const grown = new Uint32Array(Math.max(last + 1, this.#pointOf.length * 2));
      grown.set(this.#pointOf);
      this.#pointOf = grown;
    }
    this.#tokensOf.set(point, rows);
    this.#count += rows.length;
    for (const row of rows) this.#pointOf[row] = point + 1;
  }

  /** Takes the rows of a point away and gives them back. */
  remove(point: number): void {
    const rows = this.#tokensOf.get(point);
    if (!rows) return;
    this.#tokensOf.delete(point);
    this.#count -= rows.length;
    for (const row of rows) this.#pointOf[row] = 0;
    this.release(rows);
  }

  /** Token rows of some points as bits. */
  bits(points: Iterable<number>): Bitset {
    const bits = new Bitset(this.#end);
    for (const point of points) for (const row of this.#tokensOf.get(point) ?? []) bits.add(row);
    return bits;
  }

  /** Token rows of some points, all of which have some. */
  groups(points: ArrayLike<number>): RowGroups {
    const starts = new Uint32Array(points.length + 1);
    for (let i = 0; i < points.length; i++)
      starts[i + 1] = starts[i]! + this.#tokensOf.get(points[i]!)!.length;
    const rows = new Uint32Array(starts[points.length]!);
    for (let i = 0; i < points.length; i++) rows.set(this.#tokensOf.get(points[i]!)!, starts[i]!);
    return { rows, starts };
  }

  /** Everything as text, for {@link read}. */
  write(): string {
    return Buffer.from(this.#pointOf.buffer, 0, this.#end * 4).toString('base64');
  }

  /** What {@link write} wrote. */
  static read(text: string): TokenRows {
    const bytes = Buffer.from(text, 'base64');
    const known = new Uint32Array(new Uint8Array(bytes).buffer, 0, bytes.length >>> 2);
    const read = new TokenRows();
    read.#end = known.length;
    const rows = new Map<number, number[]>();
    known.forEach((owner, row) => {
      if (owner === 0) read.#free.push(row);
      else if (rows.get(owner - 1)?.push(row) === undefined) rows.set(owner - 1, [row]);
    });
    for (const [point, tokens] of rows) read.place(point, Uint32Array.from(tokens));
    return read;
  }
}
