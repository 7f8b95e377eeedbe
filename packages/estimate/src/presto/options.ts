/**
 * Options of penalised cumulative models, and the numbers they must be.
 *
 * @module
 */
import { FletchError, type LongWork } from '@fletch/base';
import { requireChoice } from '../frame/design.js';

/** What PRESTO and its kin take. */
export interface PrestoOptions extends LongWork {
  /** Penalties on the path. Default 20. */
  readonly nLambda?: number;
  /** The last penalty over the first. Default 0.01. */
  readonly lambdaMinRatio?: number;
  /** a of λ (a |ψ| + (1 − a)/2 ψ²): 1 is the lasso (default), 0 ridge (PRESTO-L2). */
  readonly mix?: number;
  /** Folds of cross-validation. Default 5. */
  readonly folds?: number;
  /** What cross-validation compares: Brier score (default) or log-likelihood. */
  readonly criterion?: 'brier' | 'loglik';
  /** The penalty with the best mean (default), or the strongest within one standard error of it. */
  readonly rule?: 'min' | 'one-se';
  /** The penalty itself, 0 to ∞: no path is searched and nothing cross-validated. */
  readonly lambda?: number;
  /** Bring columns to mean 0 and standard deviation 1 for the penalty. Default true. */
  readonly standardize?: boolean;
  /** Penalise the slopes of the first boundary, too. Default true, as the released code does. */
  readonly penalizeFirst?: boolean;
  /** Of the folds. Default 0. */
  readonly seed?: number;
}

/** Options with their defaults. */
export type Settings = Required<Omit<PrestoOptions, 'lambda' | keyof LongWork>> & {
  readonly lambda?: number;
};

function require(ok: boolean, name: string, value: unknown, what: string): void {
  if (ok) return;
  throw new FletchError('INVALID_ARGUMENT', `${name} must be ${what}, not ${String(value)}.`, {
    details: { name, value },
  });
}

/** @throws FletchError `INVALID_ARGUMENT` naming the option that is out of its range */
export function settingsOf(options: PrestoOptions): Settings {
  const {
    nLambda = 20,
    lambdaMinRatio = 0.01,
    mix = 1,
    folds = 5,
    criterion = 'brier',
    rule = 'min',
    lambda,
    standardize = true,
    penalizeFirst = true,
    seed = 0,
  } = options;
  require(Number.isSafeInteger(nLambda) && nLambda >= 1, 'nLambda', nLambda, 'a whole number of at least 1');
  require(lambdaMinRatio > 0 && lambdaMinRatio < 1, 'lambdaMinRatio', lambdaMinRatio, 'between 0 and 1');
  require(mix >= 0 && mix <= 1, 'mix', mix, 'from 0 to 1');
  require(Number.isSafeInteger(folds) && folds >= 2, 'folds', folds, 'a whole number of at least 2');
  require(lambda === undefined || lambda >= 0, 'lambda', lambda, 'at least 0');
  requireChoice('criterion', criterion, ['brier', 'loglik']);
  requireChoice('rule', rule, ['min', 'one-se']);
  return {
    nLambda,
    lambdaMinRatio,
    mix,
    folds,
    criterion,
    rule,
    standardize,
    penalizeFirst,
    seed,
    ...(lambda !== undefined && { lambda }),
  };
}
