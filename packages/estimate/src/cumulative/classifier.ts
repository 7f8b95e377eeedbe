/**
 * What estimators made of boundaries between ordered classes have in common.
 *
 * @module
 */
import { type LongWork, throwIfAborted } from '@fletch/base';
import { Matrix } from '@fletch/linalg';
import { type Classifier, type EstimatorJson, fitted, requireKind, requireState } from '../estimator.js';
import { Design, type DesignJson, type EncodingOptions } from '../frame/design.js';
import { normalized, type Table } from '../frame/frame.js';
import { type ClassTarget, classTarget, codesOf, type Label, type Target } from '../frame/target.js';
import { brierScore } from '../scores.js';
import type { Summary } from '../summary.js';
import { predictProbs, uncrossed } from './likelihood.js';
import type { CumulativeModel } from './problem.js';

/** What all of them take. */
export interface ClassifierOptions extends EncodingOptions {
  /** The classes in their order. Default: numbers ascending; texts need it. */
  readonly levels?: readonly Label[];
}

/** Boundaries as plain numbers, for JSON. */
export interface Boundaries {
  readonly alpha: readonly number[];
  /** p rows of K − 1. */
  readonly beta: readonly (readonly number[])[];
}

/** Boundaries of a fit as plain numbers. */
export const plainBoundaries = ({ alpha, beta }: CumulativeModel): Boundaries => ({
  alpha: [...alpha],
  beta: beta.toArrays(),
});

/** What `fit` kept. */
interface State<Learned> {
  readonly design: DesignJson;
  readonly classes: readonly Label[];
  readonly counts: readonly number[];
  readonly learned: Learned;
}

/** The layout of the JSON. */
const VERSION = 1;

/** An estimator of ordered classes. Subclasses say how boundaries are learned, and what to tell about them. */
export abstract class CumulativeClassifier<Options extends ClassifierOptions, Learned extends Boundaries>
  implements Classifier
{
  abstract readonly kind: string;
  readonly options: Options;
  #state: State<Learned> | undefined;
  #design: Design | undefined;

  constructor(options: Options) {
    this.options = options;
  }

  /** Fits boundaries to n × p numbers and classes from 0. */
  protected abstract learn(
    X: Matrix<Float64Array>,
    target: ClassTarget,
    work: LongWork,
    names: readonly string[],
  ): Promise<Learned>;

  abstract summary(): Summary;

  /** The classes of a target, in order. */
  protected target(y: Target, rows: number): ClassTarget {
    return classTarget(y, rows, { levels: this.options.levels, ordered: true });
  }

  async fit(X: Table, y: Target, work: LongWork = {}): Promise<this> {
    throwIfAborted(work.signal);
    const table = normalized(X);
    const target = this.target(y, table.rows);
    const design = Design.fit(table, this.options);
    const learned = await this.learn(design.matrix(table), target, work, design.names);
    this.#design = design;
    this.#state = {
      design: design.toJSON(),
      classes: target.classes,
      counts: [...target.counts],
      learned,
    };
    return this;
  }

  /** What was learned. */
  protected get learned(): Learned {
    return this.#fitted.learned;
  }

  get #fitted(): State<Learned> {
    return fitted(this.#state, this.kind);
  }

  /** In order; a fitted attribute like those below. */
  get classes(): readonly Label[] {
    return this.#fitted.classes;
  }

  /** Training rows of each class. */
  get classCounts(): readonly number[] {
    return this.#fitted.counts;
  }

  /** Columns that the coefficients belong to. */
  get featureNames(): readonly string[] {
    return fitted(this.#design, this.kind).names;
  }

  /** The boundaries: P(y ≤ k | x) = σ(α_k + β_k · x). */
  get model(): CumulativeModel {
    const { alpha, beta } = this.learned;
    const count = alpha.length;
    const slopes = new Matrix(new Float64Array(beta.length * count), beta.length, count);
    beta.forEach((row, j) => {
      slopes.data.set(row, j * count);
    });
    return { alpha: Float64Array.from(alpha), beta: slopes };
  }

  /** All between 0 and 1, each row sums to 1: where boundaries cross, lower ones give way to upper ones. */
  async predictProba(X: Table): Promise<Matrix<Float64Array>> {
    const design = fitted(this.#design, this.kind);
    return uncrossed(predictProbs(this.model, design.matrix(X)));
  }

  /** The class of greatest probability. */
  async predict(X: Table): Promise<readonly Label[]> {
    const probs = await this.predictProba(X);
    return Array.from({ length: probs.rows }, (_, i) => {
      const row = probs.row(i);
      return this.classes[row.reduce((best, value, k) => (value > row[best]! ? k : best), 0)]!;
    });
  }

  /** Brier skill: 1 − Brier score / that of the classes' training shares. 1 is perfect, 0 no better than the shares. */
  async score(X: Table, y: Target): Promise<number> {
    const probs = await this.predictProba(X);
    const codes = this.codes(y);
    const total = this.classCounts.reduce((sum, count) => sum + count, 0);
    const shares = new Matrix(probs.data.slice(), probs.rows, probs.cols);
    for (let i = 0; i < probs.rows; i++)
      shares.data.set(
        this.classCounts.map((count) => count / total),
        i * probs.cols,
      );
    return 1 - brierScore(probs, codes) / brierScore(shares, codes);
  }

  /** The classes of a target that was not fitted: some of them may have no row there. */
  codes(y: Target): Int32Array {
    return codesOf(y, this.classes);
  }

  toJSON(): EstimatorJson {
    return { kind: this.kind, version: VERSION, options: this.options, state: this.#fitted };
  }

  /** Takes the state of another, as JSON gave it. */
  protected restore(json: EstimatorJson): this {
    const { state } = requireKind(json, this.kind, VERSION);
    const { design, classes, counts, learned } = state as State<Learned>;
    this.#design = Design.fromJSON(design);
    requireState(
      Array.isArray(classes) &&
        Array.isArray(counts) &&
        counts.length === classes.length &&
        Array.isArray(learned?.alpha) &&
        learned.alpha.length >= 1 &&
        Array.isArray(learned.beta) &&
        learned.beta.length === this.#design.columns &&
        learned.beta.every((row) => Array.isArray(row) && row.length === learned.alpha.length) &&
        [...learned.alpha, ...learned.beta.flat()].every(Number.isFinite),
      this.kind,
    );
    this.#state = { design, classes, counts, learned };
    return this;
  }
}
