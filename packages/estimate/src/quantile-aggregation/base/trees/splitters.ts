/**
 * Rules of splits.
 *
 * @module
 */
import type { Rng } from '@fletch/linalg';
import type { Splitter } from './grow.js';

/** Columns cut into at most 256 bins, once for all trees. */
export interface Bins {
  /** Bin of each row, by column. */
  readonly codes: readonly Uint8Array[];
  /** Largest value of each bin but the last, moved half way to the next: where a column can be cut. */
  readonly cuts: readonly Float64Array[];
}

const MOST = 256;

/** Bins of equal frequency; each value its own where there are few. */
export function binColumns(columns: readonly Float64Array[]): Bins {
  const cuts = columns.map((column) => {
    const sorted = column.toSorted();
    const values = sorted.filter((value, i) => i === 0 || value > sorted[i - 1]!);
    const few = values.length <= MOST;
    const picked = few
      ? Array.from(values)
      : [
          ...new Set(
            Array.from({ length: MOST }, (_, b) => sorted[Math.ceil(((b + 1) * sorted.length) / MOST) - 1]!),
          ),
        ];
    return Float64Array.from({ length: picked.length - 1 }, (_, b) => {
      const next = few ? picked[b + 1]! : values[upperBound(values, picked[b]!)]!;
      const middle = picked[b]! + (next - picked[b]!) / 2;
      // Rounding must not lift the cut to the next value.
      return middle < next ? middle : picked[b]!;
    });
  });
  return {
    cuts,
    codes: columns.map((column, j) => Uint8Array.from(column, (value) => lowerBound(cuts[j]!, value))),
  };
}

/** How many numbers are below `value`. */
function lowerBound(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many numbers are at most `value`. */
function upperBound(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What both rules take. */
export interface SplitterOptions {
  /** What the sides of a cut should be alike in. */
  readonly target: Float64Array;
  /** Fewest rows of a side. */
  readonly minLeaf: number;
  /** Columns that a node looks at, drawn anew for each. */
  readonly features: number;
  readonly random: Rng;
}

/** Draws distinct columns. */
function drawer(count: number, features: number, random: Rng): () => ArrayLike<number> {
  const all = Int32Array.from({ length: count }, (_, j) => j);
  if (features >= count) return () => all;
  return () => {
    for (let i = 0; i < features; i++) {
      const j = i + Math.floor(random.uniform() * (count - i));
      const keep = all[i]!;
      all[i] = all[j]!;
      all[j] = keep;
    }
    return all.subarray(0, features);
  };
}

/** The cut that leaves the least sum of squares, over bins (Breiman and others, 1984; bins as in LightGBM). */
export function bestSplitter(bins: Bins, options: SplitterOptions): Splitter {
  const { target, minLeaf, features, random } = options;
  const draw = drawer(bins.codes.length, features, random);
  const counts = new Int32Array(MOST);
  const sums = new Float64Array(MOST);
  return (order, from, to) => {
    const size = to - from;
    let total = 0;
    for (let i = from; i < to; i++) total += target[order[i]!]!;
    let best = (total * total) / size + 1e-12 * Math.abs(total) + 1e-300;
    let found: { feature: number; threshold: number } | undefined;
    for (const feature of Array.from(draw())) {
      const codes = bins.codes[feature]!;
      const cuts = bins.cuts[feature]!;
      counts.fill(0, 0, cuts.length + 1);
      sums.fill(0, 0, cuts.length + 1);
      for (let i = from; i < to; i++) {
        const row = order[i]!;
        const code = codes[row]!;
        counts[code]!++;
        sums[code]! += target[row]!;
      }
      let left = 0;
      let sum = 0;
      for (let b = 0; b < cuts.length; b++) {
        if (counts[b] === 0) continue;
        left += counts[b]!;
        sum += sums[b]!;
        if (left < minLeaf) continue;
        if (size - left < minLeaf) break;
        const gain = (sum * sum) / left + (total - sum) ** 2 / (size - left);
        if (gain > best) {
          best = gain;
          found = { feature, threshold: cuts[b]! };
        }
      }
    }
    return found;
  };
}

/** One cut at random for each column looked at; the best of these (Geurts, Ernst and Wehenkel, Extremely randomized trees, 2006). */
export function randomSplitter(columns: readonly Float64Array[], options: SplitterOptions): Splitter {
  const { target, minLeaf, features, random } = options;
  const draw = drawer(columns.length, features, random);
  return (order, from, to) => {
    let best = Number.NEGATIVE_INFINITY;
    let found: { feature: number; threshold: number } | undefined;
    for (const feature of Array.from(draw())) {
      const column = columns[feature]!;
      let low = Number.POSITIVE_INFINITY;
      let high = Number.NEGATIVE_INFINITY;
      for (let i = from; i < to; i++) {
        const value = column[order[i]!]!;
        if (value < low) low = value;
        if (value > high) high = value;
      }
      if (!(low < high)) continue;
      const threshold = low + random.uniform() * (high - low);
      let left = 0;
      let sum = 0;
      let total = 0;
      for (let i = from; i < to; i++) {
        const row = order[i]!;
        total += target[row]!;
        if (column[row]! <= threshold) {
          left++;
          sum += target[row]!;
        }
      }
      const right = to - from - left;
      if (left < minLeaf || right < minLeaf) continue;
      const gain = (sum * sum) / left + (total - sum) ** 2 / right;
      if (gain > best) {
        best = gain;
        found = { feature, threshold };
      }
    }
    return found;
  };
}
