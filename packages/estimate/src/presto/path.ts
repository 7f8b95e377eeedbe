/**
 * The path of penalties: from where all penalised parameters are zero down, each fit from the one before.
 *
 * @module
 */
import type { Matrix } from '@fletch/linalg';
import type { Penalty } from '../cumulative/coordinate-descent.js';
import { type FisherFit, fisherScoring, interceptsOnly, predictorsOf } from '../cumulative/fisher.js';
import { scoreOf } from '../cumulative/information.js';
import { derivatives } from '../cumulative/likelihood.js';
import { boundaries, type CumulativeModel, type CumulativeProblem } from '../cumulative/problem.js';
import { type Scaling, scalingOf, standardise, unscaled } from '../cumulative/standardise.js';
import type { Structure } from '../cumulative/structure.js';
import type { Steps } from '../steps.js';

/** Relative change of the log-likelihood from one penalty to the next at which a path ends. */
const FLAT = 1e-8;

/** A fit at one penalty. */
export interface PathPoint extends CumulativeModel {
  readonly lambda: number;
  /** Penalised parameters that are not zero. */
  readonly df: number;
  /** Log-likelihood of the training rows. */
  readonly loglik: number;
  /** False where the search was stopped by boundaries that would cross, or ran out of steps. */
  readonly converged: boolean;
}

/** A model whose path is to be followed. */
export interface PathModel {
  readonly structure: (boundaries: number) => Structure;
  readonly mix: number;
  readonly standardize: boolean;
  /** Blocks of the structure that are not penalised: those before this one. */
  readonly penalizedFrom: number;
}

/** Data, model and the parameters without penalised ones. */
export interface PathProblem {
  readonly problem: CumulativeProblem;
  readonly scaling: Scaling | undefined;
  readonly mix: number;
  readonly penalized: Uint8Array;
  /** Fitted with all penalised parameters at zero. */
  readonly start: FisherFit;
}

const strengths = (penalized: Uint8Array, value: number): Float64Array =>
  Float64Array.from(penalized, (is) => (is ? value : 0));

/** Standardises, and fits what is not penalised. */
export function pathProblem(X: Matrix, y: Int32Array, classes: number, model: PathModel): PathProblem {
  const { structure, mix, standardize, penalizedFrom } = model;
  const scaling = standardize ? scalingOf(X) : undefined;
  const problem: CumulativeProblem = {
    X: scaling ? standardise(X, scaling) : (X as Matrix<Float64Array>),
    y,
    classes,
    structure: structure(classes - 1),
  };
  const intercepts = interceptsOnly(problem);
  const first = classes - 1 + penalizedFrom * X.cols;
  const penalized = Uint8Array.from(intercepts, (_, j) => (j >= first ? 1 : 0));
  const start = fisherScoring(
    problem,
    { strength: strengths(penalized, Number.POSITIVE_INFINITY), mix: 1 },
    intercepts,
    { tolerance: 1e-12 },
  );
  return { problem, scaling, mix, penalized, start };
}

/** The least penalty at which all penalised parameters are zero: the greatest of their scores, over n (and the mix). */
export function largestPenalty({ problem, mix, penalized, start }: PathProblem): number {
  const score = scoreOf(problem, derivatives(predictorsOf(problem, start.theta), problem.y));
  const most = score.reduce((max, value, j) => (penalized[j] ? Math.max(max, Math.abs(value)) : max), 0);
  return most / problem.X.rows / Math.max(mix, 0.01);
}

/** `count` penalties from `largest` down to `largest · ratio`, evenly in the logarithm. */
export function penaltyGrid(largest: number, count: number, ratio: number): number[] {
  return Array.from({ length: count }, (_, i) => largest * ratio ** (count === 1 ? 0 : i / (count - 1)));
}

/** The fit at one penalty λ ∈ [0, ∞], from a start. */
export function fitAt(
  { problem, mix, penalized, start }: PathProblem,
  lambda: number,
  from = start,
): FisherFit {
  if (lambda === Number.POSITIVE_INFINITY) return start;
  const penalty: Penalty = { strength: strengths(penalized, lambda * problem.X.rows), mix };
  return fisherScoring(problem, penalty, from.theta, { information: from.information });
}

/** A fit as its boundaries on the columns as they were given. */
export function pathPoint(
  { problem, scaling, penalized }: PathProblem,
  lambda: number,
  fit: FisherFit,
): PathPoint {
  const scaled = boundaries(problem, fit.theta);
  return {
    lambda,
    ...(scaling ? unscaled(scaled, scaling) : scaled),
    df: fit.theta.reduce((count, value, j) => (penalized[j] && value !== 0 ? count + 1 : count), 0),
    loglik: fit.logLikelihood,
    converged: fit.converged,
  };
}

/** Fits of a path. */
export interface PathFits {
  readonly points: readonly PathPoint[];
  /** On the standardised columns. */
  readonly fits: readonly FisherFit[];
}

/**
 * Follows penalties downwards. Ends early where the log-likelihood does not change any more.
 *
 * @param lambdas - descending
 * @param whole - go to the end of them whatever happens, so that folds can be compared
 */
export function* followPath(path: PathProblem, lambdas: readonly number[], whole = false): Steps<PathFits> {
  const points: PathPoint[] = [];
  const fits: FisherFit[] = [];
  let before = path.start;
  for (const [i, lambda] of lambdas.entries()) {
    const fit = fitAt(path, lambda, before);
    points.push(pathPoint(path, lambda, fit));
    fits.push(fit);
    yield { done: i + 1, total: lambdas.length, stage: 'path' };
    const change = Math.abs(fit.logLikelihood - before.logLikelihood) / Math.abs(fit.logLikelihood);
    // At the first penalty nothing has entered yet.
    if (!whole && i > 0 && change < FLAT) break;
    before = fit;
  }
  return { points, fits };
}
