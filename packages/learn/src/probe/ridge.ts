/**
 * Ridge regression on class indicators, with its leave-one-out error in closed form.
 *
 * @module
 */
import { eigh, Matrix, matmul } from '@fletch/linalg';

/** What a kind of probe learns. */
export interface ReadOut {
  /** `width × classes` */
  readonly weights: Matrix<Float64Array>;
  readonly bias: Float64Array;
  readonly penalty: number;
}

/**
 * The weights that minimize the mean squared error to targets of ±1 plus `penalty · ‖W‖²`; the bias is free.
 *
 * With the eigenvectors of the smaller of XᵀX and XXᵀ every penalty costs two products. The leave-one-out residual of a
 * row is its residual by one minus its leverage (Hastie, Tibshirani and Friedman, The Elements of Statistical Learning,
 * equation 7.64).
 *
 * @param x - rows of mean 0
 */
export function ridgeWeights(
  x: Matrix<Float64Array>,
  labels: Int32Array,
  classes: number,
  penalties: readonly number[],
): ReadOut {
  const { rows, cols } = x;
  const targets = new Float64Array(rows * classes).fill(-1);
  for (let i = 0; i < rows; i++) targets[i * classes + labels[i]!] = 1;
  const bias = new Float64Array(classes);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < classes; k++) bias[k]! += targets[i * classes + k]! / rows;
  const y = new Matrix(
    targets.map((value, at) => value - bias[at % classes]!),
    rows,
    classes,
  );
  const { left, right, squares } = decompose(x);
  const turned = matmul(left, y, { transposeA: true });

  let best: { readonly penalty: number; readonly error: number } | undefined;
  for (const penalty of penalties) {
    const error = penalties.length > 1 ? leaveOneOut(left, squares, turned, y, penalty * rows) : 0;
    if (!best || error < best.error) best = { penalty, error };
  }
  const { penalty } = best!;
  // W = V diag(s / (s² + λ)) Uᵀ Y
  const shrunk = turned.data.map((value, at) => {
    const square = squares[Math.floor(at / classes)]!;
    return (value * Math.sqrt(square)) / (square + penalty * rows);
  });
  const weights = matmul(right, new Matrix(shrunk, turned.rows, classes));
  return {
    weights: weights.rows === cols ? weights : new Matrix(weights.data, cols, classes),
    bias,
    penalty,
  };
}

/** Left and right singular vectors as columns, and the squares of the singular values, without those that vanish. */
function decompose(x: Matrix<Float64Array>) {
  const tall = x.rows >= x.cols;
  const { values, vectors } = eigh(
    tall ? matmul(x, x, { transposeA: true }) : matmul(x, x, { transposeB: true }),
  );
  const n = values.length;
  const limit = (values[n - 1] ?? 0) * n * 1e-14;
  const kept = Array.from(values.keys()).filter((i) => values[i]! > limit);
  const own = new Float64Array(n * kept.length);
  for (let i = 0; i < n; i++)
    for (const [to, from] of kept.entries()) own[i * kept.length + to] = vectors.at(i, from);
  const squares = Float64Array.from(kept, (i) => values[i]!);
  const found = new Matrix(own, n, kept.length);
  const other = matmul(x, found, { transposeA: !tall });
  const scaled = new Matrix(
    other.data.map((value, at) => value / Math.sqrt(squares[at % kept.length]!)),
    other.rows,
    kept.length,
  );
  return tall ? { left: scaled, right: found, squares } : { left: found, right: scaled, squares };
}

/** Mean squared error of every row by the weights of all others. */
function leaveOneOut(
  left: Matrix<Float64Array>,
  squares: Float64Array,
  turned: Matrix<Float64Array>,
  y: Matrix<Float64Array>,
  ridge: number,
): number {
  const classes = y.cols;
  const shrink = squares.map((square) => square / (square + ridge));
  const fitted = matmul(
    left,
    new Matrix(
      turned.data.map((value, at) => value * shrink[Math.floor(at / classes)]!),
      turned.rows,
      classes,
    ),
  );
  let total = 0;
  for (let i = 0; i < left.rows; i++) {
    // The free bias takes 1 / rows of every row.
    let leverage = 1 / left.rows;
    for (let j = 0; j < left.cols; j++) leverage += left.data[i * left.cols + j]! ** 2 * shrink[j]!;
    for (let k = 0; k < classes; k++)
      total += ((y.data[i * classes + k]! - fitted.data[i * classes + k]!) / (1 - leverage)) ** 2;
  }
  return total / y.data.length;
}
