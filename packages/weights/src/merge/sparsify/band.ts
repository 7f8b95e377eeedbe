/**
 * Keeps the numbers whose sizes stand in one stretch of the order of all: the largest (TIES), or all but the largest few
 * and the smallest (Breadcrumbs).
 *
 * @module
 */
import { RankFinder } from './ranks.js';
import { keepAll, type Sparsifier } from './sparsifier.js';

/** Keeps the places `from` to `to - 1` of the ascending order of sizes; equal sizes stand in the order of the tensor. */
function keepBand(size: number, from: number, to: number): Sparsifier {
  const finder = new RankFinder(to < size ? [from, to - 1] : [from]);
  let lower = 0;
  let upper = 0;
  /** How many equals of the two ends came by. */
  let lowerSeen = 0;
  let upperSeen = 0;
  let start = { lower: 0, upper: 0 };
  return {
    looks: RankFinder.looks,
    look: (round, delta) => finder.look(round, delta),
    apply(delta, offset) {
      if (offset === 0) {
        const [low, high] = finder.found();
        lower = low!.key;
        upper = high?.key ?? Number.POSITIVE_INFINITY;
        start = { lower: low!.below, upper: high?.below ?? 0 };
        lowerSeen = 0;
        upperSeen = 0;
      }
      // Local names: the loop is what merging waits for.
      const [least, most] = [lower, upper];
      const words = new Uint32Array(delta.buffer, delta.byteOffset, delta.length);
      for (let i = 0; i < words.length; i++) {
        const key = words[i]! & 0x7fffffff;
        if (key > least && key < most) continue;
        if (key < least || key > most) words[i] = 0;
        else {
          if (key === least && start.lower + lowerSeen++ < from) words[i] = 0;
          if (key === most && start.upper + upperSeen++ >= to) words[i] = 0;
        }
      }
    },
  };
}

/** Keeps the largest `density · size` numbers, at least one (Yadav et al., TIES-Merging, NeurIPS 2023). */
export function keepLargest(size: number, density: number): Sparsifier {
  if (density >= 1) return keepAll;
  const kept = Math.max(1, Math.trunc(density * size));
  return keepBand(size, size - kept, size);
}

/**
 * Drops the largest `gamma · size` numbers and as many of the smallest as leave `density · size`, at least one; fewer of
 * the largest when density leaves no room (Davari and Belilovsky, Model Breadcrumbs, ECCV 2024).
 */
export function dropOutliers(size: number, density: number, gamma: number): Sparsifier {
  if (density >= 1) return keepAll;
  const kept = Math.max(1, Math.trunc(density * size));
  const top = Math.min(Math.trunc(gamma * size), size - kept);
  return keepBand(size, size - kept - top, size - top);
}
