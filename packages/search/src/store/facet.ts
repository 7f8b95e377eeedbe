/**
 * Counting points by the values of a field.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Scalar } from '../filter/column.js';
import { parsePath } from '../filter/path.js';
import type { FacetHit, FacetRequest } from '../types/index.js';
import { parseUuid } from './ids.js';
import { readCount } from './read.js';
import { facetTest, type Schema, typeOf } from './schema.js';
import type { View } from './view.js';

/**
 * The values of an indexed field with the number of matching points each, most first, equal counts by value. Counts
 * are always exact.
 *
 * @throws FletchError `INVALID_ARGUMENT` when the field has no index of type keyword, integer, bool or uuid
 */
export async function facetHits(request: FacetRequest, view: View, schema: Schema): Promise<FacetHit[]> {
  const path = parsePath(request.key);
  const limit = readCount(request.limit, 'limit', 1, 10);
  const declared = Object.hasOwn(schema, path.text) ? schema[path.text] : undefined;
  const test = facetTest(declared);
  if (!test)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `No appropriate index for faceting: \`${path.text}\`. Create an index of type keyword, integer (with lookup), bool or uuid for this field.`,
      { details: { field: path.text } },
    );
  const within = request.filter ? await view.matching(request.filter) : undefined;
  const counts = (await view.counts(path, within))!;
  const canonical = typeOf(declared!) === 'uuid' ? (value: Scalar) => parseUuid(value as string)! : undefined;
  const hits = new Map<Scalar, number>();
  for (const [value, count] of counts) {
    if (!test(value)) continue;
    const shown = canonical ? canonical(value) : value;
    hits.set(shown, (hits.get(shown) ?? 0) + count);
  }
  return Array.from(hits, ([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count || compareScalars(a.value, b.value))
    .slice(0, limit);
}

function compareScalars(a: Scalar, b: Scalar): number {
  if (typeof a !== typeof b) return typeof a < typeof b ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
