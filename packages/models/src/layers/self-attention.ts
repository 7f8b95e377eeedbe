/**
 * Self-attention whose queries, keys and values have a matrix each.
 *
 * @module
 */
import type { Tensor } from '@fletch/array';
import type { Run } from '../run.js';
import { type AttendOptions, attend, splitHeads } from './attention.js';
import { linear } from './dense.js';

/** How a self-attention is made up. */
export interface SelfAttentionOptions extends AttendOptions {
  readonly heads: number;
  /** Heads of keys and values; divides `heads`. Default: as many. */
  readonly keyHeads?: number;
  /** Names of the three layers below the module's. */
  readonly names: readonly [query: string, key: string, value: string];
  /** Whether they have biases. Default true. */
  readonly bias?: boolean;
  /** Turns queries and keys `[batch, heads, places, width]` by their places. */
  readonly rotate?: (x: Tensor) => Tensor;
}

/**
 * The heads' results side by side, before the layer that mixes them, and the attention weights.
 *
 * @param x - `[batch, places, width]`
 */
export function selfAttention(
  run: Run,
  name: string,
  x: Tensor,
  options: SelfAttentionOptions,
): { readonly mixed: Tensor; readonly pattern: Tensor } {
  const { heads, keyHeads = heads, names, bias = true, rotate = (part) => part } = options;
  const part = (i: 0 | 1 | 2) =>
    splitHeads(linear(run, `${name}.${names[i]}`, x, { bias }), i === 0 ? heads : keyHeads);
  return attend(run, name, [rotate(part(0)), rotate(part(1)), part(2)], options);
}
