/**
 * The zoo in the words that people see.
 *
 * @module
 */
import type { QualityFigure, ZooEntry } from '@fletch/models';
import { duration } from './bytes.js';

/** Whether the cache holds a model. */
export function stateOf({ state, unfinished }: Pick<ZooEntry, 'state' | 'unfinished'>): string {
  if (state === 'trained') return 'trained';
  if (state === 'damaged') return 'damaged';
  if (state === 'unfinished' && unfinished !== null)
    return `${Math.floor((100 * unfinished.done) / unfinished.total)} % trained`;
  return 'not trained yet';
}

/** Whether a figure is better than what it is compared with; undefined without one. */
export function beats({ value, better, baseline }: QualityFigure): boolean | undefined {
  if (baseline === undefined) return undefined;
  return better === 'lower' ? value < baseline.value : value > baseline.value;
}

/** A plan's part as pairs of words, nested ones with dots. */
export function factsOf(value: unknown, path = ''): (readonly [name: string, value: string])[] {
  if (Array.isArray(value) || typeof value !== 'object' || value === null)
    return [[path, Array.isArray(value) ? value.join(', ') : String(value)]];
  return Object.entries(value).flatMap(([key, inner]) =>
    factsOf(inner, path === '' ? key : `${path}.${key}`),
  );
}

/** Time left, from two moments of a run. */
export function timeLeft(
  from: { readonly done: number; readonly time: number },
  now: { readonly done: number; readonly time: number; readonly total: number },
): string | undefined {
  const rate = (now.done - from.done) / (now.time - from.time);
  return rate > 0 && now.total > now.done ? duration((now.total - now.done) / rate / 1000) : undefined;
}
