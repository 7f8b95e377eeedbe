/**
 * Scores made of comparisons with several examples: every candidate is compared with each of them.
 *
 * @module
 */
import type { Distance } from '../../index/types.js';
import type { NearestOptions, VectorSpace, VectorValue } from '../../space/types.js';
import type { Hits } from '../hits.js';
import type { QueryKind } from '../kind.js';
import type { Scope } from '../scope.js';
import { Top } from '../top.js';

/** Similarities, the larger the nearer, of example number `example` to the candidates at hand. */
export type Similar = (example: number) => Promise<Float32Array>;

/** Makes the scores of `count` candidates out of their similarities. */
export type Combine = (similar: Similar, count: number) => Promise<ArrayLike<number>>;

/** Candidates that are compared at a time. */
const CHUNK = 4096;

/** What Qdrant compares by: scores as they are, or the negative of a distance (of its square for Euclid). */
export function rawSimilarity(distance: Distance, score: number): number {
  if (distance === 'Euclid') return -Math.fround(score * score);
  return distance === 'Manhattan' ? -score : score;
}

/** Scores are combined, so that the larger one is better whatever the distance. */
export class Scan implements QueryKind {
  readonly #space: VectorSpace;
  readonly #examples: readonly VectorValue[];
  readonly #combine: Combine;

  constructor(space: VectorSpace, examples: readonly VectorValue[], combine: Combine) {
    this.#space = space;
    this.#examples = examples;
    this.#combine = combine;
  }

  async search(scope: Scope, count: number): Promise<Hits> {
    const candidates = await scope.candidates(this.#space);
    const options = await scope.comparing();
    const top = new Top(count);
    for (let start = 0; start < candidates.length; start += CHUNK) {
      const rows = candidates.subarray(start, start + CHUNK);
      const similar = async (example: number) => {
        if (scope.turns.over) await scope.turns.pause();
        return this.#similar(example, rows, options);
      };
      const scores = await this.#combine(similar, rows.length);
      for (let i = 0; i < rows.length; i++)
        if (scope.threshold === undefined || scores[i]! > scope.threshold) top.offer(rows[i]!, scores[i]!);
    }
    return top.hits();
  }

  async #similar(example: number, rows: Uint32Array, options: NearestOptions): Promise<Float32Array> {
    const { distance } = this.#space;
    const scores = await this.#space.compare(this.#examples[example]!, rows, options);
    if (distance === 'Cosine' || distance === 'Dot') return scores;
    return scores.map((score) => rawSimilarity(distance, score));
  }
}

/** A cheap stand-in for the logistic function, with values between −1 and 1. */
export function sigmoid(x: number): number {
  return x === Infinity || x === -Infinity ? Math.sign(x) : x / (1 + Math.abs(x));
}

/** {@link sigmoid}, brought to values between 0 and 1. */
export function unitSigmoid(x: number): number {
  return 0.5 * (sigmoid(x) + 1);
}
