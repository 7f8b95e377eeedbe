/**
 * Maximal marginal relevance: near points that are unlike each other (Carbonell & Goldstein 1998).
 *
 * @module
 */
import type { NearestQuery } from '../../types/index.js';
import type { Examples } from '../examples.js';
import type { Hits } from '../hits.js';
import type { QueryKind } from '../kind.js';
import { readFloat, readInteger, readObject, refuse } from '../refuse.js';
import type { Scope } from '../scope.js';
import { similarity, workOf } from '../similarity.js';
import { Nearest } from './nearest.js';

/** Qdrant's limit, against queries that cost too much. */
const MOST_CANDIDATES = 16_384;
/** Multiplications between two looks at the clock. */
const WORK = 1_000_000;

/** Reads `nearest`, with or without `mmr`. */
export function readNearest({ nearest, mmr }: NearestQuery, at: string, examples: Examples): QueryKind {
  const { space } = examples;
  const found = new Nearest(space, examples.vector(nearest, `${at}.nearest`));
  if (mmr === undefined || mmr === null) return found;
  const input = readObject(mmr, `${at}.mmr`);
  const diversity = readFloat(input.diversity, `${at}.mmr.diversity`, 0.5);
  if (diversity < 0 || diversity > 1)
    throw refuse(`${at}.mmr.diversity`, `value ${diversity} invalid, must be from 0.0 to 1.0.`);
  const candidates = readInteger(
    input.candidates_limit,
    `${at}.mmr.candidates_limit`,
    0,
    -1,
    MOST_CANDIDATES,
  );
  return new Diverse(found, diversity, candidates < 0 ? undefined : candidates);
}

/** Chooses among the nearest points; scores stay those of nearness. */
class Diverse implements QueryKind {
  readonly order = 'none';
  readonly #nearest: Nearest;
  readonly #diversity: number;
  readonly #candidates: number | undefined;

  constructor(nearest: Nearest, diversity: number, candidates: number | undefined) {
    this.#nearest = nearest;
    this.#diversity = diversity;
    this.#candidates = candidates;
  }

  async search(scope: Scope, count: number): Promise<Hits> {
    const hits = await this.#nearest.search(scope, this.#candidates ?? count);
    const chosen = await this.#choose(hits, scope, count);
    return {
      rows: Uint32Array.from(chosen, (i) => hits.rows[i]!),
      scores: Float32Array.from(chosen, (i) => hits.scores[i]!),
    };
  }

  /** Places of the chosen hits. Of equally good ones the nearer is chosen. */
  async #choose({ rows }: Hits, { turns }: Scope, count: number): Promise<number[]> {
    const { space, vector } = this.#nearest;
    const vectors = Array.from(rows, (row) => space.vector(row));
    const relevance = Float32Array.from(vectors, (each) => similarity(space.distance, vector, each));
    /** How like the chosen ones each hit is. */
    const likeness = new Float32Array(rows.length).fill(-Infinity);
    const left = new Set(rows.keys());
    const chosen: number[] = [];
    let work = 0;
    while (chosen.length < count && left.size > 0) {
      let best = -1;
      let bestScore = -Infinity;
      for (const i of left) {
        const score =
          chosen.length === 0
            ? relevance[i]!
            : (1 - this.#diversity) * relevance[i]! - this.#diversity * likeness[i]!;
        if (best < 0 || score > bestScore) [best, bestScore] = [i, score];
      }
      chosen.push(best);
      left.delete(best);
      if (chosen.length === count) break;
      for (const i of left) {
        likeness[i] = Math.max(likeness[i]!, similarity(space.distance, vectors[i]!, vectors[best]!));
        work += workOf(vectors[i]!, vectors[best]!);
        if (work < WORK) continue;
        work = 0;
        if (turns.over) await turns.pause();
      }
    }
    return chosen;
  }
}
