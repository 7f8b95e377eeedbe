/**
 * Linear quantile regression, each level for itself.
 *
 * @module
 */
import { throwIfAborted } from '@fletch/base';
import { Matrix, matmul } from '@fletch/linalg';
import type { BaseKind, BaseQuantileModel, FittedQuantiles } from './model.js';
import { pinballRegression } from './pinball-regression.js';
import { type Scaling, scaleRows, scaleVector, scalingOf, scalingOfVector, unscale } from './scaling.js';

interface LinearJson {
  readonly x: Scaling;
  readonly y: Scaling;
  /** d + 1 rows (the intercept last) of m. */
  readonly coefficients: readonly (readonly number[])[];
}

function fitted(json: LinearJson): FittedQuantiles {
  const coefficients = Matrix.from(json.coefficients);
  return {
    predict: (X) => unscale(matmul(withOnes(scaleRows(X, json.x)), coefficients), json.y),
    toJSON: () => json,
  };
}

function withOnes(X: Matrix<Float64Array>): Matrix<Float64Array> {
  const result = new Matrix(new Float64Array(X.rows * (X.cols + 1)), X.rows, X.cols + 1);
  for (let i = 0; i < X.rows; i++) {
    result.data.set(X.row(i), i * result.cols);
    result.data[(i + 1) * result.cols - 1] = 1;
  }
  return result;
}

/** Linear quantile regression: the exact minimum of the pinball loss, level by level. */
export class LinearQR implements BaseQuantileModel {
  readonly name = 'linear';

  async fit(
    X: Matrix<Float64Array>,
    y: Float64Array,
    tau: readonly number[],
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<FittedQuantiles> {
    const scaling = { x: scalingOf(X), y: scalingOfVector(y) };
    const design = withOnes(scaleRows(X, scaling.x));
    const target = scaleVector(y, scaling.y);
    const columns = tau.map((level) => {
      throwIfAborted(signal);
      return pinballRegression(design, target, level);
    });
    return fitted({
      ...scaling,
      coefficients: Array.from({ length: design.cols }, (_, j) => columns.map((column) => column[j]!)),
    });
  }
}

export const linearKind: BaseKind = {
  create: () => new LinearQR(),
  fromJSON: (json: LinearJson) => fitted(json),
};
