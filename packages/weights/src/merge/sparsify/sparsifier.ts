/**
 * What drops a part of a task vector.
 *
 * @module
 */

/** Drops numbers of one task vector. Pieces come in order and cover it, in every round anew. */
export interface Sparsifier {
  readonly looks: number;
  look(round: number, delta: Float32Array, offset: number): void;
  /** Sets what is dropped to zero and scales what stays, in place. */
  apply(delta: Float32Array, offset: number): void;
}

/** Keeps everything. */
export const keepAll: Sparsifier = { looks: 0, look() {}, apply() {} };

function sizes(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.abs(values[i]!);
  return sum;
}

/** Below this sum of sizes nothing is scaled. */
const TINY = 1e-7;

/** Scales what stays so that the sum of its sizes is what it was before: what mergekit's `rescale` does. */
export function keepingSum(inner: Sparsifier): Sparsifier {
  let before = 0;
  let after = 0;
  return {
    looks: inner.looks + 1,
    look(round, delta, offset) {
      if (round < inner.looks) {
        inner.look(round, delta, offset);
        return;
      }
      const rest = delta.slice();
      inner.apply(rest, offset);
      before += sizes(delta);
      after += sizes(rest);
    },
    apply(delta, offset) {
      inner.apply(delta, offset);
      if (before < TINY || after < TINY) return;
      const factor = before / after;
      for (let i = 0; i < delta.length; i++) delta[i]! *= factor;
    },
  };
}
