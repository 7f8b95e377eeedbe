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

/** The field that tells the points apart best: most distinct values that still fit the colours, else the first. */
export function bestColourField(points: readonly PointRecord[], keys: readonly string[]): string | undefined {
  const distinct = (key: string) => new Set(points.map(({ payload }) => asLine(valueAt(payload, key)))).size;
  const fitting = keys
    .map((key) => ({ key, size: distinct(key) }))
    .filter(({ size }) => size > 1 && size <= COLOURS * 2)
    .sort((a, b) => b.size - a.size);
  return fitting[0]?.key ?? keys[0];
}
