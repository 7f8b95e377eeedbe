/**
 * PRESTO: ordered classes of which the last is rare. Every boundary has slopes of its own, and a lasso on the differences
 * of adjacent ones makes most of them equal (Faletto and Bien, Predicting rare events by shrinking towards proportional
 * odds, ICML 2023).
 *
 * It minimizes −(1/n) Σ log p_{y_i}(x_i) + λ (Σ_j |β_1j| + Σ_{k ≥ 2} Σ_j |β_kj − β_{k−1,j}|) by Fisher scoring and coordinate
 * descent along a path of λ, and chooses λ by cross-validated Brier score.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Matrix } from '@fletch/linalg';
import { orderedClasses } from '../cumulative/checks.js';
import { predictProbs } from '../cumulative/likelihood.js';
import type { CumulativeModel } from '../cumulative/problem.js';
import { adjacentDifferences, nonParallel, type Structure, semiParallel } from '../cumulative/structure.js';
import { takeTable } from '../frame/frame.js';
import { brierScore, logLoss } from '../scores.js';
import { runAtOnce, type Steps } from '../steps.js';
import { stratifiedFolds } from '../validation/folds.js';
import { chooseOnPath, meanScore } from '../validation/path-choice.js';
import { type PrestoOptions, type Settings, settingsOf } from './options.js';
import {
  fitAt,
  followPath,
  largestPenalty,
  type PathModel,
  type PathPoint,
  pathPoint,
  pathProblem,
  penaltyGrid,
} from './path.js';

/** Cross-validated scores of one penalty: means over the folds. */
export interface CvPoint {
  readonly lambda: number;
  /** Σ_k (1{y = k} − p_k)² for a held-out row. */
  readonly brier: number;
  readonly brierError: number;
  /** Log-likelihood for a held-out row, probabilities floored at 1e-8. */
  readonly loglik: number;
  readonly loglikError: number;
}

/** A fitted path and the point of it that was chosen. */
export interface PrestoFit extends CumulativeModel {
  readonly lambda: number;
  readonly path: readonly PathPoint[];
  /** Empty when λ was given. */
  readonly cv: readonly CvPoint[];
}

/** Penalties from the strongest to a given one, so that each fit starts near the last. */
const APPROACH = 10;

/**
 * Fits PRESTO.
 *
 * @param X - n × p
 * @param y - n classes 1 … K in their order, the rare one last; K ≥ 3
 * @throws FletchError `INVALID_ARGUMENT` for fewer than three classes, a class without rows, classes that are not whole
 *   numbers, no more rows than classes, options out of range, a training fold that lacks a class; `NON_FINITE` naming the
 *   column; `DIMENSION_MISMATCH`; `ABORTED`
 * @example
 * ```ts
 * const fit = presto(X, y);
 * const rare = rareProb(fit, X);
 * ```
 */
export function presto(X: Matrix, y: ArrayLike<number>, options: PrestoOptions = {}): PrestoFit {
  return runAtOnce(prestoSteps(X, y, options), options);
}

/** The same in steps, for those who let others work in between. */
export function* prestoSteps(X: Matrix, y: ArrayLike<number>, options: PrestoOptions = {}): Steps<PrestoFit> {
  const settings = settingsOf(options);
  const { codes, classes } = orderedClasses(X, y, 3);
  const penalizedFrom = settings.penalizeFirst ? 0 : 1;
  return yield* penalized(X, codes, classes, adjacentDifferences, penalizedFrom, settings);
}

/** Options of {@link ordinalNet}. */
export interface OrdinalNetOptions extends Omit<PrestoOptions, 'penalizeFirst'> {
  /** A common β and what each boundary adds to it, both penalised, instead of a β for each. Default false. */
  readonly semiParallel?: boolean;
}

/**
 * The same model and path with a lasso on the coefficients themselves (Wurm, Rathouz and Hanlon, Regularized ordinal
 * regression and the ordinalNet R package, 2021): what PRESTO is compared with.
 *
 * @param X - n × p
 * @param y - n classes 1 … K in their order; K ≥ 3
 * @throws FletchError as {@link presto}
 */
export function ordinalNet(X: Matrix, y: ArrayLike<number>, options: OrdinalNetOptions = {}): PrestoFit {
  const settings = settingsOf(options);
  const { codes, classes } = orderedClasses(X, y, 3);
  const structure = options.semiParallel ? semiParallel : nonParallel;
  return runAtOnce(penalized(X, codes, classes, structure, 0, settings), options);
}

/** Path, cross-validation and choice for any structure. */
function* penalized(
  X: Matrix,
  codes: Int32Array,
  classes: number,
  structure: (boundaries: number) => Structure,
  penalizedFrom: number,
  settings: Settings,
): Steps<PrestoFit> {
  const model: PathModel = { structure, penalizedFrom, mix: settings.mix, standardize: settings.standardize };
  const whole = pathProblem(X, codes, classes, model);
  const largest = largestPenalty(whole);
  const { lambda } = settings;
  if (lambda !== undefined) {
    const between = penaltyGrid(largest, APPROACH, lambda / largest).slice(1, -1);
    const approach =
      lambda > 0 && lambda < largest ? between : lambda === 0 ? penaltyGrid(largest, APPROACH, 1e-4) : [];
    const before = approach.length > 0 ? (yield* followPath(whole, approach, true)).fits.at(-1) : undefined;
    const point = pathPoint(whole, lambda, fitAt(whole, lambda, before));
    return { alpha: point.alpha, beta: point.beta, lambda, path: [point], cv: [] };
  }
  const { points } = yield* followPath(
    whole,
    penaltyGrid(largest, settings.nLambda, settings.lambdaMinRatio),
  );
  const cv = yield* crossValidated(X, codes, classes, model, points, settings);
  const chosen =
    points[
      chooseOnPath(
        cv.map(({ brier, brierError, loglik, loglikError }) =>
          settings.criterion === 'brier'
            ? { mean: brier, standardError: brierError }
            : { mean: -loglik, standardError: loglikError },
        ),
        settings.rule,
      )
    ]!;
  return { alpha: chosen.alpha, beta: chosen.beta, lambda: chosen.lambda, path: points, cv };
}

function* crossValidated(
  X: Matrix,
  codes: Int32Array,
  classes: number,
  model: PathModel,
  points: readonly PathPoint[],
  { folds, seed }: Settings,
): Steps<CvPoint[]> {
  const lambdas = points.map(({ lambda }) => lambda);
  const scores = lambdas.map(() => ({ brier: [] as number[], loglik: [] as number[] }));
  for (const [fold, { train, test }] of stratifiedFolds(codes, { folds, seed }).entries()) {
    const trainCodes = Int32Array.from(train, (row) => codes[row]!);
    requireEveryClass(trainCodes, classes, fold);
    const heldOut = takeTable(X, test) as Matrix<Float64Array>;
    const heldOutCodes = Int32Array.from(test, (row) => codes[row]!);
    const problem = pathProblem(takeTable(X, train) as Matrix<Float64Array>, trainCodes, classes, model);
    const follow = followPath(problem, lambdas, true);
    let step = follow.next();
    for (; !step.done; step = follow.next())
      yield {
        done: fold * lambdas.length + step.value.done,
        total: folds * lambdas.length,
        stage: 'cross-validation',
      };
    step.value.points.forEach((point, i) => {
      const probs = predictProbs(point, heldOut);
      scores[i]!.brier.push(brierScore(probs, heldOutCodes));
      scores[i]!.loglik.push(-logLoss(probs, heldOutCodes));
    });
  }
  return lambdas.map((lambda, i) => {
    const brier = meanScore(scores[i]!.brier);
    const loglik = meanScore(scores[i]!.loglik);
    return {
      lambda,
      brier: brier.mean,
      brierError: brier.standardError,
      loglik: loglik.mean,
      loglikError: loglik.standardError,
    };
  });
}

function requireEveryClass(codes: Int32Array, classes: number, fold: number): void {
  const seen = new Set(codes);
  for (let k = 0; k < classes; k++)
    if (!seen.has(k))
      throw new FletchError(
        'INVALID_ARGUMENT',
        `Class ${k + 1} has one row only, which is not among the training rows of fold ${fold + 1}: give lambda, or leave the class out.`,
        { details: { class: k + 1, fold } },
      );
}
