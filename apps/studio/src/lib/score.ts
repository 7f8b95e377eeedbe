/**
 * Scores as lengths of bars.
 *
 * @module
 */
import type { Distance } from '@fletch/search';

/**
 * How long the bar of `score` is, 0 to 1. Cosine is taken as it is; dot products are measured against the best
 * hit; of a distance the bar shrinks as it grows, halving at the distance of the middle hit.
 *
 * @param scores - all scores of the list, best first
 */
export function share(score: number, distance: Distance, scores: readonly number[]): number {
  if (distance === 'Cosine') return clamp(score);
  if (distance === 'Dot') {
    const best = Math.abs(scores[0] ?? 0);
    return best === 0 ? 0 : clamp(score / best);
  }
  const middle = scores[Math.floor(scores.length / 2)] ?? 0;
  return middle === 0 ? 1 : clamp(2 ** (-score / middle));
}

const clamp = (value: number): number => (Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : 0);
