/**
 * Texts in requests become vectors before the store sees them.
 *
 * @module
 */
import { isFletchError } from '@fletch/base';
import type { Collection, Payload, PointStruct, QueryRequest, VectorInput } from '@fletch/search';
import { wrongInput } from './http/errors.js';
import type { WirePoint } from './schemas/points.js';
import type { WireQuery } from './schemas/queries.js';
import { isObject } from './schemas/shape.js';
import { type Document, isDocument } from './schemas/vectors.js';
import type { Services } from './services.js';

/** The encoder that a collection's metadata names under `fletch.encoder`. */
export function encoderIn(metadata: Payload | undefined): string | undefined {
  const facts = metadata?.fletch;
  return isObject(facts) && typeof facts.encoder === 'string' ? facts.encoder : undefined;
}

function modelOf(document: Document, collection: Collection): string {
  const model = document.model ?? encoderIn(collection.info().config.metadata);
  if (model === undefined)
    throw wrongInput(
      `Collection \`${collection.name}\` has no encoder of its own: name one as {"text": …, "model": …}.`,
    );
  return model;
}

/** Runs a request of the store; when a text was encoded for it, a wrong dimension is the encoder's. */
async function blame<T>(model: string | undefined, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (model !== undefined && isFletchError(error, 'DIMENSION_MISMATCH'))
      throw wrongInput(
        `Vector dimension error: the encoder \`${model}\` does not fit this collection: ${error.message}`,
      );
    throw error;
  }
}

/** Answers a query, encoding its text if it has one. */
export async function runQuery(services: Services, collection: Collection, query: WireQuery) {
  const { query: target, ...rest } = query;
  if (target === undefined) return collection.query(rest);
  if (!isDocument(target)) return collection.query({ ...rest, query: target });
  const model = modelOf(target, collection);
  const vector = await services.encoders.encodeQuery(model, target.text);
  return blame(model, collection.query({ ...rest, query: vector } satisfies QueryRequest));
}

/** Upserts points, encoding the texts among their vectors, all of one model together. */
export async function runUpsert(
  services: Services,
  collection: Collection,
  points: readonly WirePoint[],
  signal: AbortSignal,
) {
  const texts = new Map<string, { text: string; put: (vector: Float32Array) => void }[]>();
  const encodeInto = (document: Document, put: (vector: Float32Array) => void): void => {
    const model = modelOf(document, collection);
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
  for (const [model, list] of texts) {
    const encoder = await services.encoders.get(model);
    const vectors = await encoder.encode(
      list.map(({ text }) => text),
      { signal },
    );
    list.forEach(({ put }, row) => {
      put(vectors.slice(row * encoder.dimension, (row + 1) * encoder.dimension));
    });
  }
  return blame([...texts.keys()][0], collection.upsert(rows));
}
