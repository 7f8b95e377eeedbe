/**
 * Least squares, from a sketch where the table is tall, as an estimator.
 *
 * @module
 */
import type { LongWork } from '@fletch/base';
import { Matrix, solveTriangular } from '@fletch/linalg';
import {
  breathe,
  type EstimatorJson,
  fitted,
  type Regressor,
  requireKind,
  requireState,
} from '../estimator.js';
import { Design, type DesignJson, type EncodingOptions } from '../frame/design.js';
import type { Table } from '../frame/frame.js';
import { numericTarget, type Target } from '../frame/target.js';
import { wald } from '../intervals.js';
import type { Summary } from '../summary.js';
import { dot, residual, times } from './products.js';
import type { SketchedRegressionOptions } from './solve.js';
import { solve } from './solve-table.js';

/** What {@link SketchedRegression} takes. */
export interface SketchedRegressionEstimatorOptions extends EncodingOptions, SketchedRegressionOptions {
  /** Add a column of ones. Default true. */
  readonly intercept?: boolean;
}

/** One coefficient, and how uncertain it is. */
export interface Coefficient {
  readonly name: string;
  readonly estimate: number;
  /** It depends on those before, was left out, and counts as 0. */
  readonly aliased: boolean;
  /** Of least squares on all rows: s √[(AᵀA)⁻¹]_jj; null where aliased. */
  readonly standardError: number | null;
  /** Standard deviation of what the sketch adds: ‖r‖ √([(AᵀA)⁻¹]_jj / m); 0 without a sketch. */
  readonly sketchError: number;
}

interface State {
  readonly design: DesignJson;
  readonly coefficients: readonly Coefficient[];
  /** Of the table and of the sketch. */
  readonly rows: number;
  readonly sketchRows: number;
  readonly direct: boolean;
  /** n less the columns that were not left out. */
  readonly freedom: number;
  /** s = √(Σ r² / freedom). */
  readonly residualDeviation: number;
  readonly r2: number;
  readonly sketchMs: number;
  readonly solveMs: number;
}

const KIND = 'regress';
const VERSION = 1;

/**
 * Linear regression by least squares. Tall tables are solved from a sketch; those that cost little are solved directly unless an
 * option asks for a sketch, as are those with no more rows than the sketch would have.
 *
 * @example
 * ```ts
 * const model = await new SketchedRegression({ epsilon: 0.1 }).fit(table, prices);
 * model.coefficients[1]; // { name: 'rooms', estimate: …, standardError: …, sketchError: … }
 * ```
 */
export class SketchedRegression implements Regressor {
  readonly kind = KIND;
  readonly options: SketchedRegressionEstimatorOptions;
  #state: State | undefined;
  #design: Design | undefined;

  constructor(options: SketchedRegressionEstimatorOptions = {}) {
    this.options = options;
  }

  /**
   * @throws FletchError also `INVALID_ARGUMENT` for no more rows than columns, and, from a sketch, for columns that depend on others
   */
  async fit(X: Table, y: Target, { signal }: LongWork = {}): Promise<this> {
    const design = Design.fit(X, this.options);
    const A = withIntercept(design.matrix(X), this.options.intercept ?? true);
    const b = numericTarget(y, A.rows);
    signal?.throwIfAborted();
    await breathe();
    const names = [...((this.options.intercept ?? true) ? ['(intercept)'] : []), ...design.names];
    const solution = solve(A, b, this.options, names);
    const { direct, rows, kept } = solution;
    const x = spread(solution.x, kept, A.cols);
    const r = residual(A, b, x);
    const squares = dot(r, r);
    const deviations = spread(unitDeviations(solution.R), kept, A.cols);
    const freedom = A.rows - kept.length;
    const residualDeviation = Math.sqrt(squares / freedom);
    // Conjugate gradients shrink the error of the sketch by √(d/m) a step.
    const left = direct ? 0 : (A.cols / rows) ** ((this.options.refine ?? 0) / 2);
    this.#design = design;
    this.#state = {
      design: design.toJSON(),
      coefficients: names.map((name, j) => ({
        name,
        estimate: x[j]!,
        aliased: !kept.includes(j),
        standardError: kept.includes(j) ? residualDeviation * deviations[j]! : null,
        sketchError: left * Math.sqrt(squares / rows) * deviations[j]!,
      })),
      freedom,
      rows: A.rows,
      sketchRows: rows,
      direct,
      residualDeviation,
      r2: determination(r, b),
      sketchMs: solution.sketchMs,
      solveMs: solution.solveMs,
    };
    return this;
  }

  get #fitted(): State {
    return fitted(this.#state, KIND);
  }

  /** The intercept first, unless there is none; a fitted attribute like those below. */
  get coefficients(): readonly Coefficient[] {
    return this.#fitted.coefficients;
  }

  /** Rows of the sketch; of the table where no sketch was made. */
  get sketchRows(): number {
    return this.#fitted.sketchRows;
  }

  /** Whether all rows were used. */
  get direct(): boolean {
    return this.#fitted.direct;
  }

  /** Share of the target's variance on the training rows. */
  get r2(): number {
    return this.#fitted.r2;
  }

  /** The matrix of a table, with the column of the intercept. */
  matrix(X: Table): Matrix<Float64Array> {
    return withIntercept(fitted(this.#design, KIND).matrix(X), this.options.intercept ?? true);
  }

  async predict(X: Table): Promise<Float64Array> {
    return times(
      this.matrix(X),
      Float64Array.from(this.coefficients, ({ estimate }) => estimate),
    );
  }

  /** R²: 1 is perfect, 0 no better than the mean of these rows. */
  async score(X: Table, y: Target): Promise<number> {
    const predictions = await this.predict(X);
    const b = numericTarget(y, predictions.length);
    return determination(
      b.map((value, i) => value - predictions[i]!),
      b,
    );
  }

  summary(): Summary {
    const state = this.#fitted;
    const sketch = this.options.sketch ?? 'srht';
    return {
      title: state.direct ? 'Least squares' : `Least squares from a sketch (${sketch})`,
      facts: [
        ['rows', state.rows],
        ...(state.direct ? [] : ([['rows of the sketch', state.sketchRows]] as const)),
        ['R²', state.r2],
        ['residual standard deviation', state.residualDeviation],
        ...(state.direct ? [] : ([['sketching, ms', state.sketchMs]] as const)),
        ['solving, ms', state.solveMs],
      ],
      tables: [
        {
          title: 'Coefficients',
          rows: state.coefficients.map(({ name, estimate, aliased, standardError, sketchError }) => {
            const error = standardError === null ? null : Math.hypot(standardError, sketchError);
            const { z, p, low, high } = wald(estimate, error, state.freedom);
            return {
              coefficient: name,
              estimate: aliased ? null : estimate,
              'std. error': standardError,
              ...(!state.direct && { 'sketch error': sketchError }),
              t: z,
              p,
              '95 % low': low,
              '95 % high': high,
            };
          }),
        },
      ],
      notes: notesOf(state),
    };
  }

  toJSON(): EstimatorJson {
    return { kind: KIND, version: VERSION, options: this.options, state: this.#fitted };
  }

  /** @throws FletchError `CORRUPT`, `FORMAT_TOO_NEW` */
  static fromJSON(json: EstimatorJson): SketchedRegression {
    const { options, state } = requireKind(json, KIND, VERSION);
    const model = new SketchedRegression(options as SketchedRegressionEstimatorOptions);
    const read = state as State;
    model.#design = Design.fromJSON(read.design);
    const intercept = (model.options.intercept ?? true) ? 1 : 0;
    requireState(
      Array.isArray(read.coefficients) &&
        read.coefficients.length === model.#design.columns + intercept &&
        read.coefficients.every(
          ({ name, estimate }) => typeof name === 'string' && Number.isFinite(estimate),
        ),
      KIND,
    );
    model.#state = read;
    return model;
  }
}

function notesOf({ coefficients, direct, freedom }: State): string[] {
  const aliased = coefficients.flatMap((one) => (one.aliased ? [one.name] : []));
  const limits = `Limits are those of t with ${freedom} degrees of freedom`;
  return [
    direct
      ? `All rows were used. ${limits}.`
      : `The sketch error is the standard deviation that the sketch adds to a coefficient: smaller with more rows of the sketch, gone after some steps of refinement. ${limits}, and hold both errors.`,
    ...(aliased.length > 0
      ? [
          `${aliased.join(', ')}: constant, or a linear combination of the columns before. Left out (coefficient 0).`,
        ]
      : []),
  ];
}

function withIntercept(X: Matrix<Float64Array>, intercept: boolean): Matrix<Float64Array> {
  if (!intercept) return X;
  const cols = X.cols + 1;
  const result = new Matrix(new Float64Array(X.rows * cols), X.rows, cols);
  for (let i = 0; i < X.rows; i++) {
    result.data[i * cols] = 1;
    result.data.set(X.row(i), i * cols + 1);
  }
  return result;
}

/** Values at their places among `length`, 0 elsewhere. */
function spread(values: Float64Array, places: readonly number[], length: number): Float64Array {
  const result = new Float64Array(length);
  places.forEach((place, i) => {
    result[place] = values[i]!;
  });
  return result;
}

/** √[(RᵀR)⁻¹]_jj: norms of the rows of R⁻¹. */
function unitDeviations(R: Matrix<Float64Array>): Float64Array {
  const unit = new Matrix(new Float64Array(R.cols ** 2), R.cols, R.cols);
  for (let i = 0; i < R.cols; i++) unit.data[i * R.cols + i] = 1;
  const inverse = solveTriangular(R, unit);
  return Float64Array.from({ length: R.cols }, (_, i) => Math.sqrt(dot(inverse.row(i), inverse.row(i))));
}

/** 1 − Σ r² / Σ (b − mean)²; not a number for a constant b. */
function determination(r: Float64Array, b: Float64Array): number {
  const mean = b.reduce((sum, value) => sum + value / b.length, 0);
  return 1 - dot(r, r) / b.reduce((sum, value) => sum + (value - mean) ** 2, 0);
}
