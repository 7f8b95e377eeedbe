/**
 * Conditions on the values of one field: match, range, geo.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import type { FieldCondition, FieldMatch, FieldRange, TextIndexParams, ValuesCount } from '@fletch/search';
import { readDate } from './dates.case.js';
import { inBox, inCircle, inPolygon, readPlace } from './geo.case.js';
import { opened } from './json.case.js';
import { type Step, sameStep } from './path.case.js';
import { indexedMatch, plainMatch } from './text.case.js';

/** A payload index of type `text`. */
export interface TextIndex {
  readonly path: readonly Step[];
  readonly params: TextIndexParams;
  /** Whether it sees all strings of a field as one document, or (within `nested`) one value at a time. */
  readonly whole: boolean;
}

export function countInRange(count: number, range: ValuesCount): boolean {
  return inRange(count, range);
}

/** Whether one of the values (or of the elements of an array) is as the condition wants it. */
export function matchesValue(
  condition: FieldCondition,
  path: readonly Step[],
  values: readonly Json[],
  texts: readonly TextIndex[],
): boolean {
  const { match, range, geo_bounding_box, geo_radius, geo_polygon } = condition;
  const any = (holds: (value: Json) => boolean) => values.some((value) => opened(value).some(holds));
  if (match) {
    const index = texts.find(
      (text) => text.path.length === path.length && text.path.every((step, i) => sameStep(step, path[i]!)),
    );
    return matchHolds(match, values, index, any);
  }
  if (range) return any((value) => rangeHolds(value, range));
  const atPlace = (holds: (place: { lon: number; lat: number }) => boolean) =>
    any((value) => {
      const place = readPlace(value);
      return place !== undefined && holds(place);
    });
  if (geo_bounding_box) return atPlace((place) => inBox(place, geo_bounding_box));
  if (geo_radius) return atPlace((place) => inCircle(place, geo_radius));
  if (geo_polygon) return atPlace((place) => inPolygon(place, geo_polygon));
  throw new Error(`no condition on ${condition.key}`);
}

function matchHolds(
  match: FieldMatch,
  values: readonly Json[],
  index: TextIndex | undefined,
  any: (holds: (value: Json) => boolean) => boolean,
): boolean {
  const { value, any: oneOf, except, prefix } = match;
  if (value !== undefined) return any((found) => found === value);
  if (oneOf) return any((found) => found !== null && (oneOf as Json[]).includes(found));
  // Arrays within arrays and objects are values that are not on the list.
  if (except) return any((found) => found !== null && !(except as Json[]).includes(found));
  if (prefix !== undefined) return any((found) => typeof found === 'string' && found.startsWith(prefix));
  const kind = (['text', 'text_any', 'phrase'] as const).find((name) => match[name] !== undefined)!;
  const asked = match[kind]!;
  if (!index) return any((found) => typeof found === 'string' && plainMatch(kind, asked, found));
  const strings = (found: Json) => opened(found).filter((text) => typeof text === 'string');
  if (!index.whole)
    return values.some((found) =>
      strings(found).some((text) => indexedMatch(kind, asked, [text], index.params)),
    );
  // Positions are kept only by indexes that were made for phrases.
  if (kind === 'phrase' && !index.params.phrase_matching) return false;
  return indexedMatch(kind, asked, values.flatMap(strings), index.params);
}

function rangeHolds(value: Json, range: FieldRange): boolean {
  const bounds = Object.values(range).filter((bound) => bound !== null && bound !== undefined);
  if (!bounds.some((bound) => typeof bound === 'string'))
    return typeof value === 'number' && inRange(value, range as ValuesCount);
  const date = typeof value === 'string' ? readDate(value) : undefined;
  const read = (bound?: number | string | null) => (bound == null ? undefined : readDate(bound as string)!);
  const { lt, gt, lte, gte } = range;
  return (
    date !== undefined &&
    inRange(date, { lt: read(lt), gt: read(gt), lte: read(lte), gte: read(gte) } as ValuesCount)
  );
}

function inRange(value: number, { lt, gt, lte, gte }: ValuesCount): boolean {
  return (
    (lt == null || value < lt) &&
    (gt == null || value > gt) &&
    (lte == null || value <= lte) &&
    (gte == null || value >= gte)
  );
}
