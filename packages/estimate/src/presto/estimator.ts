/**
 * PRESTO as an estimator.
 *
 * @module
 */
import { FletchError, type LongWork } from '@fletch/base';
import type { Matrix } from '@fletch/linalg';
import {
  type Boundaries,
  type ClassifierOptions,
  CumulativeClassifier,
  plainBoundaries,
} from '../cumulative/classifier.js';
import { orderNotes, rareNotes } from '../cumulative/notes.js';
import { adjacentDifferences } from '../cumulative/structure.js';
import type { EstimatorJson } from '../estimator.js';
import type { Table } from '../frame/frame.js';
import type { ClassTarget } from '../frame/target.js';
import { runInTurns } from '../steps.js';
import type { Cell, Summary } from '../summary.js';
import { type BootstrapIntervals, bootstrapIntervals } from './bootstrap.js';
import { type PrestoOptions, settingsOf } from './options.js';
import { type CvPoint, prestoSteps } from './presto.js';

/** What {@link Presto} takes. */
export interface PrestoEstimatorOptions extends ClassifierOptions, Omit<PrestoOptions, keyof LongWork> {
  /** Samples for intervals of the coefficients at the chosen penalty; 0 (default) for none. */
  readonly bootstrap?: number;
}

/** A point of the path as plain numbers. */
interface PlainPoint extends Boundaries {
  readonly lambda: number;
  readonly df: number;
  readonly loglik: number;
  readonly converged: boolean;
}

interface Learned extends Boundaries {
  readonly lambda: number;
  readonly path: readonly PlainPoint[];
  readonly cv: readonly CvPoint[];
  readonly intervals: BootstrapIntervals | null;
}

/**
 * Ordered classes of which the last is rare, by shrinking towards proportional odds.
 *
 * @example
 * ```ts
 * const model = await new Presto({ levels: ['saw', 'clicked', 'bought'] }).fit(table, outcomes);
 * const bought = await model.rareProb(newcomers);
 * ```
 */
export class Presto extends CumulativeClassifier<PrestoEstimatorOptions, Learned> {
  readonly kind = 'presto';

  constructor(options: PrestoEstimatorOptions = {}) {
    super(options);
  }

  protected async learn(
    X: Matrix<Float64Array>,
    { codes, classes }: ClassTarget,
    work: LongWork,
  ): Promise<Learned> {
    const { bootstrap = 0, levels: _, ...options } = this.options;
    if (!Number.isSafeInteger(bootstrap) || bootstrap < 0 || bootstrap === 1)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `bootstrap must be 0 or a number of samples, not ${bootstrap}.`,
      );
    const fit = await runInTurns(
      prestoSteps(
        X,
        codes.map((code) => code + 1),
        options,
      ),
      work,
    );
    const { mix, standardize, penalizeFirst, seed } = settingsOf(options);
    const model = { structure: adjacentDifferences, mix, standardize, penalizedFrom: penalizeFirst ? 0 : 1 };
    const intervals =
      bootstrap === 0
        ? null
        : await runInTurns(
            bootstrapIntervals(X, codes, classes.length, model, fit.lambda, bootstrap, seed),
            work,
          );
    return {
      ...plainBoundaries(fit),
      lambda: fit.lambda,
      path: fit.path.map((point) => ({
        ...plainBoundaries(point),
        lambda: point.lambda,
        df: point.df,
        loglik: point.loglik,
        converged: point.converged,
      })),
      cv: fit.cv,
      intervals,
    };
  }

  /** The chosen penalty. */
  get lambda(): number {
    return this.learned.lambda;
  }

  /** Fits from the strongest penalty to the weakest, on the columns as they were given. */
  get path(): readonly PlainPoint[] {
    return this.learned.path;
  }

  /** Cross-validated scores along the path; empty when the penalty was given. */
  get cv(): readonly CvPoint[] {
    return this.learned.cv;
  }

  /** Probability of the last class for each row: always between 0 and 1, whatever the other boundaries do. */
  async rareProb(X: Table): Promise<Float64Array> {
    return Float64Array.from((await this.predictProba(X)).column(this.classes.length - 1));
  }

  summary(): Summary {
    const { learned, classes, classCounts, featureNames } = this;
    const rows = classCounts.reduce((sum, count) => sum + count, 0);
    const rare = classCounts.at(-1)!;
    const chosen = learned.path.find(({ lambda }) => lambda === learned.lambda)!;
    const cv = learned.cv.find(({ lambda }) => lambda === learned.lambda);
    const boundary = (k: number) => `${classes[k]} | ${classes[k + 1]}`;
    return {
      title: `PRESTO: rare class ${classes.at(-1)}`,
      facts: [
        ['rows', rows],
        ['classes', classes.map((label, k) => `${label}: ${classCounts[k]}`).join(', ')],
        [`share of ${classes.at(-1)}`, rare / rows],
        ['penalty λ', learned.lambda],
        [
          'penalised parameters that are not 0',
          `${chosen.df} of ${featureNames.length * (classes.length - 1)}`,
        ],
        ['log-likelihood', chosen.loglik],
        ...(cv
          ? ([
              ['cross-validated Brier score', cv.brier],
              ['its standard error', cv.brierError],
              ['cross-validated log-likelihood for a row', cv.loglik],
            ] as const)
          : []),
      ],
      tables: [
        {
          title: `Slopes of each boundary (a positive one pushes towards ${classes[0]})`,
          rows: featureNames.map((name, j) => ({
            coefficient: name,
            ...Object.fromEntries(
              learned.alpha.flatMap((_, k): [string, Cell][] => [
                [boundary(k), learned.beta[j]![k]!],
                ...(learned.intervals
                  ? ([
                      [`${boundary(k)} low`, learned.intervals.low[j]![k]!],
                      [`${boundary(k)} high`, learned.intervals.high[j]![k]!],
                    ] as [string, Cell][])
                  : []),
              ]),
            ),
            shared: sharedBoundaries(learned.beta[j]!, boundary),
          })),
        },
        {
          title: 'Intercepts',
          rows: learned.alpha.map((value, k) => ({ boundary: boundary(k), estimate: value })),
        },
      ],
      notes: [...orderNotes(classes), ...rareNotes(classes, classCounts), ...notesOf(learned, chosen, rare)],
    };
  }

  /** @throws FletchError `CORRUPT`, `FORMAT_TOO_NEW` */
  static fromJSON(json: EstimatorJson): Presto {
    return new Presto(json.options as PrestoEstimatorOptions).restore(json);
  }
}

/** Whether the penalty fused all boundaries of a column, none, or some. */
function sharedBoundaries(beta: readonly number[], boundary: (k: number) => string): string {
  const apart = beta.flatMap((value, k) => (k > 0 && Math.abs(value - beta[k - 1]!) > 1e-12 ? [k] : []));
  if (apart.length === 0) return 'all';
  return apart.length === beta.length - 1 ? 'none' : `but ${apart.map(boundary).join(', ')}`;
}

function notesOf({ intervals, cv, lambda }: Learned, chosen: PlainPoint, rare: number): string[] {
  const notes = [
    intervals
      ? `Limits are 2.5 % and 97.5 % quantiles of ${intervals.samples} bootstrap samples at the chosen penalty. They are of shrunken coefficients: no confidence intervals of the true ones.`
      : 'Shrunken coefficients have no standard errors; bootstrap gives percentile limits.',
  ];
  if (chosen.df === 0)
    notes.push('At this penalty no column has an effect: predictions are the shares of the classes.');
  if (cv.length > 0 && lambda === cv.at(-1)!.lambda)
    notes.push('The weakest penalty of the path was chosen: a smaller lambdaMinRatio may do better.');
  if (!chosen.converged)
    notes.push('At this penalty the search stopped where boundaries would cross for training rows.');
  if (rare < 10) notes.push(`Only ${rare} rows have the rare class: every figure about it is uncertain.`);
  return notes;
}
