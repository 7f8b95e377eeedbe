/**
 * Fisher scoring of penalised cumulative models.
 *
 * @module
 */

import { isFletchError } from '@fletch/base';
import { Matrix, solvePositive } from '@fletch/linalg';
import { coordinateDescent, type Penalty } from './coordinate-descent.js';
import { informationOf, scoreOf } from './information.js';
import { derivatives, logLikelihood } from './likelihood.js';
import { boundaries, type CumulativeProblem, linearPredictors, parametersOf } from './problem.js';

/** Halvings of a step that does not lower the objective. */
const HALVINGS = 10;
/** Share of the last breach of optimality that may remain after a step before the information is made anew. */
const SLOW = 0.7;

/** Where Fisher scoring ended. */
export interface FisherFit {
  readonly theta: Float64Array;
  readonly logLikelihood: number;
  /** −log-likelihood + penalty after each step, over n. */
  readonly objective: readonly number[];
  readonly converged: boolean;
  /** The last step that was taken. */
  readonly lastStep: Float64Array;
  /** The information of the last quadratic, for a fit that begins here. */
  readonly information: Matrix<Float64Array> | undefined;
}

export interface FisherOptions {
  /** Default 100. */
  readonly steps?: number;
  /** Relative decrease of the objective at which it stops where there is no penalty. Default 1e-8. */
  readonly tolerance?: number;
  /** Of a fit near by, to begin with. */
  readonly information?: Matrix<Float64Array> | undefined;
}

/** Σ λ_j (a |θ_j| + (1 − a)/2 θ_j²). */
const penaltyOf = ({ strength, mix }: Penalty, theta: Float64Array): number => {
  let sum = 0;
  for (let j = 0; j < theta.length; j++) {
    const size = Math.abs(theta[j]!);
    // An infinite strength is met by a zero.
    if (size > 0 && strength[j]! > 0) sum += strength[j]! * (mix * size + ((1 - mix) / 2) * size * size);
  }
  return sum;
};

/** The parameters of the model without slopes: α_k = logit of the share of the classes up to k. */
export function interceptsOnly(problem: CumulativeProblem): Float64Array {
  const { y, classes } = problem;
  const counts = new Float64Array(classes);
  for (const c of y) counts[c]!++;
  const theta = new Float64Array(parametersOf(problem));
  let below = 0;
  for (let k = 0; k < classes - 1; k++) {
    below += counts[k]!;
    theta[k] = Math.log(below / (y.length - below));
  }
  return theta;
}

/** Linear predictors of θ. */
export const predictorsOf = (problem: CumulativeProblem, theta: Float64Array): Matrix<Float64Array> =>
  linearPredictors(boundaries(problem, theta), problem.X);

/** Greatest breach of the optimality conditions: |score_j| ≤ λ_j a where θ_j is zero, = the penalty's slope elsewhere. */
export function optimalityGap(score: Float64Array, theta: Float64Array, { strength, mix }: Penalty): number {
  let worst = 0;
  for (let j = 0; j < theta.length; j++) {
    const lambda = strength[j]!;
    if (lambda === Number.POSITIVE_INFINITY) continue;
    const gap =
      theta[j] === 0
        ? Math.abs(score[j]!) - lambda * mix
        : Math.abs(score[j]! - lambda * (mix * Math.sign(theta[j]!) + (1 - mix) * theta[j]!));
    worst = Math.max(worst, gap);
  }
  return worst;
}

/**
 * Maximizes log-likelihood − penalty: a quadratic by the expected information in each step, step halving where the objective
 * would rise or boundaries would cross.
 *
 * @param penalty - strengths as sums over rows (n λ)
 * @param start - θ at which boundaries do not cross
 */
export function fisherScoring(
  problem: CumulativeProblem,
  penalty: Penalty,
  start: Float64Array,
  options: FisherOptions = {},
): FisherFit {
  const { steps = 100, tolerance = 1e-8 } = options;
  const n = problem.X.rows;
  const free = penalty.strength.every((value) => value === 0);
  const strengths = penalty.strength.filter((value) => value > 0 && Number.isFinite(value));
  const least = strengths.reduce((small, value) => Math.min(small, value), Number.POSITIVE_INFINITY);
  // Optimality to this is a decrease of the objective that no number shows. Rows count where there is no penalty.
  const precision = 1e-5 * Math.min(least, n * 1e-2);
  let theta = start;
  let eta = predictorsOf(problem, theta);
  let logLik = logLikelihood(eta, problem.y);
  const objective = [(-logLik + penaltyOf(penalty, theta)) / n];
  let lastStep: Float64Array = new Float64Array(theta.length);
  let { information } = options;
  let gapBefore = Number.POSITIVE_INFINITY;
  const end = (converged: boolean): FisherFit => ({
    theta,
    logLikelihood: logLik,
    objective,
    converged,
    lastStep,
    information,
  });
  for (let step = 0; step < steps; step++) {
    const rows = derivatives(eta, problem.y);
    const score = scoreOf(problem, rows);
    const gap = optimalityGap(score, theta, penalty);
    const optimal = gap <= precision;
    if (free ? step > 0 && settled(objective, tolerance) : optimal) return end(true);
    // The information changes little from step to step: an old one serves while it leads on quickly.
    let isNew = free || !information || gap > gapBefore * SLOW;
    gapBefore = gap;
    for (;;) {
      if (isNew) information = informationOf(problem, rows);
      const target = free
        ? newtonTarget(information!, score, theta)
        : coordinateDescent(
            information!,
            quadraticTerm(information!, score, theta),
            penalty,
            theta,
            Math.max(precision / 10, gap / 50),
          );
      if (!target) return end(false);
      const lower = search(problem, penalty, { theta, eta }, target, objective.at(-1)!);
      if (lower) {
        lastStep = lower.theta.map((after, j) => after - theta[j]!);
        ({ theta, eta, logLik } = lower);
        objective.push(lower.value);
        break;
      }
      // No step helps: at an optimum as exact as the numbers are, or where boundaries touch.
      if (isNew) return end(optimal);
      isNew = true;
    }
  }
  return end(false);
}

/** Goes from θ towards a target, all the way or half, a quarter, … of it, so that the objective does not rise. */
function search(
  problem: CumulativeProblem,
  penalty: Penalty,
  from: { readonly theta: Float64Array; readonly eta: Matrix<Float64Array> },
  target: Float64Array,
  now: number,
): { theta: Float64Array; eta: Matrix<Float64Array>; logLik: number; value: number } | undefined {
  const targetEta = predictorsOf(problem, target);
  for (let halving = 0, share = 1; halving <= HALVINGS; halving++, share /= 2) {
    const theta = share === 1 ? target : between(from.theta, target, share);
    const eta =
      share === 1
        ? targetEta
        : new Matrix(between(from.eta.data, targetEta.data, share), targetEta.rows, targetEta.cols);
    const logLik = logLikelihood(eta, problem.y);
    const value = (-logLik + penaltyOf(penalty, theta)) / problem.X.rows;
    if (value <= now) return { theta, eta, logLik, value };
  }
  return undefined;
}

/** a + share (b − a). */
const between = (a: Float64Array, b: Float64Array, share: number): Float64Array =>
  a.map((value, i) => value + share * (b[i]! - value));

function settled(objective: readonly number[], tolerance: number): boolean {
  const [before, now] = [objective.at(-2)!, objective.at(-1)!];
  // Where classes are separated the objective goes to zero for ever.
  return before - now <= tolerance * (Math.abs(now) + 1e-3);
}

/** score + I θ. */
function quadraticTerm(
  information: Matrix<Float64Array>,
  score: Float64Array,
  theta: Float64Array,
): Float64Array {
  const d = theta.length;
  const r = score.slice();
  for (let j = 0; j < d; j++) {
    if (theta[j] === 0) continue;
    for (let i = 0; i < d; i++) r[i]! += information.data[j * d + i]! * theta[j]!;
  }
  return r;
}

/** θ + I⁻¹ score; undefined when the information is singular to working precision. */
function newtonTarget(
  information: Matrix<Float64Array>,
  score: Float64Array,
  theta: Float64Array,
): Float64Array | undefined {
  try {
    const step = solvePositive(information, new Matrix(score.slice(), score.length, 1));
    return theta.map((value, j) => value + step.data[j]!);
  } catch (error) {
    if (isFletchError(error, 'INVALID_ARGUMENT')) return undefined;
    throw error;
  }
}
