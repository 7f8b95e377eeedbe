/**
 * Blocks one after the other.
 *
 * @module
 */
import type { Tensor } from '@fletch/array';
import type { Run } from '../run.js';

/** What a block gives. */
export interface BlockOutput {
  /** Of the shape of what it takes. */
  readonly next: Tensor;
  /** Its attention weights, `[batch, heads, places, places]`. */
  readonly pattern: Tensor;
}

/** What a stack of blocks gives. */
export interface StackOutput {
  readonly last: Tensor;
  /** Before each block, and after the last. */
  readonly hiddenStates: readonly Tensor[];
  /** Of each block. */
  readonly attentions: readonly Tensor[];
}

/**
 * Runs blocks `0` … `count − 1`. What enters and leaves each passes the tap, as `<prefix>.<i>.in` and `….out`.
 *
 * @param block - computes the block with that name
 */
export function stack(
  run: Run,
  [prefix, count]: readonly [prefix: string, count: number],
  x: Tensor,
  block: (name: string, x: Tensor, i: number) => BlockOutput,
): StackOutput {
  const hiddenStates: Tensor[] = [];
  const attentions: Tensor[] = [];
  let last = x;
  for (let i = 0; i < count; i++) {
    const name = `${prefix}.${i}`;
    last = run.tap(`${name}.in`, last);
    hiddenStates.push(last);
    const { next, pattern } = block(name, last, i);
    attentions.push(pattern);
    last = run.tap(`${name}.out`, next);
  }
  hiddenStates.push(last);
  return { last, hiddenStates, attentions };
}
