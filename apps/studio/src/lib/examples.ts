/**
 * Queries to start with.
 *
 * @module
 */
import type { PointRecord } from '@fletch/search';
import { type DisplayHints, display } from './display.js';
import { shorten } from './format.js';

const WORDNET = [
  'a feeling of deep sadness',
  'small sharp tool for carving',
  'to move quickly on foot',
  'someone who loves books',
  'the smell of rain on dry earth',
  'to speak badly of someone behind their back',
  'a shelter for boats',
  'very happy and full of energy',
];

/** Questions for the WordNet collection; the beginnings of a few of its own texts for any other. */
export function examples(
  collection: string,
  sample: readonly PointRecord[],
  hints: DisplayHints,
): readonly string[] {
  if (/^wordnet/i.test(collection)) return WORDNET;
  const step = Math.max(1, Math.floor(sample.length / 6));
  const texts = sample
    .filter((_, i) => i % step === 0)
    .map((point) => display(point, hints))
    .map(({ title, text }) => (title.startsWith('#') ? text : title))
    .map((text) => shorten(text.replace(/\s+/g, ' ').trim(), 48).replace(/…$/, ''));
  return [...new Set(texts)].filter((text) => text !== '').slice(0, 6);
}
