/**
 * `{key, range}`: numbers between bounds.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import { type Compiled, invalidFilter, keysSet, readObject, shown } from './condition.js';
import type { Path } from './path.js';

const bounds = ['lt', 'gt', 'lte', 'gte'] as const;

/** Compiles `range` for a field; bounds are joined by AND. */
export function compileRange(
  input: unknown,
  at: string,
  path: Path,
): { rows: Compiled['rows']; holds: (value: Json) => boolean } {
  const range = readObject(input, at, bounds);
  const keys = keysSet(range);
  for (const key of keys)
    if (typeof range[key] !== 'number' || Number.isNaN(range[key]))
      throw invalidFilter(`${at}.${key}`, `expected a number, got ${shown(range[key])}`);
  const { lt, gt, lte, gte } = range as { [key in (typeof bounds)[number]]?: number | null };
  // Of gt and gte (lt and lte) the stricter one counts.
  const least = Math.max(gt ?? -Infinity, gte ?? -Infinity);
  const most = Math.min(lt ?? Infinity, lte ?? Infinity);
  const withLeast = least !== gt;
  const withMost = most !== lt;
  return {
    rows: (source) => source.column(path)!.between(least, most, withLeast, withMost),
    holds: (value) =>
      typeof value === 'number' &&
      (withLeast ? value >= least : value > least) &&
      (withMost ? value <= most : value < most),
  };
}
