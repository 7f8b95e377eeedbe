/**
 * Texts in requests become vectors before the store sees them.
 *
 * @module
 */
import { isFletchError } from '@fletch/base';
import type {
  AnyVectorInput,
  Collection,
  Payload,
  SparseVector,
  UpdateOperation,
  VectorInput,
} from '@fletch/search';
import { encodeTexts, type TextVector } from '@fletch/text';
import { bm25With, isBm25 } from './bm25.js';
import { wording, wrongInput } from './http/errors.js';
import type { WireUpsert } from './schemas/points.js';
import { isObject } from './schemas/shape.js';
import type { WireOperation, WireUpdateVectors } from './schemas/updates.js';
import { type Document, isDocument, type WirePart, type WireVector } from './schemas/vectors.js';
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

/** A vector that the store takes, in the place of one that may be a text. */
type Ready<T extends { vector: WireVector }> = Omit<T, 'vector'> & { vector: VectorInput };

/** Texts among the vectors of points: collected, then encoded, all of one model together. */
class Texts {
  readonly #modelOf: (document: Document) => string;
  readonly #texts = new Map<string, { text: string; put: (vector: TextVector) => void }[]>();

  constructor(collection: Collection) {
    this.#modelOf = modelNamer(collection);
  }

  /** Points whose texts become vectors by {@link encode}. */
  collect<T extends { vector: WireVector }>(points: readonly T[]): Ready<T>[] {
    return points.map(({ vector, ...rest }): Ready<T> => {
      const ready = { ...rest, vector: {} as VectorInput };
      if (isDocument(vector)) this.#add(vector, (encoded) => (ready.vector = encoded as VectorInput));
      else if (Array.isArray(vector) || vector instanceof Float32Array) ready.vector = vector;
      else ready.vector = this.#named(vector);
      return ready;
    });
  }

  /** Returns the dimensions of the encoders that were used. */
  async encode(services: Services, signal: AbortSignal): Promise<Map<string, number>> {
    const dimensions = new Map<string, number>();
    for (const [model, list] of this.#texts) {
      const encoder = await services.encoders.get(model);
      dimensions.set(model, encoder.dimension);
      const vectors = await encodeTexts(
        encoder,
        list.map(({ text }) => text),
        { signal },
      );
      list.forEach(({ put }, row) => {
        put(vectors[row]!);
      });
    }
    return dimensions;
  }

  #named(vectors: { [name: string]: WirePart }): { [name: string]: AnyVectorInput } {
    const named: { [name: string]: AnyVectorInput } = {};
    for (const [name, part] of Object.entries(vectors))
      if (isDocument(part)) this.#add(part, (encoded) => (named[name] = encoded));
      else named[name] = part;
    return named;
  }

  #add(document: Document, put: (vector: TextVector | SparseVector) => void): void {
    if (isBm25(document.model)) {
      put(bm25With(document.options).document(document.text));
      return;
    }
    const model = this.#modelOf(document);
    const list = this.#texts.get(model) ?? [];
    this.#texts.set(model, list);
    list.push({ text: document.text, put });
  }
}

/** Upserts points, encoding the texts among their vectors. */
export async function runUpsert(
  services: Services,
  collection: Collection,
  { points, ...options }: WireUpsert,
  signal: AbortSignal,
) {
  const texts = new Texts(collection);
  const rows = texts.collect(points);
  return blaming(await texts.encode(services, signal), () => collection.upsert(rows, options));
}

/** Gives points new vectors, encoding the texts among them. */
export async function runUpdateVectors(
  services: Services,
  collection: Collection,
  { points, ...options }: WireUpdateVectors,
  signal: AbortSignal,
) {
  const texts = new Texts(collection);
  const rows = texts.collect(points);
  return blaming(await texts.encode(services, signal), () => collection.updateVectors(rows, options));
}

/** Carries several updates out, after encoding the texts in all of them. */
export async function runBatchUpdate(
  services: Services,
  collection: Collection,
  operations: readonly WireOperation[],
  signal: AbortSignal,
) {
  const texts = new Texts(collection);
  const ready = operations.map((operation): UpdateOperation => {
    if ('upsert' in operation)
      return { upsert: { ...operation.upsert, points: texts.collect(operation.upsert.points) } };
    if ('update_vectors' in operation) {
      const { update_vectors: update } = operation;
      return { update_vectors: { ...update, points: texts.collect(update.points) } };
    }
    return operation;
  });
  return blaming(await texts.encode(services, signal), () => collection.batchUpdate(ready));
}
