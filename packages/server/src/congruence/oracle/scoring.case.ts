/**
 * Scores of queries that compare with several vectors (lib/segment/src/vector_storage/query). `similar` tells how
 * similar the point at hand is to an example.
 *
 * @module
 */
import { close, type Doubts } from './doubts.case.js';
import type { Stored } from './vectors.case.js';

export type Similar = (example: Stored) => number;
export interface Pair {
  readonly positive: Stored;
  readonly negative: Stored;
}

const fastSigmoid = (x: number) => x / (1 + Math.abs(x));
export const scaledSigmoid = (x: number) => 0.5 * (fastSigmoid(x) + 1);

/** The smallest difference between 1 and the next 32-bit number. */
const EPSILON = 2 ** -23;

/** Which of two numbers is larger, as long as that is more than chance of rounding. */
function compare(a: number, b: number, identical: boolean, doubts: Doubts): -1 | 0 | 1 {
  if (identical) return 0;
  if (a === b) return 0;
  if (close(a, b)) doubts.note('two similarities differ by less than rounding');
  return a > b ? 1 : -1;
}

const same = (a: Stored, b: Stored) => JSON.stringify(a) === JSON.stringify(b);

export function bestScore(
  similar: Similar,
  positives: Stored[],
  negatives: Stored[],
  doubts: Doubts,
): number {
  const best = (examples: Stored[]) =>
    examples.reduce<{ score: number; example?: Stored }>(
      (top, example) => (similar(example) > top.score ? { score: similar(example), example } : top),
      { score: -Infinity },
    );
  const positive = best(positives);
  const negative = best(negatives);
  const identical = !!positive.example && !!negative.example && same(positive.example, negative.example);
  const compared =
    Number.isFinite(positive.score) && Number.isFinite(negative.score)
      ? compare(positive.score, negative.score, identical, doubts)
      : positive.score > negative.score
        ? 1
        : -1;
  return compared > 0 ? scaledSigmoid(positive.score) : -scaledSigmoid(negative.score);
}

export function sumScores(similar: Similar, positives: Stored[], negatives: Stored[]): number {
  const sum = (examples: Stored[]) => examples.reduce((total, example) => total + similar(example), 0);
  return sum(positives) - sum(negatives);
}

/** One for every pair whose positive is nearer, minus one for every other, plus how near the target is. */
export function discoverScore(similar: Similar, target: Stored, pairs: Pair[], doubts: Doubts): number {
  let rank = 0;
  for (const { positive, negative } of pairs)
    rank += compare(similar(positive), similar(negative), same(positive, negative), doubts);
  return rank + scaledSigmoid(similar(target));
}

/** 0 where all positives are nearer than their negatives, less elsewhere. */
export function contextScore(similar: Similar, pairs: Pair[]): number {
  let sum = 0;
  for (const { positive, negative } of pairs)
    sum += fastSigmoid(Math.min(similar(positive) - similar(negative) - EPSILON, 0));
  return sum;
}

export function feedbackScore(
  similar: Similar,
  target: Stored,
  feedback: { example: Stored; score: number }[],
  { a, b, c }: { a: number; b: number; c: number },
): number {
  let score = Math.fround(a) * similar(target);
  for (const better of feedback)
    for (const worse of feedback) {
      const confidence = Math.fround(better.score) - Math.fround(worse.score);
      if (confidence > 0)
        score +=
          confidence ** Math.fround(b) * Math.fround(c) * (similar(better.example) - similar(worse.example));
    }
  return score;
}

/** The one vector that the strategy `average_vector` searches for: twice the mean of the positives minus the negatives'. */
export function averageExample(positives: Stored[], negatives: Stored[]): Stored {
  const positive = mean(positives);
  if (negatives.length === 0) return positive;
  const negative = mean(negatives);
  if (isRows(positive))
    return [...positive, ...(negative as number[][]).map((row) => row.map((value) => -value))];
  if (Array.isArray(positive))
    return (positive as number[]).map((value, i) => Math.fround(2 * value - (negative as number[])[i]!));
  return combined(positive, negative as Sparse, (p, n) => Math.fround(2 * p - n));
}

type Sparse = { indices: number[]; values: number[] };
const isRows = (vector: Stored): vector is number[][] => Array.isArray(vector) && Array.isArray(vector[0]);

/** Token lists are joined, others averaged. */
function mean(examples: Stored[]): Stored {
  const [first] = examples;
  if (isRows(first!)) return (examples as number[][][]).flat();
  if (Array.isArray(first))
    return (first as number[]).map((_, i) =>
      Math.fround((examples as number[][]).reduce((sum, example) => sum + example[i]!, 0) / examples.length),
    );
  const sum = (examples as Sparse[]).reduce((a, b) => combined(a, b, (x, y) => x + y));
  return { indices: sum.indices, values: sum.values.map((value) => Math.fround(value / examples.length)) };
}

function combined(a: Sparse, b: Sparse, join: (x: number, y: number) => number): Sparse {
  const indices = [...new Set([...a.indices, ...b.indices])].sort((x, y) => x - y);
  const at = (vector: Sparse, index: number) => vector.values[vector.indices.indexOf(index)] ?? 0;
  return { indices, values: indices.map((index) => join(at(a, index), at(b, index))) };
}
