/**
 * Brings features to a common scale.
 *
 * @module
 */
import { Matrix } from '@fletch/linalg';

/** Means and spreads of the rows it was made from. */
export interface Scaling {
  apply(rows: Matrix<Float64Array>): Matrix<Float64Array>;
}

/**
 * Mean 0 and, when `standardize`, variance 1 over these rows; a feature that does not vary stays at 0 for them.
 */
export function scalingOf({ data, rows, cols }: Matrix<Float64Array>, standardize: boolean): Scaling {
  const mean = new Float64Array(cols);
  const spread = new Float64Array(cols);
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) mean[j]! += data[i * cols + j]! / rows;
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < cols; j++) spread[j]! += (data[i * cols + j]! - mean[j]!) ** 2 / rows;
  const factor = spread.map((variance, j) =>
    // A variance of rounding errors is none.
    standardize && variance > 1e-18 * (1 + mean[j]! ** 2) ? 1 / Math.sqrt(variance) : standardize ? 0 : 1,
  );
  return {
    apply: (given) =>
      new Matrix(
        given.data.map((value, at) => (value - mean[at % cols]!) * factor[at % cols]!),
        given.rows,
        cols,
      ),
  };
}
