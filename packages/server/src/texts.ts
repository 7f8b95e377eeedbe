/**
 * Texts in queries become vectors before the store sees them.
 *
 * @module
 */
import type { Collection } from '@fletch/search';
import type { TextVector } from '@fletch/text';
import { bm25With, isBm25 } from './bm25.js';
import { blaming, modelNamer } from './inference.js';
import { Text, type Unencoded } from './schemas/examples.js';
import { collectionOf, type Services } from './services.js';

/** Answers a request about a collection, with the texts in it encoded: all of one model in one call. */
export async function answered<T, R>(
  services: Services,
  name: string,
  request: Unencoded<T>,
  signal: AbortSignal,
  read: (collection: Collection, request: T) => Promise<R>,
): Promise<R> {
  const collection = collectionOf(services, name);
  const modelOf = modelNamer(collection);
  const texts = new Map<string, Set<string>>();
  replace(request, (text) => {
    if (isBm25(text.model)) return text;
    const model = modelOf(text);
    const list = texts.get(model) ?? new Set();
    texts.set(model, list.add(text.text));
    return text;
  });
  const vectors = new Map<string, Map<string, TextVector>>();
  const dimensions = new Map<string, number>();
  for (const [model, list] of texts) {
    const encoded = await services.encoders.encodeQueries(model, [...list], signal);
    vectors.set(model, new Map([...list].map((text, i) => [text, encoded[i]!])));
    dimensions.set(model, lengthOf(encoded[0]!));
  }
  const ready = replace(request, (text) =>
    isBm25(text.model) ? bm25With(text.options).query(text.text) : vectors.get(modelOf(text))!.get(text.text),
  );
  return blaming(dimensions, () => read(collection, ready as T));
}

/** Components of a text's vector, or of those of its tokens. */
const lengthOf = (vector: TextVector): number => (Array.isArray(vector) ? vector[0]! : vector).length;

/** A copy of a JSON tree in which every text was replaced; what holds none is the same object. */
function replace(value: unknown, by: (text: Text) => unknown): unknown {
  if (value instanceof Text) return by(value);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) {
    let copy: unknown[] | undefined;
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i];
      if (typeof item !== 'object') continue;
      const replaced = replace(item, by);
      if (replaced === item) continue;
      copy ??= [...value];
      copy[i] = replaced;
    }
    return copy ?? value;
  }
  let copy: { [key: string]: unknown } | undefined;
  for (const [key, item] of Object.entries(value)) {
    const replaced = replace(item, by);
    if (replaced === item) continue;
    copy ??= { ...value };
    copy[key] = replaced;
  }
  return copy ?? value;
}
