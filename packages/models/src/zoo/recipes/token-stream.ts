/**
 * Documents as one row of tokens, and windows of it.
 *
 * @module
 */
import { array, type NDArray } from '@fletch/array';
import { FletchError } from '@fletch/base';
import { rng } from '@fletch/linalg';

/**
 * All documents in one row: a boundary before the first and after each.
 *
 * @param seed - of their order; default: as they come
 */
export function joinDocuments(
  documents: readonly ArrayLike<number>[],
  boundary: number,
  seed?: number,
): Int32Array {
  const row = new Int32Array(documents.reduce((sum, { length }) => sum + length + 1, 1));
  row[0] = boundary;
  const order = seed === undefined ? documents.keys() : rng(seed).permutation(documents.length);
  let at = 1;
  for (const index of order) {
    const document = documents[index]!;
    row.set(document, at);
    at += document.length;
    row[at++] = boundary;
  }
  return row;
}

/** Draws windows: an epoch covers the row, from a new beginning each time and in a new order. */
export class WindowFeed {
  readonly #seed: number;
  readonly #count: number;
  readonly #length: number;
  /** Windows of an epoch. */
  readonly #each: number;
  #epoch = -1;
  #shift = 0;
  #order: Uint32Array = new Uint32Array();
  readonly #spare: number;

  /**
   * @param count - windows of a step
   * @param length - tokens of a window
   * @throws FletchError `INVALID_ARGUMENT` when there are fewer tokens than a window takes
   */
  constructor(
    row: Int32Array,
    { seed, count, length }: { readonly seed: number; readonly count: number; readonly length: number },
  ) {
    if (row.length < length)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `The texts hold ${row.length} tokens in all: a window takes ${length}.`,
      );
    this.#seed = seed;
    this.#count = count;
    this.#length = length;
    // One window less where there are several, so that they can be shifted.
    this.#each = Math.max(1, Math.floor(row.length / length) - 1);
    this.#spare = row.length - this.#each * length;
  }

  /** Where the windows of a step begin. */
  at(step: number): number[] {
    return Array.from({ length: this.#count }, (_, i) => {
      const index = step * this.#count + i;
      const epoch = Math.floor(index / this.#each);
      if (epoch !== this.#epoch) {
        const random = rng(this.#seed, epoch);
        this.#epoch = epoch;
        this.#shift = random.integer(this.#spare + 1);
        this.#order = Uint32Array.from(random.permutation(this.#each));
      }
      return this.#shift + this.#order[index % this.#each]! * this.#length;
    });
  }
}

/** Windows of a row below each other, `[starts, length]`. */
export function windowsAt(row: Int32Array, starts: readonly number[], length: number): NDArray {
  const data = new Int32Array(starts.length * length);
  for (const [i, start] of starts.entries()) data.set(row.subarray(start, start + length), i * length);
  return array(data, 'int32', [starts.length, length]);
}

/** Windows that score every token after the first exactly once, with at least half a window before it but at the start. */
export interface ScoringWindow {
  readonly start: number;
  /** Positions of predicted tokens within the window, first and after last. */
  readonly from: number;
  readonly to: number;
}

/**
 * How a row is scored: windows of `length + 1` tokens that lie half over each other.
 *
 * @param length - tokens that a model sees
 */
export function scoringWindows(size: number, length: number): ScoringWindow[] {
  const windows: ScoringWindow[] = [];
  let scored = 1;
  while (scored < size) {
    const start = Math.max(0, Math.min(scored === 1 ? 0 : scored - (length >> 1), size - length - 1));
    const end = Math.min(size, start + length + 1);
    windows.push({ start, from: scored - start, to: end - start });
    scored = end;
  }
  return windows;
}
