/**
 * The one model for sparse vectors that needs no encoder: BM25, under the names that Qdrant gives it.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import { type Bm25, type Bm25Options, createBm25 } from '@fletch/search';

/** Sets of options whose tokenizer is kept. */
const REMEMBERED = 16;

const made = new Map<string, Bm25>();

/** Whether a model is BM25. Its names are not case-sensitive. */
export function isBm25(model: string | undefined): boolean {
  return model !== undefined && /^(?:qdrant\/)?bm25$/i.test(model);
}

/** BM25 with some options. Throws `INVALID_ARGUMENT`. */
export function bm25With(options: { readonly [name: string]: Json } = {}): Bm25 {
  const key = JSON.stringify(options);
  const known = made.get(key);
  if (known) return known;
  const bm25 = createBm25(options as Bm25Options);
  if (made.size >= REMEMBERED) made.delete(made.keys().next().value!);
  made.set(key, bm25);
  return bm25;
}
