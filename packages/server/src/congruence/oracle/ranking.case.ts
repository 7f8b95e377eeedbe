/**
 * Lists of hits: their order, thresholds, cuts and fusion.
 *
 * @module
 */
import type { PointId } from '@fletch/search';
import { close, type Doubts, Refused } from './doubts.case.js';
import { compareIds } from './ids.case.js';

export interface Hit {
  readonly id: PointId;
  readonly score: number;
  /** The value that `order_by` ordered by. */
  readonly order?: number;
}

/** Hits, best first. Equal neighbours may stand in any order, unless the order is `id`. */
export interface Ranking {
  readonly hits: readonly Hit[];
  readonly by: 'score' | 'distance' | 'id' | 'order asc' | 'order desc' | 'chance' | 'list';
}

export function ranked(hits: readonly Hit[], by: Ranking['by']): Ranking {
  const compare: { [K in Ranking['by']]: (a: Hit, b: Hit) => number } = {
    score: (a, b) => b.score - a.score,
    distance: (a, b) => a.score - b.score,
    id: (a, b) => compareIds(a.id, b.id),
    'order asc': (a, b) => a.order! - b.order!,
    'order desc': (a, b) => b.order! - a.order!,
    chance: () => 0,
    list: () => 0,
  };
  return { hits: [...hits].sort(compare[by]), by };
}

/** Whether two hits may change places. */
export function tied(a: Hit, b: Hit, by: Ranking['by']): boolean {
  if (by === 'id' || by === 'list') return false;
  if (by === 'chance') return true;
  return by === 'score' || by === 'distance' ? close(a.score, b.score) : a.order === b.order;
}

/** The first `limit` of a stage that another one works on: which these are must be certain. */
export function cut(ranking: Ranking, limit: number, doubts: Doubts): Ranking {
  const { hits, by } = ranking;
  if (limit < hits.length && limit > 0 && tied(hits[limit - 1]!, hits[limit]!, by))
    doubts.note('a tie at the limit of a prefetch');
  return { hits: hits.slice(0, limit), by };
}

/**
 * Hits better than the threshold, of fusion and formulas also those that meet it.
 *
 * @param exact - whether a score that is equal to the threshold is so to the last bit
 */
export function above(
  ranking: Ranking,
  threshold: number | null | undefined,
  { inclusive, exact }: { inclusive: boolean; exact: boolean },
  doubts: Doubts,
): Ranking {
  if (threshold === null || threshold === undefined) return ranking;
  const limit = Math.fround(threshold);
  const { hits, by } = ranking;
  const near = ({ score }: Hit) => close(score, limit) && !(exact && score === limit);
  if (hits.some(near)) doubts.note('a score at the threshold');
  const better = ({ score }: Hit) => (by === 'distance' ? score < limit : score > limit);
  return { hits: hits.filter((hit) => better(hit) || (inclusive && hit.score === limit)), by };
}

/** Reciprocal rank fusion (lib/segment/src/common/reciprocal_rank_fusion.rs). */
export function rrf(
  sources: readonly Ranking[],
  k: number,
  weights: number[] | null | undefined,
  doubts: Doubts,
): Ranking {
  if (weights && weights.length !== sources.length) throw new Refused(400, 'one weight for each prefetch');
  const scores = new Map<PointId, number>();
  sources.forEach(({ hits, by }, source) => {
    const weight = Math.fround(weights?.[source] ?? 1);
    hits.forEach((hit, position) => {
      if (position > 0 && tied(hits[position - 1]!, hit, by)) doubts.note('a tie among ranks that are fused');
      const score = weight <= 0 ? 0 : 1 / ((position + 1) / weight + k - 1);
      scores.set(hit.id, (scores.get(hit.id) ?? 0) + score);
    });
  });
  return ranked(
    [...scores].map(([id, score]) => ({ id, score })),
    'score',
  );
}

/** Distribution-based score fusion (lib/segment/src/common/score_fusion.rs): three deviations are the ends. */
export function dbsf(sources: readonly Ranking[], doubts: Doubts): Ranking {
  const scores = new Map<PointId, number>();
  for (const { hits } of sources) {
    const count = hits.length;
    const mean = hits.reduce((sum, { score }) => sum + score, 0) / count;
    const variance = hits.reduce((sum, { score }) => sum + (score - mean) ** 2, 0) / (count - 1);
    const deviation = Math.sqrt(variance);
    const even = count < 2 || hits.every(({ score }) => score === hits[0]!.score);
    if (!even && deviation < 1e-3 * Math.max(1, Math.abs(mean))) doubts.note('scores too even to be spread');
    for (const { id, score } of hits) {
      const normal = even ? 0.5 : (score - (mean - 3 * deviation)) / (6 * deviation);
      scores.set(id, (scores.get(id) ?? 0) + normal);
    }
  }
  return ranked(
    [...scores].map(([id, score]) => ({ id, score })),
    'score',
  );
}
