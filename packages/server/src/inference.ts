/**
 * Texts in requests become vectors before the store sees them.
 *
 * @module
 */
import { isFletchError } from '@fletch/base';
import type { Collection, Payload, PointStruct, VectorInput } from '@fletch/search';
import { wording, wrongInput } from './http/errors.js';
import type { WirePoint } from './schemas/points.js';
import { isObject } from './schemas/shape.js';
import { type Document, isDocument } from './schemas/vectors.js';
import type { Services } from './services.js';

/** The encoder that a collection's metadata names under `fletch.encoder`. */
export function encoderIn(metadata: Payload | undefined): string | undefined {
  const facts = metadata?.fletch;
  return isObject(facts) && typeof facts.encoder === 'string' ? facts.encoder : undefined;
}

/** Names the model of each text: its own, else the collection's encoder, which is looked up once. */
export function modelNamer(
  collection: Collection,
): (document: { readonly model?: string | undefined }) => string {
  let own: string | undefined;
  return ({ model }) => {
    if (model !== undefined) return model;
    own ??= encoderIn(collection.info().config.metadata);
    if (own === undefined)
      throw wrongInput(
        `Collection \`${collection.name}\` has no encoder of its own: name one as {"text": …, "model": …}.`,
      );
    return own;
  };
}

/** Runs a request of the store; a wrong dimension that is an encoder's own is blamed on the encoder. */
export async function blaming<T>(
  dimensions: ReadonlyMap<string, number>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isFletchError(error, 'DIMENSION_MISMATCH')) throw error;
    const found = [...dimensions].find(([, dimension]) => dimension === error.details.actual);
    if (!found) throw error;
    throw wrongInput(
      `Vector dimension error: the encoder \`${found[0]}\` does not fit this collection: ${wording(error)}`,
    );
  }
}

/** Upserts points, encoding the texts among their vectors, all of one model together. */
export async function runUpsert(
  services: Services,
  collection: Collection,
  points: readonly WirePoint[],
  signal: AbortSignal,
) {
  const modelOf = modelNamer(collection);
  const texts = new Map<string, { text: string; put: (vector: Float32Array) => void }[]>();
  const encodeInto = (document: Document, put: (vector: Float32Array) => void): void => {
    const model = modelOf(document);
    const list = texts.get(model) ?? [];
    texts.set(model, list);
    list.push({ text: document.text, put });
  };
  const rows = points.map(({ vector, ...rest }): PointStruct => {
    if (vector instanceof Float32Array) return { ...rest, vector };
    const row = { ...rest, vector: {} as VectorInput };
    if (isDocument(vector)) encodeInto(vector, (encoded) => (row.vector = encoded));
    else {
      const named: { [name: string]: Float32Array } = {};
      row.vector = named;
      for (const [name, part] of Object.entries(vector))
        if (part instanceof Float32Array) named[name] = part;
        else encodeInto(part, (encoded) => (named[name] = encoded));
    }
    return row;
  });
  const dimensions = new Map<string, number>();
  for (const [model, list] of texts) {
    const encoder = await services.encoders.get(model);
    dimensions.set(model, encoder.dimension);
    const vectors = await encoder.encode(
      list.map(({ text }) => text),
      { signal },
    );
    list.forEach(({ put }, row) => {
      put(vectors.slice(row * encoder.dimension, (row + 1) * encoder.dimension));
    });
  }
  return blaming(dimensions, () => collection.upsert(rows));
}
