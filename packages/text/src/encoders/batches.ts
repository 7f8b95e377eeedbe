/**
 * Groups token lists of similar length, so that little is spent on padding.
 *
 * @module
 */

/** Which texts run together, and to how many tokens they are padded. */
export interface Batch {
  /** Positions in the list that was given. */
  readonly members: number[];
  /** The longest member's length, at least 1. */
  readonly length: number;
}

/**
 * Sorts by length and cuts into batches of at most `maxTokens` padded tokens (one text may exceed it alone).
 *
 * @param lengths - tokens of each text
 */
export function batchesByLength(lengths: ArrayLike<number>, maxTokens: number): Batch[] {
  const order = Array.from(lengths, (_, i) => i).sort((a, b) => lengths[a]! - lengths[b]! || a - b);
  const batches: { members: number[]; length: number }[] = [];
  let open: { members: number[]; length: number } | undefined;
  for (const index of order) {
    const length = Math.max(1, lengths[index]!);
    if (!open || length * (open.members.length + 1) > maxTokens) {
      open = { members: [], length };
      batches.push(open);
    }
    open.members.push(index);
    open.length = length;
  }
  return batches;
}
