/**
 * Colours of the map: one per frequent value of a field.
 *
 * @module
 */
import type { PointRecord } from '@fletch/search';
import { asLine, valueAt } from './display.js';

/** How many values get a colour of their own; all others share the neutral one. */
export const COLOURS = 6;

export interface LegendEntry {
  readonly value: string;
  readonly count: number;
  /** Index of the colour. */
  readonly colour: number;
}

/** The most frequent values of `key` among the points, most frequent first. */
export function legend(points: readonly PointRecord[], key: string): LegendEntry[] {
  const counts = new Map<string, number>();
  for (const { payload } of points) {
    const value = asLine(valueAt(payload, key));
    if (value !== '') counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a, n], [b, m]) => m - n || a.localeCompare(b))
    .slice(0, COLOURS)
    .map(([value, count], colour) => ({ value, count, colour }));
}

/** The field whose colours tell the points apart best, by the entropy of its legend; the first of equals. */
export function bestColourField(points: readonly PointRecord[], keys: readonly string[]): string | undefined {
  const entropy = (key: string) => {
    const coloured = legend(points, key).map(({ count }) => count);
    const rest = points.length - coloured.reduce((sum, count) => sum + count, 0);
    return [...coloured, rest]
      .map((count) => count / points.length)
      .reduce((sum, share) => (share > 0 ? sum - share * Math.log2(share) : sum), 0);
  };
  let best: { key: string; bits: number } | undefined;
  for (const key of keys) {
    const bits = entropy(key);
    if (best === undefined || bits > best.bits + 1e-9) best = { key, bits };
  }
  return best?.key;
}
