/**
 * Rows where so many of a list of conditions hold.
 *
 * @module
 */
import { Bitset } from '../index/bitset.js';
import type { Compiled, FilterSource } from './condition.js';
import { RowSet } from './row-set.js';

/** Rows where at least `least` conditions hold. */
export function rowsWithSome(conditions: readonly Compiled[], least: number, source: FilterSource): Bitset {
  if (least > conditions.length) return new Bitset();
  const size = source.live.words.length * 32;
  if (least === 1) {
    const rows = new RowSet(size);
    for (const condition of conditions) rows.addSet(condition.rows(source));
    return rows.done();
  }
  const counts = new Uint32Array(size);
  const rows = new RowSet(size);
  for (const condition of conditions)
    for (const row of condition.rows(source)) if (row < size && ++counts[row]! === least) rows.add(row);
  return rows.done();
}
