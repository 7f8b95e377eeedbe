/**
 * Choosing the links of a node (Subramanya, Devvrit, Kadekodi, Krishnaswamy and Simhadri, DiskANN, NeurIPS 2019).
 *
 * @module
 */
import type { GraphVectors } from './distances.js';

/** A vector and how far it is from what it was searched for. */
export interface Candidate {
  readonly id: number;
  readonly distance: number;
}

/** How links are chosen. */
export interface PruneOptions {
  /**
   * How much nearer a link must be to the candidate than the node itself, to make it superfluous: at least 1 for squared
   * distances, in (0, 1] for inner products.
   */
  readonly alpha: number;
  /** Most links. */
  readonly limit: number;
}

/**
 * Of candidates, the nearest first, those that no link chosen before leads to: t is left out when
 * `a d(p, t) < d(x, t)` for a link p of node x. First with a = 1; when there is room then, with a = alpha, which brings some
 * back that were left out.
 *
 * @param pool - sorted by distance from the node, which is not among them
 * @returns the numbers of the links, in the order in which they were chosen
 */
export function pruneCandidates(
  pool: readonly Candidate[],
  vectors: GraphVectors,
  { alpha, limit }: PruneOptions,
): number[] {
  const links: { readonly id: number; readonly to: (id: number) => number }[] = [];
  const taken = new Uint8Array(pool.length);
  for (const a of alpha === 1 ? [1] : [1, alpha]) {
    for (let at = 0; at < pool.length && links.length < limit; at++) {
      const { id, distance } = pool[at]!;
      if (taken[at] === 1 || links.some(({ to }) => a * to(id) < distance)) continue;
      taken[at] = 1;
      links.push({ id, to: vectors.from(id) });
    }
  }
  return links.map(({ id }) => id);
}
