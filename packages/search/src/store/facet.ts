/**
 * Counting points by the values of a field.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Scalar } from '../filter/column.js';
import { parsePath } from '../filter/path.js';
import type { FacetHit, FacetRequest } from '../types/index.js';
import { readCount } from './read.js';
import { facetReader, type Schema } from './schema.js';
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
  const read = facetReader(Object.hasOwn(schema, path.text) ? schema[path.text] : undefined);
  if (!read)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `No appropriate index for faceting: \`${path.text}\`. Create an index of type keyword, integer (with lookup), bool or uuid for this field.`,
      { details: { field: path.text } },
    );
  const within = request.filter ? await view.matching(request.filter) : undefined;
  const column = (await view.column(path))!;
  return Array.from(column.countsOf(read, within), ([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count || compareScalars(a.value, b.value))
    .slice(0, limit);
}

function compareScalars(a: Scalar, b: Scalar): number {
  if (typeof a !== typeof b) return typeof a < typeof b ? -1 : 1;
  if (typeof a === 'string') return compareTexts(a, b as string);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** By code points, the order of UTF-8's bytes; `<` compares code units, which puts U+FF21 after U+1F600. */
function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  let at = 0;
  while (a[at] !== undefined && a[at] === b[at]) at++;
  return rankOf(a.charCodeAt(at)) - rankOf(b.charCodeAt(at));
}

/** Halves of surrogate pairs are parts of what comes after all else; the end of a text comes first. */
function rankOf(unit: number): number {
  if (Number.isNaN(unit)) return -1;
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
