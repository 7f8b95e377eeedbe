/**
 * Logistic regression and proportional odds as estimators.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Matrix } from '@fletch/linalg';
import type { EstimatorJson } from '../estimator.js';
import { type ClassTarget, classTarget, type Label, labelsOf, type Target } from '../frame/target.js';
import { wald } from '../intervals.js';
import type { Cell, Summary } from '../summary.js';
import {
  type Boundaries,
  type ClassifierOptions,
  CumulativeClassifier,
  plainBoundaries,
} from './classifier.js';
import { type MaximumLikelihood, maximumLikelihood, type Separation } from './maximum-likelihood.js';
import { orderNotes } from './notes.js';
import { parallel } from './structure.js';

/** What maximum likelihood left. */
interface Learned extends Boundaries {
  readonly logLikelihood: number;
  readonly iterations: number;
  readonly converged: boolean;
  readonly aliased: readonly number[];
  readonly separation: Separation;
  /** Standard errors of the intercepts, then of the slopes; null where there is none. */
  readonly errors: readonly (number | null)[];
}

function plain(fit: MaximumLikelihood, p: number): Learned {
  const { logLikelihood, iterations, converged, aliased, separation, covariance } = fit;
  const errors = Array.from({ length: fit.alpha.length + p }, (_, i) => {
    const variance = covariance?.at(i, i) ?? Number.NaN;
    return variance >= 0 ? Math.sqrt(variance) : null;
  });
  return { ...plainBoundaries(fit), logLikelihood, iterations, converged, aliased, separation, errors };
}

/** Warnings about a fit. */
function notesOf({ aliased, separation, converged }: Learned, names: readonly string[]): string[] {
  const notes: string[] = separation === 'none' ? ['Wald intervals from the observed information.'] : [];
  if (aliased.length > 0)
    notes.push(
      `${aliased.map((j) => names[j]).join(', ')}: constant, or a linear combination of the columns before. Left out (coefficient 0).`,
    );
  if (separation !== 'none')
    notes.push(
      `The columns separate the classes ${separation === 'complete' ? 'perfectly' : 'perfectly in some rows (quasi-complete separation)'}: no estimate is the most likely one, the coefficients shown are where the search stopped, and there are no standard errors. PRESTO's penalty keeps them finite.`,
    );
  else if (!converged) notes.push('The search did not converge: do not trust the estimates.');
  return notes;
}

/** A row of a coefficient table. */
function coefficientRow(
  name: string,
  estimate: number,
  error: number | null,
  aliased = false,
): Record<string, Cell> {
  const { error: se, z, p, low, high } = wald(estimate, error);
  return {
    coefficient: name,
    estimate: aliased ? null : estimate,
    'std. error': se,
    z,
    p,
    '95 % low': low,
    '95 % high': high,
  };
}

/** The parts of a summary that both have. */
function facts(learned: Learned, counts: readonly number[], classes: readonly Label[], parameters: number) {
  return [
    ['rows', counts.reduce((sum, count) => sum + count, 0)],
    ['classes', classes.map((label, k) => `${label}: ${counts[k]}`).join(', ')],
    ['log-likelihood', learned.logLikelihood],
    ['AIC', 2 * parameters - 2 * learned.logLikelihood],
  ] as const;
}

/**
 * Proportional odds, fitted by maximum likelihood: P(y ≤ k | x) = σ(α_k + β · x).
 *
 * @example
 * ```ts
 * const model = await new ProportionalOdds({ levels: ['low', 'medium', 'high'] }).fit(table, answers);
 * ```
 */
export class ProportionalOdds extends CumulativeClassifier<ClassifierOptions, Learned> {
  readonly kind = 'proportional-odds';

  constructor(options: ClassifierOptions = {}) {
    super(options);
  }

  protected async learn(X: Matrix<Float64Array>, { codes, classes }: ClassTarget): Promise<Learned> {
    return plain(maximumLikelihood(X, codes, classes.length, parallel), X.cols);
  }

  summary(): Summary {
    const { learned, classes, classCounts, featureNames } = this;
    const count = learned.alpha.length;
    const aliased = new Set(learned.aliased);
    return {
      title: 'Proportional odds',
      facts: facts(learned, classCounts, classes, count + featureNames.length - aliased.size),
      tables: [
        {
          title: `Coefficients (a positive one pushes towards ${classes[0]})`,
          rows: featureNames.map((name, j) =>
            coefficientRow(name, learned.beta[j]![0]!, learned.errors[count + j]!, aliased.has(j)),
          ),
        },
        {
          title: 'Intercepts',
          rows: learned.alpha.map((value, k) =>
            coefficientRow(`${classes[k]} | ${classes[k + 1]}`, value, learned.errors[k]!),
          ),
        },
      ],
      notes: [...orderNotes(classes), ...notesOf(learned, featureNames)],
    };
  }

  /** @throws FletchError `CORRUPT`, `FORMAT_TOO_NEW` */
  static fromJSON(json: EstimatorJson): ProportionalOdds {
    return new ProportionalOdds(json.options as ClassifierOptions).restore(json);
  }
}

/** What {@link Logit} takes. */
export interface LogitOptions extends ClassifierOptions {
  /** The class whose probability is modelled against all others. Default: the last of two levels. */
  readonly event?: Label;
}

/**
 * Logistic regression, fitted by iteratively reweighted least squares.
 *
 * @example
 * ```ts
 * const model = await new Logit({ event: 'bought' }).fit(table, outcomes);
 * const probability = (await model.predictProba(table)).column(1);
 * ```
 */
export class Logit extends CumulativeClassifier<LogitOptions, Learned> {
  readonly kind = 'logit';

  constructor(options: LogitOptions = {}) {
    super(options);
  }

  protected async learn(X: Matrix<Float64Array>, { codes, classes }: ClassTarget): Promise<Learned> {
    return plain(maximumLikelihood(X, codes, classes.length, parallel), X.cols);
  }

  protected override target(y: Target, rows: number): ClassTarget {
    const found = classTarget(y, rows, { levels: this.options.levels });
    const { event } = this.options;
    if (event === undefined) {
      if (found.classes.length === 2) return found;
      throw new FletchError(
        'INVALID_ARGUMENT',
        `The target has ${found.classes.length} classes (${found.classes.slice(0, 20).join(', ')}): name the event, or use presto or proportional-odds.`,
      );
    }
    const at = found.classes.findIndex((label) => String(label) === String(event));
    if (at < 0)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `The event "${event}" is none of the classes ${found.classes.join(', ')}.`,
      );
    const codes = found.codes.map((code) => (code === at ? 1 : 0));
    const happened = found.counts[at]!;
    return {
      classes: [`not ${event}`, found.classes[at]!],
      codes,
      counts: Int32Array.of(rows - happened, happened),
    };
  }

  override codes(y: Target): Int32Array {
    if (this.options.event === undefined) return super.codes(y);
    const event = String(this.classes[1]);
    return Int32Array.from(labelsOf(y), (label) => (label === event ? 1 : 0));
  }

  summary(): Summary {
    const { learned, classes, classCounts, featureNames } = this;
    const aliased = new Set(learned.aliased);
    return {
      title: `Logistic regression of ${classes[1]}`,
      facts: facts(learned, classCounts, classes, 1 + featureNames.length - aliased.size),
      tables: [
        {
          title: `Coefficients (a positive one makes ${classes[1]} likelier)`,
          // The boundary is P(first class): the other way round.
          rows: [
            coefficientRow('(intercept)', -learned.alpha[0]!, learned.errors[0]!),
            ...featureNames.map((name, j) =>
              coefficientRow(name, -learned.beta[j]![0]!, learned.errors[1 + j]!, aliased.has(j)),
            ),
          ],
        },
      ],
      notes: [...notesOf(learned, featureNames)],
    };
  }

  /** @throws FletchError `CORRUPT`, `FORMAT_TOO_NEW` */
  static fromJSON(json: EstimatorJson): Logit {
    return new Logit(json.options as LogitOptions).restore(json);
  }
}
