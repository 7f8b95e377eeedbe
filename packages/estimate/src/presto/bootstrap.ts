/**
 * Percentile intervals of penalised coefficients.
 *
 * @module
 */
import type { Matrix } from '@fletch/linalg';
import { rng } from '@fletch/linalg';
import { takeTable } from '../frame/frame.js';
import { quantileOfSorted } from '../intervals.js';
import type { Steps } from '../steps.js';
import { fitAt, type PathModel, pathPoint, pathProblem } from './path.js';

/** Limits of β, p rows of K − 1 each. */
export interface BootstrapIntervals {
  readonly samples: number;
  readonly low: readonly (readonly number[])[];
  readonly high: readonly (readonly number[])[];
}

/**
 * Refits at one penalty on rows drawn with replacement from each class, so that a rare one is always there, and takes the
 * 2.5 % and 97.5 % quantiles of each coefficient (Efron and Tibshirani, An introduction to the bootstrap, 1993, section 13.3).
 */
export function* bootstrapIntervals(
  X: Matrix<Float64Array>,
  codes: Int32Array,
  classes: number,
  model: PathModel,
  lambda: number,
  samples: number,
  seed: number,
): Steps<BootstrapIntervals> {
  const rowsOf = Array.from({ length: classes }, (_, k) =>
    Int32Array.from(codes, (_, i) => i).filter((i) => codes[i] === k),
  );
  const draws: Float64Array[] = [];
  for (let sample = 0; sample < samples; sample++) {
    const random = rng(seed, 1 + sample);
    const drawn = rowsOf.flatMap((rows) => Array.from(rows, () => rows[random.integer(rows.length)]!));
    const problem = pathProblem(
      takeTable(X, drawn) as Matrix<Float64Array>,
      Int32Array.from(drawn, (row) => codes[row]!),
      classes,
      model,
    );
    draws.push(pathPoint(problem, lambda, fitAt(problem, lambda)).beta.data);
    yield { done: sample + 1, total: samples, stage: 'bootstrap' };
  }
  const limit = (level: number) =>
    Array.from({ length: X.cols }, (_, j) =>
      Array.from({ length: classes - 1 }, (_, k) =>
        quantileOfSorted(Float64Array.from(draws, (beta) => beta[j * (classes - 1) + k]!).sort(), level),
      ),
    );
  return { samples, low: limit(0.025), high: limit(0.975) };
}
