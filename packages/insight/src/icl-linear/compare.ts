/**
 * How alike two predictors are: squared prediction difference, implicit weights, and who is nearest.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { lstsq, Matrix, rng } from '@fletch/linalg';
import type { Pairs, Predictor } from './predictors.js';
import { type LinearTasks, tokenize } from './tasks.js';

/** Predictions for every input of every sequence from what precedes it: `batch × n`. */
export type SequencePredictor = (tasks: LinearTasks) => Promise<Float64Array> | Float64Array;

/** A textbook algorithm as a predictor of sequences. */
export function onSequences(predictor: Predictor): SequencePredictor {
  return ({ d, n, batch, X, y }) => {
    const result = new Float64Array(batch * n);
    for (let b = 0; b < batch; b++)
      for (let t = 0; t < n; t++)
        result[b * n + t] = predictor.fit(pairsOf({ d, n, X, y }, b, t))(
          X.subarray((b * n + t) * d, (b * n + t + 1) * d),
        );
    return result;
  };
}

/** The first `t` pairs of a sequence in 64-bit. */
export function pairsOf(
  { d, n, X, y }: Pick<LinearTasks, 'd' | 'n' | 'X' | 'y'>,
  sequence: number,
  t: number,
): Pairs {
  const first = sequence * n;
  return {
    t,
    d,
    X: Float64Array.from(X.subarray(first * d, (first + t) * d)),
    y: Float64Array.from(y.subarray(first, first + t)),
  };
}

/**
 * Squared prediction difference over the dimension, E (a − b)² / d, after t = 0 … n − 1 pairs.
 *
 * @param a - predictions `batch × n`
 */
export function squaredPredictionDifference(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  { d, n, batch }: Pick<LinearTasks, 'd' | 'n' | 'batch'>,
): Float64Array {
  if (a.length !== batch * n || b.length !== batch * n)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `${batch} sequences of ${n} pairs take ${batch * n} predictions; there are ${a.length} and ${b.length}.`,
    );
  const result = new Float64Array(n);
  for (let i = 0; i < batch * n; i++) result[i % n]! += (a[i]! - b[i]!) ** 2 / (batch * d);
  return result;
}

/** A candidate with how far a learner is from it. */
export interface Likeness {
  readonly name: string;
  /** After t = 0 … n − 1 pairs, over the dimension. */
  readonly spd: Float64Array;
  /** Mean over t ≥ 1. */
  readonly mean: number;
  /** The same without t = d, where least squares is unstable. */
  readonly meanWithoutD: number;
}

/**
 * Ranks candidates by their squared prediction difference to a learner, nearest first.
 *
 * @param learner - any sequence predictor
 */
export async function identifyAlgorithm(
  learner: SequencePredictor,
  { candidates, tasks }: { readonly candidates: readonly Predictor[]; readonly tasks: LinearTasks },
): Promise<Likeness[]> {
  const own = await learner(tasks);
  const ranked: Likeness[] = [];
  for (const candidate of candidates) {
    const theirs = await onSequences(candidate)(tasks);
    const spd = squaredPredictionDifference(own, theirs, tasks);
    const mean = (positions: readonly number[]) =>
      positions.reduce((sum, t) => sum + spd[t]!, 0) / positions.length;
    const later = Array.from({ length: tasks.n - 1 }, (_, i) => i + 1);
    ranked.push({
      name: candidate.name,
      spd,
      mean: mean(later),
      meanWithoutD: mean(later.filter((t) => t !== tasks.d)),
    });
  }
  return ranked.sort((a, b) => a.mean - b.mean);
}

/** A learner's weights as its predictions imply them. */
export interface ImplicitWeights {
  readonly w: Float64Array;
  readonly intercept: number;
  /** How linear the learner is: share of the predictions' variance that w explains. */
  readonly r2: number;
}

/**
 * Holds the first `t` pairs of each sequence, asks for many fresh queries, and fits a line with intercept through the
 * predictions.
 *
 * @param options.queries - at least 4 d. Default 8 d
 */
export async function implicitWeights(
  learner: SequencePredictor,
  tasks: LinearTasks,
  options: { readonly t: number; readonly queries?: number; readonly seed?: number },
): Promise<ImplicitWeights[]> {
  const { d, n, batch, X, y, layout } = tasks;
  const { t, queries = 8 * d, seed = 0 } = options;
  if (!(t >= 1 && t < n))
    throw new FletchError('INVALID_ARGUMENT', `t must be from 1 to ${n - 1}, not ${t}.`);
  if (queries < 4 * d)
    throw new FletchError('INVALID_ARGUMENT', `${queries} queries are too few: take at least ${4 * d}.`);
  const asked = rng(seed).fillNormal(new Float32Array(queries * d));
  // One sequence per query: the pairs, then the query, then nothing that the learner could see.
  const many = batch * queries;
  const longX = new Float32Array(many * n * d);
  const longY = new Float32Array(many * n);
  for (let i = 0; i < many; i++) {
    const sequence = Math.floor(i / queries);
    longX.set(X.subarray(sequence * n * d, (sequence * n + t) * d), i * n * d);
    longY.set(y.subarray(sequence * n, sequence * n + t), i * n);
    longX.set(asked.subarray((i % queries) * d, ((i % queries) + 1) * d), (i * n + t) * d);
  }
  const predictions = await learner(
    tokenize({ d, n, batch: many, layout, X: longX, y: longY, w: new Float32Array(many * d) }),
  );
  const design = new Matrix(new Float64Array(queries * (d + 1)), queries, d + 1);
  for (let i = 0; i < queries; i++) {
    design.data.set(asked.subarray(i * d, (i + 1) * d), i * (d + 1));
    design.data[i * (d + 1) + d] = 1;
  }
  return Array.from({ length: batch }, (_, sequence) => {
    const values = Float64Array.from(
      { length: queries },
      (_, i) => predictions[(sequence * queries + i) * n + t]!,
    );
    return fitLine(design, values);
  });
}

function fitLine(design: Matrix<Float64Array>, values: Float64Array): ImplicitWeights {
  const d = design.cols - 1;
  const { x } = lstsq(design, new Matrix(values, values.length, 1));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let residual = 0;
  let total = 0;
  values.forEach((value, i) => {
    let fitted = 0;
    for (let j = 0; j <= d; j++) fitted += design.data[i * (d + 1) + j]! * x.data[j]!;
    residual += (value - fitted) ** 2;
    total += (value - mean) ** 2;
  });
  return {
    w: Float64Array.from(x.data.subarray(0, d)),
    intercept: x.data[d]!,
    r2: total > 0 ? 1 - residual / total : 1,
  };
}

/** Implicit linear weight difference: mean ‖w_a − w_b‖² of two learners on the same prompts. */
export function ilwd(a: readonly ImplicitWeights[], b: readonly ImplicitWeights[]): number {
  if (a.length !== b.length)
    throw new FletchError('DIMENSION_MISMATCH', `${a.length} and ${b.length} prompts cannot be compared.`);
  return (
    a.reduce((sum, { w }, i) => sum + w.reduce((part, value, j) => part + (value - b[i]!.w[j]!) ** 2, 0), 0) /
    a.length
  );
}
