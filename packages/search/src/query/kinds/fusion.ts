/**
 * Several rankings made into one.
 *
 * @module
 */
import type { FusionQuery, RrfQuery } from '../../types/index.js';
import type { Hits } from '../hits.js';
import type { QueryKind } from '../kind.js';
import { badRequest, readFloat, readInteger, readObject, readWord, refuse } from '../refuse.js';
import type { Scope } from '../scope.js';
import { Top } from '../top.js';

/** What each list gives to the score of its hits, in their order. */
type Shares = (list: Hits, place: number) => ArrayLike<number>;

/** Sums what every list gives to a point. */
class Fusion implements QueryKind {
  readonly #shares: Shares;
  readonly #at: string;

  constructor(shares: Shares, at: string) {
    this.#shares = shares;
    this.#at = at;
  }

  async search(): Promise<Hits> {
    throw refuse(this.#at, 'cannot apply Fusion without prefetches.');
  }

  async fuse(lists: readonly Hits[], scope: Scope, count: number): Promise<Hits> {
    const scores = new Map<number, number>();
    for (const [place, list] of lists.entries()) {
      const shares = this.#shares(list, place);
      for (let i = 0; i < list.rows.length; i++) {
        const row = list.rows[i]!;
        scores.set(row, Math.fround((scores.get(row) ?? 0) + shares[i]!));
      }
    }
    const top = new Top(count);
    for (const [row, score] of scores)
      if (scope.threshold === undefined || score >= scope.threshold) top.offer(row, score);
    return top.hits();
  }
}

/** Reads `fusion`. */
export function readFusion({ fusion }: FusionQuery, at: string, prefetches: number): QueryKind {
  const method = readWord<string>(fusion, at, ['rrf', 'dbsf'], '');
  if (method === 'dbsf') return new Fusion(distributionShares, at);
  if (method === 'rrf') return readRrf({ rrf: {} }, at, prefetches);
  throw refuse(at, 'expected "rrf" or "dbsf".');
}

/**
 * Reads `rrf`, reciprocal rank fusion (Cormack, Clarke & Büttcher 2009): the hit at place p, from 1, of a list of
 * weight w gets `1 / (p / w + k − 1)`.
 */
export function readRrf({ rrf }: RrfQuery, at: string, prefetches: number): QueryKind {
  const input = readObject(rrf, at);
  const k = readInteger(input.k, `${at}.k`, 1, 2);
  const weights = readWeights(input.weights, `${at}.weights`);
  if (weights && prefetches > 0 && weights.length !== prefetches)
    throw badRequest(
      `RRF weights length (${weights.length}) does not match number of prefetches (${prefetches})`,
      `${at}.weights`,
    );
  const shares: Shares = ({ rows }, place) => {
    const weight = weights?.[place] ?? 1;
    return Float32Array.from(rows, (_, i) => (weight > 0 ? 1 / ((i + 1) / weight + k - 1) : 0));
  };
  return new Fusion(shares, at);
}

function readWeights(input: unknown, at: string): number[] | undefined {
  if (input === undefined || input === null) return undefined;
  if (!Array.isArray(input)) throw refuse(at, 'expected a list with one weight per prefetch.');
  return input.map((weight: unknown, i) => readFloat(weight ?? 'nothing', `${at}[${i}]`, 0));
}

/** Places a score between the mean less and plus three standard deviations of its list, which become 0 and 1. */
function distributionShares({ scores }: Hits): ArrayLike<number> {
  if (scores.length < 2) return scores.map(() => 0.5);
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const squares = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0);
  const reach = 3 * Math.sqrt(squares / (scores.length - 1));
  const least = Math.fround(mean - reach);
  const most = Math.fround(mean + reach);
  return least === most ? scores.map(() => 0.5) : scores.map((score) => (score - least) / (most - least));
}
