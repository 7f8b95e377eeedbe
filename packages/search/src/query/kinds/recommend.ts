/**
 * Points like some examples and unlike others.
 *
 * @module
 */
import type { RecommendQuery } from '../../types/index.js';
import { averageVector } from '../average.js';
import type { Examples } from '../examples.js';
import type { QueryKind } from '../kind.js';
import { badRequest, readObject, readWord, refuse } from '../refuse.js';
import { Nearest } from './nearest.js';
import { type Combine, Scan, unitSigmoid } from './scan.js';

const strategies = ['average_vector', 'best_score', 'sum_scores'] as const;

/** Reads `recommend`. Only `average_vector` needs positive examples. */
export function readRecommend({ recommend }: RecommendQuery, at: string, examples: Examples): QueryKind {
  const input = readObject(recommend, at);
  const strategy = readWord(input.strategy, `${at}.strategy`, strategies, 'average_vector');
  const positive = readExamples(input.positive, `${at}.positive`);
  const negative = readExamples(input.negative, `${at}.negative`);
  const { space } = examples;
  if (strategy === 'average_vector') {
    if (positive.length === 0)
      throw refuse(`${at}.positive`, 'Positive vectors should not be empty with `average` strategy.');
    const written = (list: readonly unknown[], name: string) =>
      list.map((example, i) => examples.written(example, `${at}.${name}[${i}]`));
    const average = averageVector(written(positive, 'positive'), written(negative, 'negative'), at);
    return new Nearest(space, space.readQuery(average, at));
  }
  if (positive.length + negative.length === 0)
    throw badRequest('At least one positive or negative vector ID required with this strategy', at);
  const vectors = [
    ...positive.map((example, i) => examples.vector(example, `${at}.positive[${i}]`)),
    ...negative.map((example, i) => examples.vector(example, `${at}.negative[${i}]`)),
  ];
  const combine = strategy === 'best_score' ? bestScore : sumScores;
  return new Scan(space, vectors, combine(positive.length, negative.length));
}

function readExamples(input: unknown, at: string): readonly unknown[] {
  if (input === undefined || input === null) return [];
  if (Array.isArray(input)) return input;
  throw refuse(at, 'expected a list of ids and vectors.');
}

/** The nearest example decides: the score is above 0 when it is a positive one, below when it is a negative one. */
function bestScore(positives: number, negatives: number): Combine {
  return async (similar, count) => {
    const nearest = async (from: number, to: number) => {
      const best = new Float32Array(count).fill(-Infinity);
      for (let example = from; example < to; example++) {
        const similarity = await similar(example);
        for (let i = 0; i < count; i++) if (similarity[i]! > best[i]!) best[i] = similarity[i]!;
      }
      return best;
    };
    const positive = await nearest(0, positives);
    const negative = await nearest(positives, positives + negatives);
    return positive.map((best, i) => (best > negative[i]! ? unitSigmoid(best) : -unitSigmoid(negative[i]!)));
  };
}

/** The sum of the similarities to the positives, less that of the negatives. */
function sumScores(positives: number, negatives: number): Combine {
  const weights = Array.from({ length: positives + negatives }, (_, i) => (i < positives ? 1 : -1));
  return weightedSum(weights);
}

/** The sum of all similarities, each times its example's weight. */
export function weightedSum(weights: readonly number[]): Combine {
  return async (similar, count) => {
    const scores = new Float64Array(count);
    for (const [example, weight] of weights.entries()) {
      const similarity = await similar(example);
      for (let i = 0; i < count; i++) scores[i]! += weight * similarity[i]!;
    }
    return scores;
  };
}
