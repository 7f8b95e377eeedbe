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

/** Where Fisher scoring ended. */
export interface FisherFit {
  readonly theta: Float64Array;
  readonly logLikelihood: number;
  /** −log-likelihood + penalty after each step, over n. */
  readonly objective: readonly number[];
  readonly converged: boolean;
  /** The last step that was taken. */
  readonly lastStep: Float64Array;
}

export interface FisherOptions {
  /** Default 100. */
  readonly steps?: number;
  /** Relative decrease of the objective at which it stops. Default 1e-8. */
  readonly tolerance?: number;
}

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
  // Optimality is asked for to a millionth of the penalty, or of a row where there is none.
  const precision = 1e-6 * Math.min(least, n * 1e-2);
  let theta = start;
  let eta = predictorsOf(problem, theta);
  let logLik = logLikelihood(eta, problem.y);
  const objective = [(-logLik + penaltyOf(penalty, theta)) / n];
  let lastStep: Float64Array = new Float64Array(theta.length);
  for (let step = 0; step < steps; step++) {
    const rows = derivatives(eta, problem.y);
    const score = scoreOf(problem, rows);
    if (
      step > 0 &&
      settled(objective, tolerance) &&
      (free || optimalityGap(score, theta, penalty) <= precision * 100)
    )
      return { theta, logLikelihood: logLik, objective, converged: true, lastStep };
    const information = informationOf(problem, rows);
    const target = free
      ? newtonTarget(information, score, theta)
      : coordinateDescent(information, quadraticTerm(information, score, theta), penalty, theta, precision);
    if (!target) break;
    const now = objective.at(-1)!;
    let share = 1;
    let found = false;
    for (let halving = 0; halving <= HALVINGS && !found; halving++, share /= 2) {
      const candidate = theta.map((value, j) => value + share * (target[j]! - value));
      const candidateEta = predictorsOf(problem, candidate);
      const candidateLogLik = logLikelihood(candidateEta, problem.y);
      const value = (-candidateLogLik + penaltyOf(penalty, candidate)) / n;
      if (!(value <= now)) continue;
      lastStep = candidate.map((after, j) => after - theta[j]!);
      theta = candidate;
      eta = candidateEta;
      logLik = candidateLogLik;
      objective.push(value);
      found = true;
    }
    // No step helps: at an optimum as exact as the numbers are, or where boundaries touch.
    if (!found) {
      const converged = optimalityGap(score, theta, penalty) <= precision * 100;
      return { theta, logLikelihood: logLik, objective, converged, lastStep };
    }
  }
  return { theta, logLikelihood: logLik, objective, converged: false, lastStep };
}

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
