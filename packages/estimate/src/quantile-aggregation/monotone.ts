/**
 * Quantiles that do not cross.
 *
 * @module
 */
import { Matrix } from '@fletch/linalg';

/**
 * The non-decreasing numbers that are nearest in squares: pool adjacent violators (Ayer and others, Ann. Math. Stat. 26(4), 1955).
 * Never raises the pinball loss, whatever y is.
 */
export function isotonic(v: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(v.length);
  const counts = new Int32Array(v.length);
  let blocks = 0;
  for (let i = 0; i < v.length; i++) {
    sums[blocks] = v[i]!;
    counts[blocks++] = 1;
    while (blocks > 1 && sums[blocks - 2]! / counts[blocks - 2]! > sums[blocks - 1]! / counts[blocks - 1]!) {
      blocks--;
      sums[blocks - 1]! += sums[blocks]!;
      counts[blocks - 1]! += counts[blocks]!;
    }
  }
  const result = new Float64Array(v.length);
  for (let b = 0, at = 0; b < blocks; at += counts[b++]!)
    result.fill(sums[b]! / counts[b]!, at, at + counts[b]!);
  return result;
}

/** The same numbers in ascending order. Never raises the pinball loss, whatever y is. */
export function sortQuantiles(v: ArrayLike<number>): Float64Array {
  return Float64Array.from(v).sort();
}

/** From the middle upwards the largest so far, downwards the least so far. May raise the loss. */
export function minMaxSweep(v: ArrayLike<number>): Float64Array {
  const result = Float64Array.from(v);
  const middle = (v.length - 1) >> 1;
  for (let k = middle + 1; k < v.length; k++) result[k] = Math.max(result[k]!, result[k - 1]!);
  for (let k = middle - 1; k >= 0; k--) result[k] = Math.min(result[k]!, result[k + 1]!);
  return result;
}

/** Names of the operators. */
export const monotoneKinds = ['sort', 'pava', 'mono'] as const;

/** How crossings are removed. */
export type Monotone = (typeof monotoneKinds)[number];

const operators: Readonly<Record<Monotone, (v: ArrayLike<number>) => Float64Array>> = {
  sort: sortQuantiles,
  pava: isotonic,
  mono: minMaxSweep,
};

/** An operator applied to each row. */
export function monotoneRows(q: Matrix<Float64Array>, kind: Monotone): Matrix<Float64Array> {
  const result = new Matrix(new Float64Array(q.data.length), q.rows, q.cols);
  for (let i = 0; i < q.rows; i++) result.data.set(operators[kind](q.row(i)), i * q.cols);
  return result;
}
