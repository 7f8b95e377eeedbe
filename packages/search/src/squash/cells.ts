/**
 * Cells of one dimension: boundaries b_0 < … < b_C, cell i from b_i to below b_(i+1).
 *
 * @module
 */
import type { Rng } from '@fletch/linalg';

/** When the improvement of boundaries ends. */
export interface LloydOptions {
  /** Relative change of the squared error. */
  readonly tol: number;
  readonly maxIter: number;
}

/** The first place of sorted values whose value is not below `bound`. */
function lowerBound(sorted: Float32Array, bound: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Running sums of the values and their squares, one more than there are values. */
function runningSums(sorted: Float32Array): { sums: Float64Array; squares: Float64Array } {
  const sums = new Float64Array(sorted.length + 1);
  const squares = new Float64Array(sorted.length + 1);
  sorted.forEach((value, i) => {
    sums[i + 1] = sums[i]! + value;
    squares[i + 1] = squares[i]! + value * value;
  });
  return { sums, squares };
}

/**
 * Boundaries of 2^bits cells: first with equally many values each, then moved by Lloyd's rule between the means of
 * neighbouring cells, until the error hardly changes. An empty cell's mean is a random number of the range.
 *
 * @returns one more than there are cells, not falling; the first is below every value and the last above
 */
export function cellBoundaries(
  values: Float32Array,
  bits: number,
  { tol, maxIter }: LloydOptions,
  random: Rng,
): Float32Array {
  const cells = 2 ** bits;
  const n = values.length;
  const sorted = values.slice().sort();
  const [least, most] = [sorted[0]!, sorted[n - 1]!];
  const bounds = new Float32Array(cells + 1);
  bounds[0] = least - margin(least);
  bounds[cells] = most + margin(most);
  for (let i = 1; i < cells; i++) bounds[i] = sorted[Math.min(n - 1, Math.ceil((i * n) / cells))]!;
  if (cells < 2 || least === most) return bounds;
  const { sums, squares } = runningSums(sorted);
  const means = new Float64Array(cells);
  let before = Number.POSITIVE_INFINITY;
  for (let round = 0; round < maxIter; round++) {
    let error = 0;
    for (let i = 0, from = 0; i < cells; i++) {
      const to = i === cells - 1 ? n : lowerBound(sorted, bounds[i + 1]!);
      const count = to - from;
      const sum = sums[to]! - sums[from]!;
      means[i] = count > 0 ? sum / count : least + random.uniform() * (most - least);
      if (count > 0) error += squares[to]! - squares[from]! - (sum * sum) / count;
      from = Math.max(from, to);
    }
    means.sort();
    for (let i = 1; i < cells; i++) bounds[i] = (means[i - 1]! + means[i]!) / 2;
    if (round > 0 && !(Math.abs(before - error) > tol * before)) break;
    before = error;
  }
  return bounds;
}

/** The margin of the outer cells; larger where float32 would swallow it. */
const margin = (value: number): number => Math.max(0.001, Math.abs(value) * 1e-6);

/** The cell of a value; what lies outside belongs to the outer ones. */
export function cellOf(bounds: Float32Array, value: number): number {
  let low = 0;
  let high = bounds.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (bounds[middle]! <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Squared distance of a value from every cell: 0 for its own, to the near boundary for the others. */
export function cellDistances(bounds: Float32Array, value: number): Float64Array {
  const cells = bounds.length - 1;
  const result = new Float64Array(cells);
  for (let i = 0; i < cells; i++) {
    const gap = Math.max(0, bounds[i]! - value, value - bounds[i + 1]!);
    result[i] = gap * gap;
  }
  return result;
}
