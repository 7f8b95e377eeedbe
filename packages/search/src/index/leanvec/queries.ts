/**
 * A sample of the queries that were asked.
 *
 * @module
 */

/** Queries that are kept: the last ones. */
const MOST = 2000;

/** The last queries, for maps that are learned from both sides. */
export class Queries {
  readonly #dimension: number;
  #values = new Float32Array(0);
  #next = 0;
  #count = 0;

  constructor(dimension: number) {
    this.#dimension = dimension;
  }

  /** Takes note of one query, or of several one after another. */
  note(queries: Float32Array): void {
    const d = this.#dimension;
    if (this.#values.length === 0) this.#values = new Float32Array(MOST * d);
    for (let at = 0; at + d <= queries.length; at += d) {
      this.#values.set(queries.subarray(at, at + d), this.#next * d);
      this.#next = (this.#next + 1) % MOST;
      this.#count = Math.min(MOST, this.#count + 1);
    }
  }

  /** What is kept, at unit length when `unit`. */
  sample(unit: boolean): Float32Array {
    const d = this.#dimension;
    const sample = this.#values.slice(0, this.#count * d);
    if (!unit) return sample;
    for (let at = 0; at < sample.length; at += d) {
      const one = sample.subarray(at, at + d);
      const length = Math.sqrt(one.reduce((sum, value) => sum + value * value, 0));
      if (length > 0) for (let i = 0; i < d; i++) one[i]! /= length;
    }
    return sample;
  }
}
