/**
 * Points in the order of a payload field (lib/segment/src/segment/read_view/order_by.rs).
 *
 * @module
 */
import type { Json } from '@fletch/base';
import type { OrderBy } from '@fletch/search';
import type { OracleCollection, OraclePoint } from './collection.case.js';
import { readDate } from './dates.case.js';
import { type Doubts, Refused } from './doubts.case.js';
import { opened } from './json.case.js';
import { parsePath, valuesAt } from './path.case.js';
import { type Hit, type Ranking, ranked } from './ranking.case.js';

/** What an index of each type orders by. */
const readers: { readonly [type: string]: (value: Json) => number | undefined } = {
  integer: (value) => (Number.isInteger(value) ? (value as number) : undefined),
  float: (value) => (typeof value === 'number' ? value : undefined),
  datetime: (value) => (typeof value === 'string' ? readDate(value) : undefined),
};

/** A point stands there once for each of its values. The field needs an index that knows an order. */
export function orderedBy(
  collection: OracleCollection,
  points: readonly OraclePoint[],
  { key, direction, start_from }: OrderBy,
  doubts: Doubts,
): Ranking {
  const read = readers[collection.indexType(key) ?? ''];
  if (!read) throw new Refused(400, `${key} has no index to order by`);
  const start = typeof start_from === 'string' ? readDate(start_from)! : start_from;
  const descending = direction === 'desc';
  const hits: Hit[] = [];
  for (const point of points) {
    const values = valuesAt(point.payload, parsePath(key))
      .flatMap(opened)
      .flatMap((value) => read(value) ?? []);
    if (new Set(values).size < values.length) doubts.note('a point has the same order value twice');
    for (const order of values)
      if (start == null || (descending ? order <= start : order >= start))
        hits.push({ id: point.id, score: 1, order });
  }
  return ranked(hits, descending ? 'order desc' : 'order asc');
}
