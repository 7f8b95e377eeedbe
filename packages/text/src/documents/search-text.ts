/**
 * Search by a text's meaning.
 *
 * @module
 */
import type { LongWork } from '@fletch/base';
import type { Collection, QueryRequest, ScoredPoint } from '@fletch/search';
import { encodeTexts } from '../encoders/token-sets.js';
import type { Encoder } from '../encoders/types.js';
import { checkEncoder } from './collection.js';

/** A query by text; the other fields are those of {@link QueryRequest}, but payloads are returned by default. */
export interface SearchTextOptions extends Omit<QueryRequest, 'query' | 'using'>, Pick<LongWork, 'signal'> {
  readonly collection: Collection;
  readonly encoder: Encoder;
  readonly text: string;
}

/**
 * The points whose vectors are nearest to the text's, best first.
 *
 * @throws FletchError `DIMENSION_MISMATCH` or `INVALID_ARGUMENT` when encoder and collection do not fit,
 *   `INVALID_FILTER`
 */
export async function searchText(options: SearchTextOptions): Promise<ScoredPoint[]> {
  const { collection, encoder, text, signal, ...request } = options;
  checkEncoder(collection, encoder);
  const [query] = await encodeTexts(encoder, [text], signal ? { signal } : {});
  return collection.query({ with_payload: true, ...request, query: query! });
}
