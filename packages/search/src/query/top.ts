/**
 * The best of many scores, without sorting them all.
 *
 * @module
 */
import type { Hits } from './hits.js';

const FIRST = 1024;

/** Keeps the `count` largest scores that it is offered; of equal ones those of smaller rows. */
export class Top {
  readonly #count: number;
  /** A heap whose root is the worst that is kept. */
  #rows: Uint32Array;
  #scores: Float32Array;
  #size = 0;

  constructor(count: number) {
    this.#count = count;
    this.#rows = new Uint32Array(Math.min(count, FIRST));
    this.#scores = new Float32Array(this.#rows.length);
  }

  /** Offers a row; NaN counts as the worst score. */
  offer(row: number, score: number): void {
    const rounded = Number.isNaN(score) ? -Infinity : Math.fround(score);
    if (this.#size < this.#count) {
      if (this.#size === this.#rows.length) this.#grow();
      this.#up(this.#size++, row, rounded);
    } else if (this.#count > 0 && worse(this.#scores[0]!, this.#rows[0]!, rounded, row))
      this.#down(0, row, rounded, this.#size);
  }

  /** What was kept, best first. The selection is over then. */
  hits(): Hits {
    for (let end = this.#size - 1; end > 0; end--) {
      const row = this.#rows[end]!;
      const score = this.#scores[end]!;
      this.#rows[end] = this.#rows[0]!;
      this.#scores[end] = this.#scores[0]!;
      this.#down(0, row, score, end);
    }
    return { rows: this.#rows.slice(0, this.#size), scores: this.#scores.slice(0, this.#size) };
  }

  #up(from: number, row: number, score: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!worse(score, row, this.#scores[parent]!, this.#rows[parent]!)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#rows[at] = row;
    this.#scores[at] = score;
  }

  #down(from: number, row: number, score: number, size: number): void {
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#worseAt(child + 1, child)) child++;
      if (!worse(this.#scores[child]!, this.#rows[child]!, score, row)) break;
      this.#move(child, at);
      at = child;
    }
    this.#rows[at] = row;
    this.#scores[at] = score;
  }

  #worseAt(a: number, b: number): boolean {
    return worse(this.#scores[a]!, this.#rows[a]!, this.#scores[b]!, this.#rows[b]!);
  }

  #move(from: number, to: number): void {
    this.#rows[to] = this.#rows[from]!;
    this.#scores[to] = this.#scores[from]!;
  }

  #grow(): void {
    const length = Math.min(this.#count, this.#rows.length * 2);
    const rows = new Uint32Array(length);
    const scores = new Float32Array(length);
    rows.set(this.#rows);
    scores.set(this.#scores);
    this.#rows = rows;
    this.#scores = scores;
  }
}

function worse(score: number, row: number, otherScore: number, otherRow: number): boolean {
  return score < otherScore || (score === otherScore && row > otherRow);
}
