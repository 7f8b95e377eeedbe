/**
 * Texts as sets of their tokens' vectors.
 *
 * @module
 */
import { FletchError, type LongWork } from '@fletch/base';
import { normalize } from './normalize.js';
import type { Encoder, TokenVectors } from './types.js';

/**
 * Puts the token vectors of texts one after another, each at unit length.
 *
 * @param sets - of each text `tokens × dimension` values
 * @throws FletchError `INVALID_ARGUMENT` naming a text without tokens
 */
export function joinTokens(sets: readonly Float32Array[], dimension: number): TokenVectors {
  const starts = new Uint32Array(sets.length + 1);
  sets.forEach((set, i) => {
    if (set.length === 0)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `Text ${i} has no tokens, so there is nothing to compare: leave it out.`,
        { details: { position: i } },
      );
    starts[i + 1] = starts[i]! + set.length / dimension;
  });
  const vectors = new Float32Array(starts.at(-1)! * dimension);
  sets.forEach((set, i) => {
    vectors.set(set, starts[i]! * dimension);
  });
  for (let at = 0; at < vectors.length; at += dimension) normalize(vectors.subarray(at, at + dimension));
  return { vectors, starts };
}

/** The mean of a set's vectors at unit length; zero for no vectors. */
export function meanOfTokens(set: Float32Array, dimension: number): Float32Array {
  const mean = new Float32Array(dimension);
  set.forEach((value, i) => {
    mean[i % dimension]! += (value * dimension) / set.length;
  });
  return normalize(mean);
}

/** A text in the form in which a collection takes it: one vector, or one for each token. */
export type TextVector = Float32Array | Float32Array[];

/** Encodes texts as the encoder means them: to one vector each, or to one for each token. */
export async function encodeTexts(
  encoder: Encoder,
  texts: readonly string[],
  options: LongWork = {},
): Promise<TextVector[]> {
  const { dimension } = encoder;
  if (!encoder.encodeTokens) return cut(await encoder.encode(texts, options), dimension);
  const { vectors, starts } = await encoder.encodeTokens(texts, options);
  const rows = cut(vectors, dimension);
  return texts.map((_, i) => rows.slice(starts[i]!, starts[i + 1]!));
}

function cut(vectors: Float32Array, dimension: number): Float32Array[] {
  return Array.from({ length: vectors.length / dimension }, (_, i) =>
    vectors.slice(i * dimension, (i + 1) * dimension),
  );
}
