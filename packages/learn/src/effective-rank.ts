/**
 * How many directions a cloud of vectors really uses.
 *
 * @module
 */
import type { NDArray } from '@fletch/array';
import { FletchError } from '@fletch/base';
import { effectiveRankOf, eigh, Matrix, matmul } from '@fletch/linalg';
import { scalingOf } from './probe/scaling.js';

/**
 * e to the entropy of the covariance's eigenvalues, as shares of their sum (Roy and Vetterli, EUSIPCO 2007): from 1, when
 * all rows lie on a line, to the width, when all directions vary alike. Rows that are all equal have rank 0.
 *
 * @param rows - `[count, width]` with at least two rows
 * @throws FletchError `INVALID_ARGUMENT` for fewer rows or another number of axes, `NON_FINITE`
 */
export function effectiveRank(rows: NDArray): number {
  const [count = 0, width = 0] = rows.shape;
  if (rows.shape.length !== 2 || count < 2)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `The rank needs at least two rows of numbers, not [${rows.shape.join(', ')}].`,
    );
  const matrix = new Matrix(Float64Array.from(rows.data as Float32Array), count, width);
  const centred = scalingOf(matrix, false).apply(matrix);
  const { values } = eigh(matmul(centred, centred, { transposeA: true }));
  const total = values.reduce((sum, value) => sum + Math.max(0, value), 0);
  // What is left of equal rows are rounding errors of their mean.
  if (total <= 1e-24 * matrix.data.reduce((sum, value) => sum + value * value, 0)) return 0;
  return effectiveRankOf(values);
}
