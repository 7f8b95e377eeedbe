/**
 * Least squares from a sketch: few random combinations of the rows of [A | b] are solved in place of all (Song, Ye, Yin and
 * Zhang, A nearly-optimal bound for fast regression with ℓ∞ guarantee, ICML 2023).
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { lstsq, type Matrix, qr, solveTriangular, type Triangularized, triangularize } from '@fletch/linalg';
import { requireChoice } from '../frame/design.js';
import { allFinite, dependentColumn, RANK, requireFinite, requireFullRank, requireTall } from './checks.js';
import { column, float64 } from './products.js';
import { refined } from './refine.js';
import { type Accuracy, sketchRows } from './rows.js';
import { makeSketch } from './sketches/index.js';
import { type Sketch, type SketchOptions, sketchKinds } from './sketches/types.js';

/** Options of {@link sketchedRegression}. */
export interface SketchedRegressionOptions extends Accuracy, Omit<SketchOptions, 'scores'> {
  /** Default `srht`. `leverage` costs a full decomposition: it is here to be compared with. */
  readonly sketch?: Sketch;
  /** Rows of the sketch. Default: {@link sketchRows}. With as many as A has, or more, A itself is solved. */
  readonly rows?: number;
  /** Steps of conjugate gradients on A, with the sketch as preconditioner. Default 0. */
  readonly refine?: number;
  /**
   * What happens when the sketch loses rank: `refuse` (default), or the solution of least norm, which may look better than it
   * is: where x* = 0 it is perfect.
   */
  readonly rankLoss?: 'refuse' | 'least-norm';
}

/** Sketches whose sums hold every entry, so that looking at the sums is enough to find one that is not finite. */
const spreading: ReadonlySet<Sketch> = new Set(['srht', 'countsketch', 'osnap']);

/** A solution. */
export interface SketchedSolution {
  readonly x: Float64Array;
  /** Of the sketch; those of A where `direct`. */
  readonly rows: number;
  /** No sketch was made: it would have had as many rows as A. */
  readonly direct: boolean;
  /** Of S A: the number of columns, unless a loss was allowed. */
  readonly rank: number;
  readonly sketchMs: number;
  readonly solveMs: number;
  /** d × d, upper triangular: RᵀR is about AᵀA, exactly where `direct`. */
  readonly R: Matrix<Float64Array>;
}

/**
 * The x that minimizes ‖S A x − S b‖₂, S a random matrix of few rows: near argmin ‖A x − b‖₂, with `srht` in every coordinate.
 *
 * @param A - n × d, more rows than columns, full rank
 * @param b - n
 * @throws FletchError `INVALID_ARGUMENT` unless A has more rows than columns and the sketch has, too, or when rank is lost or an
 *   option is out of range; `DIMENSION_MISMATCH`; `NON_FINITE` with the position
 * @example
 * ```ts
 * const { x } = sketchedRegression(A, b, { epsilon: 0.1, seed: 7 });
 * ```
 */
export function sketchedRegression(
  A: Matrix,
  b: Float64Array,
  options: SketchedRegressionOptions = {},
): SketchedSolution {
  const { sketch = 'srht', refine = 0, seed = 0, rankLoss = 'refuse' } = options;
  requireTall(A, b);
  requireChoice('sketch', sketch, sketchKinds);
  requireChoice('rankLoss', rankLoss, ['refuse', 'least-norm']);
  const rows = requestedRows(A.rows, A.cols, options);
  if (!Number.isSafeInteger(refine) || refine < 0)
    throw new FletchError('INVALID_ARGUMENT', `refine must be a whole number from 0, not ${refine}.`);
  if (rows >= A.rows) {
    const started = performance.now();
    requireFinite(A, b);
    const { x, R } = solved(triangularize(float64(A), column(b)), true);
    return {
      x,
      R,
      rows: A.rows,
      rank: A.cols,
      direct: true,
      sketchMs: 0,
      solveMs: performance.now() - started,
    };
  }
  if (!spreading.has(sketch)) requireFinite(A, b);
  const started = performance.now();
  const scores = sketch === 'leverage' ? { scores: leverageScores(A) } : {};
  const S = makeSketch(sketch, rows, A.rows, { ...options, ...scores, seed });
  const SA = S.apply(A);
  const Sb = S.apply(column(b));
  if (!allFinite(SA) || !allFinite(Sb)) {
    requireFinite(A, b);
    throw new FletchError('NON_FINITE', 'Sums of rows overflow: scale A and b down.');
  }
  const sketched = performance.now();
  const triangle = triangularize(SA, Sb);
  const done = { R: triangle.r, rows, direct: false, sketchMs: sketched - started };
  if (rankLoss === 'least-norm' && dependentColumn(triangle.r) !== undefined) {
    const { x, rank } = lstsq(triangle.r, triangle.qtb, { tolerance: RANK });
    return { ...done, x: x.data, rank, solveMs: performance.now() - sketched };
  }
  const first = solved(triangle, false);
  const x = refined(A, b, first.x, first.R, refine);
  return { ...done, x, rank: A.cols, solveMs: performance.now() - sketched };
}

/** Rows of the sketch that options ask for. */
export function requestedRows(n: number, d: number, options: Accuracy & { readonly rows?: number }): number {
  const computed = sketchRows(n, d, options);
  const { rows = computed } = options;
  if (!Number.isSafeInteger(rows) || rows < d + 1)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `A sketch needs more rows than columns: at least ${d + 1} for ${d} columns, not ${rows}.`,
      { details: { rows, columns: d } },
    );
  return rows;
}

/** The solution in a triangular factor. */
export function solved({ r, qtb }: Triangularized<Float64Array>, direct: boolean) {
  requireFullRank(r, direct);
  return { x: solveTriangular(r, qtb).data, R: r };
}

/** Squared norms of the rows of Q, A = Q R. */
export function leverageScores(A: Matrix): Float64Array {
  const { q } = qr(float64(A));
  return Float64Array.from({ length: q.rows }, (_, i) =>
    q.row(i).reduce((sum, value) => sum + value * value, 0),
  );
}
