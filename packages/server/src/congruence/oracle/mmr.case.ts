/**
 * Maximal marginal relevance (lib/shard/src/query/mmr).
 *
 * @module
 */
import { close, type Doubts } from './doubts.case.js';
import type { Hit } from './ranking.case.js';
import { type Kind, type Stored, similarity } from './vectors.case.js';

/** Picks `limit` candidates one after the other: near to the query, and not near to those that are picked. */
export function diversified(
  candidates: readonly { hit: Hit; vector: Stored }[],
  query: Stored,
  kind: Kind,
  diversity: number,
  limit: number,
  doubts: Doubts,
): Hit[] {
  if (candidates.length < 2) return candidates.map(({ hit }) => hit);
  const lambda = Math.fround(1 - Math.fround(diversity));
  const near = (a: Stored, b: Stored) => similarity(a, b, kind) ?? 0;
  const left = [...candidates];
  const picked: typeof left = [];
  while (left.length > 0 && picked.length < limit) {
    const scores = left.map(({ vector }) => {
      const relevance = near(query, vector);
      if (picked.length === 0) return relevance;
      const nearest = Math.max(...picked.map((other) => near(vector, other.vector)));
      return lambda * relevance - (1 - lambda) * nearest;
    });
    const best = scores.indexOf(Math.max(...scores));
    if (scores.some((score, i) => i !== best && close(score, scores[best]!))) doubts.note('a tie in MMR');
    picked.push(...left.splice(best, 1));
  }
  return picked.map(({ hit }) => hit);
}
