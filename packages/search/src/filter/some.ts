/**
 * Rows where so many of a list of conditions hold.
 *
 * @module
 */
import { Bitset } from '../index/bitset.js';
import type { Compiled, FilterSource } from './condition.js';
import { RowSet } from './row-set.js';

/** So many conditions times the number that must hold are few. */
const FEW = 256;

/** Rows where at least `least` conditions hold. */
export function rowsWithSome(conditions: readonly Compiled[], least: number, source: FilterSource): Bitset {
  if (least > conditions.length) return new Bitset();
  const size = source.live.words.length * 32;
  if (least === 1) {
    const rows = new RowSet(size);
    for (const condition of conditions) rows.addSet(condition.rows(source));
    return rows.done();
  }
  if (conditions.length * least <= FEW) return byLayers(conditions, least, source);
  const counts = new Uint32Array(size);
  const rows = new RowSet(size);
  for (const condition of conditions)
    for (const row of condition.rows(source)) if (row < size && ++counts[row]! === least) rows.add(row);
  return rows.done();
}

/** Layer `n` holds the rows where more than `n` conditions hold of those looked at so far. */
function byLayers(conditions: readonly Compiled[], least: number, source: FilterSource): Bitset {
  const size = source.live.words.length;
  const layers = Array.from({ length: least }, () => new Uint32Array(size));
  for (const condition of conditions) {
    const { words } = condition.rows(source);
    const length = Math.min(size, words.length);
    for (let n = least - 1; n > 0; n--) {
      const layer = layers[n]!;
      const below = layers[n - 1]!;
      for (let i = 0; i < length; i++) layer[i]! |= below[i]! & words[i]!;
    }
    for (let i = 0; i < length; i++) layers[0]![i]! |= words[i]!;
  }
  return Bitset.fromWords(layers[least - 1]!);
}
