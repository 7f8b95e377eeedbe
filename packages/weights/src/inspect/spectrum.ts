/**
 * Singular values of the matrices of a model.
 *
 * @module
 */
import { effectiveRankOf, Matrix, randomizedSVD, singularValues } from '@fletch/linalg';

/** Singular values of one matrix. */
export interface Spectrum {
  /** Decreasing. All of them when `exact`, else the largest, approximately. */
  readonly values: readonly number[];
  /** Whether these are all, by a full decomposition. */
  readonly exact: boolean;
  /** e to the entropy of the singular values; null when only the largest are known. */
  readonly effectiveRank: number | null;
  /** Sum of the squares of all over the square of the largest: at most the rank, and hardly moved by small values. */
  readonly stableRank: number;
}

/** How spectra are computed. */
export interface SpectrumOptions {
  /** The smaller side up to which all singular values are computed. Default 1024. */
  readonly exactUpTo?: number;
  /** How many of the largest are computed of larger matrices. Default 64. */
  readonly leading?: number;
}

/**
 * The spectrum of a matrix: exact for small ones, the leading values by random projection for large ones.
 *
 * @param values - row by row, all finite
 * @throws FletchError `NON_FINITE`
 */
export function spectrumOf(
  values: Float32Array,
  [rows, columns]: readonly [number, number],
  { exactUpTo = 1024, leading = 64 }: SpectrumOptions = {},
): Spectrum {
  const matrix = new Matrix(values, rows, columns);
  const least = Math.min(rows, columns);
  const exact = least <= exactUpTo;
  const found = exact ? singularValues(matrix) : randomizedSVD(matrix, Math.min(leading, least)).s;
  let squares = 0;
  for (const value of values) squares += value * value;
  const first = found[0] ?? 0;
  return {
    values: Array.from(found),
    exact,
    effectiveRank: exact ? effectiveRankOf(found) : null,
    stableRank: first > 0 ? squares / first ** 2 : 0,
  };
}

/** The matrix that a tensor is: itself, or a kernel with all that goes into one output as a row. Null for what has one axis. */
export function matrixShape(shape: readonly number[]): readonly [number, number] | null {
  if (shape.length < 2 || shape.includes(0)) return null;
  const [rows, ...inner] = shape as [number, ...number[]];
  return [rows, inner.reduce((a, b) => a * b, 1)];
}
