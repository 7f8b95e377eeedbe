/**
 * Distinct numbers in order, for ranges.
 *
 * @module
 */

/** Is sorted on first use; later additions are merged on the next use. Numbers that went may linger. */
export class SortedNumbers {
  readonly #all: () => Iterable<number>;
  #sorted: Float64Array | undefined;
  #fresh: number[] = [];

  /** @param all - gives all numbers for the first sorting */
  constructor(all: () => Iterable<number>) {
    this.#all = all;
  }

  add(value: number): void {
    if (!this.#sorted) return;
    this.#fresh.push(value);
    // Rather than merging that many, sort anew on the next use.
    if (this.#fresh.length > 1024 + this.#sorted.length / 4) {
      this.#sorted = undefined;
      this.#fresh = [];
    }
  }

  /** The numbers between two bounds, ascending. */
  between(least: number, most: number, withLeast: boolean, withMost: boolean): Float64Array {
    const sorted = this.#current();
    const start = position(sorted, least, !withLeast);
    return sorted.subarray(start, Math.max(start, position(sorted, most, withMost)));
  }

  #current(): Float64Array {
    if (!this.#sorted) this.#sorted = Float64Array.from(this.#all()).sort();
    else if (this.#fresh.length > 0) {
      this.#sorted = merge(this.#sorted, Float64Array.from(this.#fresh).sort());
      this.#fresh = [];
    }
    return this.#sorted;
  }
}

/** Index of the first number that is larger than `value`, or as large unless `after`. */
function position(sorted: Float64Array, value: number, after: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = sorted[middle]!;
    if (at < value || (after && at === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function merge(a: Float64Array, b: Float64Array): Float64Array {
  const merged = new Float64Array(a.length + b.length);
  let length = 0;
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    const value = j === b.length || (i < a.length && a[i]! <= b[j]!) ? a[i++]! : b[j++]!;
    if (length === 0 || merged[length - 1] !== value) merged[length++] = value;
  }
  return merged.subarray(0, length);
}
