/**
 * From one vector for each token to one for the text.
 *
 * @module
 */
import type { Pooling } from '../options.js';

/** Token vectors of a batch, padded: `batch × length × dimension`, row-major. */
export interface BatchTokens {
  readonly data: Float32Array;
  readonly length: number;
  readonly dimension: number;
}

/** One rule for each way of pooling: fills `out` from a text's first `count` token vectors. */
const rules: Readonly<
  Record<Exclude<Pooling, 'none'>, (tokens: Float32Array, count: number, out: Float32Array) => void>
> = {
  cls: (tokens, _, out) => out.set(tokens.subarray(0, out.length)),
  mean: (tokens, count, out) => {
    for (let t = 0; t < count; t++)
      for (let j = 0; j < out.length; j++) out[j]! += tokens[t * out.length + j]! / count;
  },
};

/** Pools row `row` of a batch, of which `count` tokens are no padding; `none` gives them all. */
export function pool(
  { data, length, dimension }: BatchTokens,
  row: number,
  count: number,
  rule: Pooling,
): Float32Array {
  const own = data.subarray(row * length * dimension, (row + 1) * length * dimension);
  if (rule === 'none') return own.slice(0, count * dimension);
  const out = new Float32Array(dimension);
  rules[rule](own, count, out);
  return out;
}
