/**
 * Hits of a search, for people.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import type { Payload, ScoredPoint } from '@fletch/search';
import { oneLine } from './format.js';
import { table } from './table.js';

const brief = (value: Json): string => {
  if (Array.isArray(value)) return value.map(brief).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
};

/** Where a document was read, `notes/a.md:12`. */
const place = ({ source }: Payload): string[] => {
  const known = source !== null && typeof source === 'object' && !Array.isArray(source);
  return known && typeof source.file === 'string' ? [`${source.file}:${source.line ?? 1}`] : [];
};

/**
 * Score, the other payload fields in a few words, and the text itself.
 *
 * @param textField - payload field of the text
 */
export function hitsTable(hits: readonly ScoredPoint[], textField: string, width?: number): string {
  if (hits.length === 0) return 'No hits.';
  const fields = ({ payload }: ScoredPoint): string =>
    Object.entries(payload ?? {})
      .filter(([name, value]) => name !== textField && name !== 'source' && value !== null)
      .map(([, value]) => oneLine(brief(value), 32))
      .concat(place(payload ?? {}))
      .join(' · ');
  const text = (hit: ScoredPoint): string => brief(hit.payload?.[textField] ?? '');
  const withFields = hits.some((hit) => fields(hit) !== '');
  return table(
    hits,
    [
      { title: 'score', value: (hit) => hit.score.toFixed(3), align: 'right' },
      ...(withFields
        ? [{ title: 'about', value: fields }]
        : [{ title: 'id', value: (hit: ScoredPoint) => String(hit.id) }]),
      { title: textField, value: text },
    ],
    width,
  );
}
