/**
 * Counting points by the values of a field.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Scalar } from '../filter/column.js';
import { parsePath } from '../filter/path.js';
import type { FacetHit, Filter } from '../types/index.js';
import type { Points } from './points.js';

/** The values of a field with the number of matching points each, most first, equal counts by value. */
export function facetHits(
  key: string,
  filter: Filter | null | undefined,
  limit: number,
  points: Points,
): FacetHit[] {
  const path = parsePath(key);
  const within = filter ? points.matching(filter) : undefined;
  const column = points.column(path);
  if (!column)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `The field "${key}" has too many values: create a payload index for it.`,
    );
  return Array.from(column.counts(within), ([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count || compareScalars(a.value, b.value))
    .slice(0, limit);
}

function compareScalars(a: Scalar, b: Scalar): number {
  if (typeof a !== typeof b) return typeof a < typeof b ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
