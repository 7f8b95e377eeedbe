/**
 * What of a payload to show: a heading, a text, a few tags. Collections differ; the page guesses well.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import type { Payload, PointRecord } from '@fletch/search';

/** A point as the list shows it. */
export interface Shown {
  readonly title: string;
  /** Empty when the payload holds no text besides the title. */
  readonly text: string;
  readonly tags: readonly { readonly key: string; readonly value: string }[];
}

export interface DisplayHints {
  /** The payload field that was encoded, when the collection says so. */
  readonly textField?: string | undefined;
  /** Fields whose values become tags, in order. */
  readonly tagFields: readonly string[];
}

const TITLE_FIELDS = ['title', 'words', 'name', 'heading', 'headline', 'word', 'lemma', 'label', 'subject'];
const PLACE_FIELDS = ['source.file', 'file', 'filename', 'path', 'source', 'url'];
const MOST_TAGS = 4;

/** The value at a dotted path. */
export function valueAt(payload: Payload | null | undefined, path: string): Json | undefined {
  let value: Json | undefined = payload ?? undefined;
  for (const name of path.split('.')) {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
    value = (value as Payload)[name];
  }
  return value;
}

/** A string, number, boolean or list of such, as one line; empty for anything else. */
export function asLine(value: Json | undefined): string {
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (!Array.isArray(value)) return '';
  const parts = value.map(asLine);
  return parts.every((part) => part !== '') ? parts.join(', ') : '';
}

/** Words speak for themselves; `true` and `3` need their field's name. */
function asTag(key: string, value: Json | undefined): string {
  const line = asLine(value);
  return typeof value === 'boolean' || typeof value === 'number' ? `${key}: ${line}` : line;
}

function longestString(payload: Payload): string | undefined {
  let best: string | undefined;
  for (const [key, value] of Object.entries(payload)) {
    if (typeof value === 'string' && value.length > (best === undefined ? 0 : String(payload[best]).length)) {
      best = key;
    }
  }
  return best;
}

/** The name of the field that holds a point's text. */
export function textFieldOf(payload: Payload, hint?: string): string | undefined {
  return hint !== undefined && asLine(valueAt(payload, hint)) !== '' ? hint : longestString(payload);
}

/** Chooses heading, text and tags of a point. */
export function display(point: PointRecord, hints: DisplayHints): Shown {
  const payload = point.payload ?? {};
  const textField = textFieldOf(payload, hints.textField);
  const text = textField === undefined ? '' : asLine(valueAt(payload, textField));
  const named = [...TITLE_FIELDS, ...PLACE_FIELDS].find(
    (field) => field !== textField && asLine(valueAt(payload, field)) !== '',
  );
  const title = named === undefined ? '' : asLine(valueAt(payload, named));
  const tags = hints.tagFields
    .filter((key) => key !== textField && key !== named)
    .map((key) => ({ key, value: asTag(key, valueAt(payload, key)) }))
    .filter(({ value }) => value !== '' && value.length <= 48)
    .slice(0, MOST_TAGS);
  if (title !== '') return { title, text: text === title ? '' : text, tags };
  return text !== '' && text.length <= 60
    ? { title: text, text: '', tags }
    : { title: `#${point.id}`, text, tags };
}
