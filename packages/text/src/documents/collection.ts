/**
 * Collections whose points are texts: the encoder that made their vectors is remembered in their metadata.
 *
 * @module
 */
import { FletchError, type Json } from '@fletch/base';
import type { Collection, CreateCollection, Distance, Payload, Store, VectorParams } from '@fletch/search';
import type { Encoder } from '../encoders/types.js';

/** What a text collection remembers about itself, under `fletch` in its metadata. */
export interface TextCollectionFacts {
  /** Name of the encoder, as {@link createEncoder} takes it. */
  readonly encoder: string;
  /** Payload field that holds the text. */
  readonly text_field: string;
}

/** Options of {@link createTextCollection}. */
export interface TextCollectionOptions extends Omit<CreateCollection, 'vectors'> {
  /** Default `Cosine`. */
  readonly distance?: Distance;
  /** Payload field that holds the text. Default `text`. */
  readonly textField?: string;
}

/** Makes a collection for the vectors of `encoder`, of several to a point where it gives one for each token. Throws `ALREADY_EXISTS`, `INVALID_ARGUMENT`. */
export function createTextCollection(
  store: Store,
  name: string,
  encoder: Encoder,
  options: TextCollectionOptions = {},
): Promise<Collection> {
  const { distance = 'Cosine', textField = 'text', metadata, ...rest } = options;
  return store.createCollection(name, {
    ...rest,
    vectors: {
      size: encoder.dimension,
      distance,
      ...(encoder.encodeTokens && { multivector_config: { comparator: 'max_sim' } }),
    },
    metadata: withFacts(metadata ?? {}, { encoder: encoder.name, text_field: textField }),
  });
}

/** What the collection remembers, or undefined when no text was ever indexed into it. */
export function textCollectionFacts(collection: Collection): TextCollectionFacts | undefined {
  const facts = collection.info().config.metadata?.fletch;
  if (!isObject(facts) || typeof facts.encoder !== 'string') return undefined;
  return {
    encoder: facts.encoder,
    text_field: typeof facts.text_field === 'string' ? facts.text_field : 'text',
  };
}

/**
 * Checks that vectors of `encoder` belong into the collection.
 *
 * @throws FletchError `DIMENSION_MISMATCH` when its vectors have another length, `INVALID_ARGUMENT` when the
 *   collection was made with another encoder or has no unnamed vector
 */
export function checkEncoder(collection: Collection, encoder: Encoder): void {
  const { vectors } = collection.info().config.params;
  if (!isVectorParams(vectors))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `The collection "${collection.name}" has named vectors; texts go into a collection with one unnamed vector.`,
    );
  const remembered = textCollectionFacts(collection)?.encoder;
  const advice = remembered ? `use the encoder "${remembered}"` : `use an encoder of ${vectors.size} values`;
  if (vectors.size !== encoder.dimension)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `The encoder "${encoder.name}" makes vectors of ${encoder.dimension} values, the collection ` +
        `"${collection.name}" holds vectors of ${vectors.size}: ${advice}, or index into another collection.`,
      { details: { collection: collection.name, expected: vectors.size, received: encoder.dimension } },
    );
  if ((vectors.multivector_config != null) !== (encoder.encodeTokens !== undefined))
    throw new FletchError(
      'INVALID_ARGUMENT',
      encoder.encodeTokens
        ? `The encoder "${encoder.name}" gives a vector for each token, the collection "${collection.name}" takes one ` +
            'for a point: leave out pooling=none, or index into another collection.'
        : `The encoder "${encoder.name}" gives one vector for a text, the collection "${collection.name}" takes several: ` +
            'use pooling=none, or index into another collection.',
      { details: { collection: collection.name } },
    );
  if (remembered !== undefined && remembered !== encoder.name)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `The collection "${collection.name}" was indexed with the encoder "${remembered}"; vectors of ` +
        `"${encoder.name}" cannot be compared with it: ${advice}, or index into another collection.`,
      { details: { collection: collection.name, expected: remembered, received: encoder.name } },
    );
}

/**
 * Makes the collection remember its encoder and text field; the rest of its metadata stays.
 *
 * @throws FletchError `INVALID_ARGUMENT` when it keeps its texts in another field
 */
export async function rememberEncoder(
  collection: Collection,
  encoder: Encoder,
  textField: string,
): Promise<void> {
  const known = textCollectionFacts(collection);
  if (known && known.text_field !== textField)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `The collection "${collection.name}" keeps its texts in the payload field "${known.text_field}", not in ` +
        `"${textField}": index with the text field "${known.text_field}", or into another collection.`,
    );
  if (known) return;
  const metadata = collection.info().config.metadata ?? {};
  await collection.setMetadata(withFacts(metadata ?? {}, { encoder: encoder.name, text_field: textField }));
}

function withFacts(metadata: Payload, facts: TextCollectionFacts): Payload {
  const others = isObject(metadata.fletch) ? metadata.fletch : {};
  return { ...metadata, fletch: { ...others, ...facts } };
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isVectorParams(vectors: VectorParams | { [name: string]: VectorParams }): vectors is VectorParams {
  return typeof vectors.size === 'number';
}
