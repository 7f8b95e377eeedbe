/**
 * Sketched regression on a Kronecker product that is never formed: TensorSRHT S = P (H₁D₁ ⊗ H₂D₂) / √m.
 *
 * @module
 */

import { FletchError } from '@fletch/base';
import { hadamardRows, lstsq, Matrix, rng, transpose, triangularize } from '@fletch/linalg';
import { requireFinite, requireTall } from './checks.js';
import { float64 } from './products.js';
import type { Accuracy } from './rows.js';
import { paddedLength, randomRows, randomSigns } from './sketches/srht.js';
import { requestedRows, type SketchedSolution, solved } from './solve.js';

/** Options of {@link sketchedKroneckerRegression}. */
export interface KroneckerOptions extends Accuracy {
  readonly rows?: number;
  /** Default 0. */
  readonly seed?: number;
  /** Default false. */
  readonly replace?: boolean;
}

/** What the sketch drew: signs of both factors, and pairs of rows. */
export interface TensorSketch {
  readonly sizes: readonly [N1: number, N2: number];
  readonly signs: readonly [Uint32Array, Uint32Array];
  /** p = p₁ N₂ + p₂ of the rows (p₁, p₂). */
  readonly picks: Uint32Array;
}

/** Draws a TensorSRHT of m rows for factors of n1 and n2 rows. */
export function tensorSketch(m: number, n1: number, n2: number, seed: number, replace = false): TensorSketch {
  const sizes = [paddedLength(n1), paddedLength(n2)] as const;
  const random = rng(seed);
  const signs = [randomSigns(random.split(), sizes[0]), randomSigns(random.split(), sizes[1])] as const;
  return { sizes, signs, picks: randomRows(random.split(), sizes[0] * sizes[1], m, replace) };
}

/** S (A₁ ⊗ A₂): row (p₁, p₂) of the sketch is the outer product of row p₁ of H₁D₁A₁ and row p₂ of H₂D₂A₂. */
export function sketchProduct(A1: Matrix, A2: Matrix, sketch: TensorSketch): Matrix<Float64Array> {
  const { sizes, signs, picks } = sketch;
  const T1 = transformed(A1, sizes[0], signs[0]);
  const T2 = transformed(A2, sizes[1], signs[1]);
  const d = A1.cols * A2.cols;
  const result = new Matrix(new Float64Array(picks.length * d), picks.length, d);
  const factor = 1 / Math.sqrt(picks.length);
  picks.forEach((pick, i) => {
    const left = T1.row(Math.floor(pick / sizes[1]));
    const right = T2.row(pick % sizes[1]);
    let at = i * d;
    for (const u of left) for (const v of right) result.data[at++] = factor * u * v;
  });
  return result;
}

/** S b, b in the order of the rows of A₁ ⊗ A₂: the picked entries of H₁D₁ mat(b) D₂H₂. */
export function sketchVector(
  b: Float64Array,
  n1: number,
  n2: number,
  sketch: TensorSketch,
): Matrix<Float64Array> {
  const { sizes, signs, picks } = sketch;
  const half = transformed(new Matrix(b, n1, n2), sizes[0], signs[0]);
  // N₂ × N₁.
  const both = transformed(transpose(half), sizes[1], signs[1]);
  const factor = 1 / Math.sqrt(picks.length);
  return new Matrix(
    Float64Array.from(picks, (pick) => factor * both.at(pick % sizes[1], Math.floor(pick / sizes[1]))),
    picks.length,
    1,
  );
}

const transformed = (A: Matrix, N: number, signs: Uint32Array): Matrix<Float64Array> =>
  hadamardRows(
    A,
    N,
    Uint32Array.from({ length: N }, (_, i) => i),
    signs,
  );

/**
 * The x near argmin ‖(A₁ ⊗ A₂) x − b‖₂, from two transforms and m outer products.
 *
 * @param A1 - n₁ × d₁, n₁ > d₁
 * @param A2 - n₂ × d₂, n₂ > d₂
 * @param b - n₁ n₂, entry i₁ n₂ + i₂ for the rows i₁ and i₂
 * @returns x of d₁ d₂ entries, j₁ d₂ + j₂
 * @throws FletchError as {@link sketchedRegression}
 */
export function sketchedKroneckerRegression(
  A1: Matrix,
  A2: Matrix,
  b: Float64Array,
  options: KroneckerOptions = {},
): SketchedSolution {
  const { seed = 0, replace = false } = options;
  for (const A of [A1, A2]) {
    requireTall(A, { length: A.rows });
    requireFinite(A, b);
  }
  const n = A1.rows * A2.rows;
  if (b.length !== n)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `The product of ${A1.rows} and ${A2.rows} rows has ${n}, but b ${b.length} entries.`,
    );
  const rows = requestedRows(n, A1.cols * A2.cols, options);
  const started = performance.now();
  if (rows >= n) return direct(float64(A1), float64(A2), b, started);
  const sketch = tensorSketch(rows, A1.rows, A2.rows, seed, replace);
  const SA = sketchProduct(A1, A2, sketch);
  const Sb = sketchVector(b, A1.rows, A2.rows, sketch);
  const sketched = performance.now();
  const { x, R } = solved(triangularize(SA, Sb), false);
  return {
    x,
    R,
    rows,
    rank: R.cols,
    direct: false,
    sketchMs: sketched - started,
    solveMs: performance.now() - sketched,
  };
}

/** x = A₁† mat(b) A₂†ᵀ; R = R₁ ⊗ R₂. */
function direct(
  A1: Matrix<Float64Array>,
  A2: Matrix<Float64Array>,
  b: Float64Array,
  started: number,
): SketchedSolution {
  const half = solved(triangularize(A1, new Matrix(b, A1.rows, A2.rows)), true);
  const columns = new Matrix(half.x, A1.cols, A2.rows);
  const { x: solution } = lstsq(A2, transpose(columns), { method: 'qr' });
  const R2 = triangularize(A2, new Matrix(new Float64Array(A2.rows), A2.rows, 1)).r;
  return {
    x: transpose(solution).data,
    rows: A1.rows * A2.rows,
    direct: true,
    rank: A1.cols * A2.cols,
    sketchMs: 0,
    solveMs: performance.now() - started,
    R: kronecker(half.R, R2),
  };
}

/** A₁ ⊗ A₂, formed. */
export function kronecker(A1: Matrix, A2: Matrix): Matrix<Float64Array> {
  const cols = A1.cols * A2.cols;
  const result = new Matrix(new Float64Array(A1.rows * A2.rows * cols), A1.rows * A2.rows, cols);
  let at = 0;
  for (let i = 0; i < A1.rows; i++)
    for (let k = 0; k < A2.rows; k++)
      for (let j = 0; j < A1.cols; j++)
        for (let l = 0; l < A2.cols; l++) result.data[at++] = A1.at(i, j) * A2.at(k, l);
  return result;
}
