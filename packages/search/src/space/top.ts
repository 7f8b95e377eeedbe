/**
 * The largest numbers of many.
 *
 * @module
 */

/** Keeps the `k` largest numbers that it is shown, as a heap with the smallest of them on top. */
export class Largest {
  readonly #heap: Float64Array;
  #count = 0;

  constructor(k: number) {
    this.#heap = new Float64Array(k);
  }

  /** The k-th largest number, or −∞ when there were not so many. */
  get least(): number {
    return this.#count === this.#heap.length && this.#count > 0 ? this.#heap[0]! : Number.NEGATIVE_INFINITY;
  }

  show(value: number): void {
    const heap = this.#heap;
    if (this.#count < heap.length) {
      let at = this.#count++;
      for (; at > 0; at = (at - 1) >> 1) {
        const parent = heap[(at - 1) >> 1]!;
        if (parent <= value) break;
        heap[at] = parent;
      }
      heap[at] = value;
    } else if (value > heap[0]!) this.#sink(value);
  }

  #sink(value: number): void {
    const heap = this.#heap;
    const count = this.#count;
    let at = 0;
    for (let child = 1; child < count; child = 2 * at + 1) {
      if (child + 1 < count && heap[child + 1]! < heap[child]!) child++;
      if (heap[child]! >= value) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = value;
  }
}

/** Hits as they are returned: the best `k`, equal scores by row. */
export function bestHits(
  rows: ArrayLike<number>,
  scores: Float32Array,
  k: number,
  larger: boolean,
): { rows: Uint32Array; scores: Float32Array } {
  const order = Uint32Array.from({ length: rows.length }, (_, i) => i).sort((a, b) => {
    const by = larger ? scores[b]! - scores[a]! : scores[a]! - scores[b]!;
    return by === 0 ? rows[a]! - rows[b]! : by;
  });
  const best = order.subarray(0, k);
  return { rows: best.map((i) => rows[i]!), scores: Float32Array.from(best, (i) => scores[i]!) };
}
