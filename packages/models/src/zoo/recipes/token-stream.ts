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

/** Where the windows of a step begin: anywhere, decided by seed and step. */
export function windowStarts(
  row: Int32Array,
  { seed, step, count, length }: { seed: number; step: number; count: number; length: number },
): number[] {
  if (row.length < length)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `The texts hold ${row.length} tokens in all: a window takes ${length}.`,
    );
  const random = rng(seed, step);
  return Array.from({ length: count }, () => random.integer(row.length - length + 1));
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
