/**
 * One matrix before and after tuning, by their singular vectors.
 *
 * @module
 */
import { array, type NDArray } from '@fletch/array';
import { FletchError } from '@fletch/base';
import { effectiveRankOf, Matrix, matmul, type SVD, singularValues, svd } from '@fletch/linalg';
import { shapeText } from '../state-dict.js';
import { randomMaxCosine } from './random-cosine.js';

/** Which singular vectors are compared: those of the outputs (left) or of the inputs. */
export type Side = 'left' | 'right';

/** What counts as an intruder. */
export interface IntruderCriteria {
  /** How many of the largest singular values are looked at. Default 10; at most as many as there are. */
  readonly k?: number;
  /** A vector whose largest cosine with the base's is below this is new. Default 0.5. */
  readonly epsilon?: number;
  /** Default `left`. */
  readonly side?: Side;
}

/** How a tuned matrix differs from its base, vector by vector in the order of the tuned singular values. */
export interface MatrixComparison {
  /** The intruders among the `k` largest: positions, counted from 0. */
  readonly indices: readonly number[];
  /** Of each tuned vector, the largest absolute cosine with a vector of the base. */
  readonly maxCosine: Float64Array;
  /**
   * Of each tuned vector, the length of its part in the span of the base's first 2k. Near 1 beside a low `maxCosine`,
   * the vector is a rotation among near-equal singular values and nothing new.
   */
  readonly subspace: Float64Array;
  /** Singular values of the tuned matrix. */
  readonly sigma: Float64Array;
  /** Singular values of the base. */
  readonly baseSigma: Float64Array;
  /** Of the update; 0 when there is none. */
  readonly effectiveRank: number;
  /** {@link randomMaxCosine} of as many directions as the base uses. */
  readonly randomCosine: number;
}

/** Checks what counts as an intruder, and fills in defaults. */
export function readCriteria({ k = 10, epsilon = 0.5, side = 'left' }: IntruderCriteria = {}) {
  if (!Number.isSafeInteger(k) || k < 1)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `k is how many singular vectors are looked at, at least 1, not ${k}.`,
    );
  if (!(epsilon > 0 && epsilon <= 1))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `epsilon is a cosine above 0 and at most 1, not ${epsilon}. The paper uses 0.5.`,
    );
  if (side !== 'left' && side !== 'right')
    throw new FletchError('INVALID_ARGUMENT', `side is "left" or "right", not "${side}".`);
  return { k, epsilon, side };
}

/** Vectors of one side as columns, without those that belong to no singular value. */
function vectorsOf(
  { u, s, vt }: SVD<Float32Array>,
  side: Side,
  all: boolean,
): { vectors: Matrix<Float32Array>; isTransposed: boolean } {
  const [rows, columns] = [u.rows, vt.cols];
  const least = Math.max(rows, columns) * 2 ** -23 * (s[0] ?? 0);
  const count = all ? s.length : s.filter((value) => value > least).length;
  if (side === 'right')
    return {
      vectors: new Matrix(vt.data.slice(0, count * vt.cols), count, vt.cols),
      isTransposed: true,
    };
  const kept = new Float32Array(u.rows * count);
  for (let i = 0; i < u.rows; i++) kept.set(u.row(i).subarray(0, count), i * count);
  return { vectors: new Matrix(kept, u.rows, count), isTransposed: false };
}

/** Inner products of the base's vectors (rows) with the tuned ones (columns). */
function products(base: SVD<Float32Array>, tuned: SVD<Float32Array>, side: Side): Matrix<Float32Array> {
  const before = vectorsOf(base, side, false);
  const after = vectorsOf(tuned, side, true);
  return matmul(before.vectors, after.vectors, {
    transposeA: !before.isTransposed,
    transposeB: after.isTransposed,
  });
}

const requireSameShape = (a: readonly number[], b: readonly number[]) => {
  if (a.length === 2 && shapeText(a) === shapeText(b)) return;
  throw new FletchError(
    'DIMENSION_MISMATCH',
    `Spectra are compared of two matrices of one shape, not of ${shapeText(a)} and ${shapeText(b)}.`,
  );
};

/**
 * Compares the singular vectors of a matrix before and after tuning (Shuttleworth et al., LoRA vs full fine-tuning: an
 * illusion of equivalence, NeurIPS 2025): `c_j = max_i |u_i(base) · u_j(tuned)|`, and j is an intruder when it is one of
 * the `k` largest and `c_j < epsilon`. Vectors of the base without a singular value above rounding are no directions
 * that it uses, and are left out.
 *
 * @param base - `[out, in]`
 * @param tuned - `[out, in]`
 * @throws FletchError `DIMENSION_MISMATCH`, `NON_FINITE`, `INVALID_ARGUMENT` for `k` or `epsilon` out of range
 */
export function compareMatrices(
  base: Matrix<Float32Array>,
  tuned: Matrix<Float32Array>,
  criteria: IntruderCriteria = {},
): MatrixComparison {
  const { k, epsilon, side } = readCriteria(criteria);
  requireSameShape([base.rows, base.cols], [tuned.rows, tuned.cols]);
  const [before, after] = [svd(base), svd(tuned)];
  const cosines = products(before, after, side);
  const count = after.s.length;
  const maxCosine = new Float64Array(count);
  const subspace = new Float64Array(count);
  const span = Math.min(2 * k, cosines.rows);
  for (let i = 0; i < cosines.rows; i++)
    for (let j = 0; j < count; j++) {
      const cosine = Math.abs(cosines.data[i * count + j]!);
      maxCosine[j] = Math.max(maxCosine[j]!, cosine);
      if (i < span) subspace[j]! += cosine * cosine;
    }
  const isNew = (j: number) => maxCosine[j]! < epsilon;
  return {
    indices: Array.from({ length: Math.min(k, count) }, (_, j) => j).filter(isNew),
    maxCosine,
    subspace: subspace.map(Math.sqrt),
    sigma: Float64Array.from(after.s),
    baseSigma: Float64Array.from(before.s),
    effectiveRank: rankOf(
      new Matrix(
        tuned.data.map((value, i) => value - base.data[i]!),
        tuned.rows,
        tuned.cols,
      ),
    ),
    randomCosine:
      cosines.rows === 0 ? 0 : randomMaxCosine(cosines.rows, side === 'left' ? base.rows : base.cols),
  };
}

/** {@link effectiveRankOf} of the singular values, without what rounding leaves of zeros. */
function rankOf(matrix: Matrix): number {
  const values = singularValues(matrix);
  const least = Math.max(matrix.rows, matrix.cols) * 2 ** -23 * (values[0] ?? 0);
  return effectiveRankOf(values.filter((value) => value > least));
}

const matrixOf = ({ data, shape }: NDArray): Matrix<Float32Array> =>
  new Matrix(Float32Array.from(data as Float32Array), shape[0]!, shape[1]!);

/**
 * How many directions an update uses: e to the entropy of its singular values as shares of their sum (Roy and Vetterli
 * 2007). 0 for no update at all.
 *
 * @param update - `[rows, columns]`
 * @throws FletchError `DIMENSION_MISMATCH` for another number of axes, `NON_FINITE`
 */
export function effectiveRank(update: NDArray): number {
  requireSameShape(update.shape, update.shape);
  return rankOf(matrixOf(update));
}

/**
 * Absolute cosines of the leading singular vectors, base in rows and tuned in columns: a column without a bright cell is
 * an intruder.
 *
 * @param base - `[out, in]`
 * @param tuned - `[out, in]`
 * @param options.top - default 50; at most as many as there are
 * @returns `[top, top]`
 * @throws FletchError `DIMENSION_MISMATCH`, `NON_FINITE`, `INVALID_ARGUMENT`
 */
export function similarityMatrix(
  base: NDArray,
  tuned: NDArray,
  { top = 50, side = 'left' }: { readonly top?: number; readonly side?: Side } = {},
): NDArray {
  readCriteria({ k: top, side });
  requireSameShape(base.shape, tuned.shape);
  const cosines = products(svd(matrixOf(base)), svd(matrixOf(tuned)), side);
  const size = Math.min(top, ...base.shape);
  // Rows of vectors that the base does not use stay 0.
  const shown = new Float32Array(size * size);
  for (let i = 0; i < Math.min(size, cosines.rows); i++)
    for (let j = 0; j < size; j++) shown[i * size + j] = Math.abs(cosines.data[i * cosines.cols + j]!);
  return array(shown, 'float32', [size, size]);
}
