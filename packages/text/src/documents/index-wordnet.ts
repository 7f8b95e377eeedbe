/**
 * The example collection: WordNet's meanings.
 *
 * @module
 */
import type { LongWork } from '@fletch/base';
import { loadWordNetGlosses, type WordNetGloss, wordNetSize } from '@fletch/data';
import type { Collection, Store } from '@fletch/search';
import type { Encoder } from '../encoders/types.js';
import { checkEncoder, createTextCollection } from './collection.js';
import { type IndexResult, indexDocuments, type TextDocument } from './index-documents.js';

export interface IndexWordNetOptions extends LongWork {
  readonly store: Store;
  readonly encoder: Encoder;
  /** Default `wordnet`. */
  readonly name?: string;
  /** Index only this many meanings; they are spread over all of them. Default: all. */
  readonly limit?: number;
}

/**
 * Indexes WordNet's definitions into the collection `wordnet`, which is made when it is missing, with payloads
 * `{ gloss, words, pos, lexname }` and payload indexes on the last three. Can be stopped and run again, and
 * searched meanwhile: the order runs evenly through all of WordNet.
 *
 * @throws FletchError what {@link indexDocuments} and {@link loadWordNetGlosses} throw
 */
export async function indexWordNet(options: IndexWordNetOptions): Promise<IndexResult> {
  const { store, encoder, name = 'wordnet', limit = wordNetSize, signal, onProgress } = options;
  const collection = await openWordNetCollection(store, encoder, name);
  const present = await collection.count({ exact: true });
  if (present >= wordNetSize) return { added: 0, skipped: present };

  const work = { ...(signal ? { signal } : {}), ...(onProgress ? { onProgress } : {}) };
  const glosses = await loadWordNetGlosses(work);
  const order = evenOrder(glosses.length).slice(0, limit);
  const documents = order.map((position) => toDocument(glosses[position]!));
  return indexDocuments({ collection, encoder, documents, total: documents.length, ...work });
}

/** The collection {@link indexWordNet} fills, made with its payload indexes when it is missing. */
export async function openWordNetCollection(
  store: Store,
  encoder: Encoder,
  name = 'wordnet',
): Promise<Collection> {
  if (store.hasCollection(name)) {
    checkEncoder(store.collection(name), encoder);
    return store.collection(name);
  }
  const collection = await createTextCollection(store, name, encoder, { textField: 'gloss' });
  for (const field of ['pos', 'lexname', 'words']) await collection.createPayloadIndex(field, 'keyword');
  return collection;
}

function toDocument({ id, text, words, pos, lexname }: WordNetGloss): TextDocument {
  return { id, text, payload: { words: [...words], pos, lexname } };
}

/**
 * All numbers below `size` in an order whose every prefix is spread evenly: steps of the golden section, around
 * the circle, as long as the step shares no factor with `size`.
 */
export function evenOrder(size: number): number[] {
  let step = Math.max(1, Math.round(size * ((Math.sqrt(5) - 1) / 2)));
  while (greatestCommonDivisor(step, size) > 1) step++;
  return Array.from({ length: size }, (_, i) => (i * step) % size);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
