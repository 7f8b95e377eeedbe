/**
 * Score and information of the parameters of a cumulative model.
 *
 * @module
 */
import { Matrix, matmul } from '@fletch/linalg';
import type { Derivatives } from './likelihood.js';
import { type CumulativeProblem, parametersOf } from './problem.js';

/** Rows whose weighted copies are in memory at a time. */
const CHUNK = 2048;

/**
 * Gram matrices [1 X]ᵀ diag(w) [1 X] for every tridiagonal entry of the information, side by side: (p + 1) × m (p + 1),
 * first the K − 1 diagonal ones, then the K − 2 beside.
 */
function weightedGrams(X: Matrix<Float64Array>, { diagonal, beside }: Derivatives): Matrix<Float64Array> {
  const p1 = X.cols + 1;
  const count = diagonal.cols;
  const blocks = count + beside.cols;
  const sum = new Matrix(new Float64Array(p1 * blocks * p1), p1, blocks * p1);
  for (let from = 0; from < X.rows; from += CHUNK) {
    const rows = Math.min(CHUNK, X.rows - from);
    const left = new Matrix(new Float64Array(rows * p1), rows, p1);
    const right = new Matrix(new Float64Array(rows * blocks * p1), rows, blocks * p1);
    for (let i = 0; i < rows; i++) {
      const row = left.data.subarray(i * p1, (i + 1) * p1);
      row[0] = 1;
      row.set(X.row(from + i), 1);
      let at = i * blocks * p1;
      for (let b = 0; b < blocks; b++) {
        const w =
          b < count
            ? diagonal.data[(from + i) * count + b]!
            : beside.data[(from + i) * beside.cols + b - count]!;
        for (let j = 0; j < p1; j++) right.data[at++] = w * row[j]!;
      }
    }
    const part = matmul(left, right, { transposeA: true });
    for (let i = 0; i < sum.data.length; i++) sum.data[i]! += part.data[i]!;
  }
  return sum;
}

/** Score of θ: the gradient of the log-likelihood. */
export function scoreOf(problem: CumulativeProblem, { score }: Derivatives): Float64Array {
  const { X, structure } = problem;
  const count = score.cols;
  const p = X.cols;
  const result = new Float64Array(parametersOf(problem));
  const slopes = new Float64Array(p * count);
  for (let i = 0; i < X.rows; i++)
    for (let k = 0; k < count; k++) {
      const s = score.data[i * count + k]!;
      if (s === 0) continue;
      result[k]! += s;
      const x = i * p;
      const to = k * p;
      for (let j = 0; j < p; j++) slopes[to + j]! += s * X.data[x + j]!;
    }
  for (let l = 0; l < structure.cols; l++)
    for (let k = 0; k < count; k++) {
      const weight = structure.at(k, l);
      if (weight === 0) continue;
      for (let j = 0; j < p; j++) result[count + l * p + j]! += weight * slopes[k * p + j]!;
    }
  return result;
}

/**
 * Information of θ: Σ_i Dᵢᵀ Wᵢ Dᵢ, where Dᵢ maps θ to the linear predictors of row i. As W is tridiagonal, 2 (K − 1) − 1
 * weighted Gram matrices are all it takes, whatever the structure.
 */
export function informationOf(problem: CumulativeProblem, rows: Derivatives): Matrix<Float64Array> {
  const { X, structure } = problem;
  const count = rows.diagonal.cols;
  const p = X.cols;
  const p1 = p + 1;
  const grams = weightedGrams(X, rows);
  const size = parametersOf(problem);
  const result = new Matrix(new Float64Array(size * size), size, size);
  // Block (k, j) of the information of (α_k, β_k): which Gram matrix.
  const add = (k: number, j: number, block: number) => {
    const gram = (r: number, c: number) => grams.data[r * grams.cols + block * p1 + c]!;
    result.data[k * size + j]! += gram(0, 0);
    for (let m = 0; m < structure.cols; m++) {
      const weight = structure.at(j, m);
      if (weight === 0) continue;
      for (let c = 0; c < p; c++) {
        const value = weight * gram(0, c + 1);
        result.data[k * size + count + m * p + c]! += value;
        result.data[(count + m * p + c) * size + k]! += value;
      }
      for (let l = 0; l < structure.cols; l++) {
        const both = structure.at(k, l) * weight;
        if (both === 0) continue;
        for (let r = 0; r < p; r++) {
          const to = (count + l * p + r) * size + count + m * p;
          const from = (r + 1) * grams.cols + block * p1 + 1;
          for (let c = 0; c < p; c++) result.data[to + c]! += both * grams.data[from + c]!;
        }
      }
    }
  };
  for (let k = 0; k < count; k++) {
    add(k, k, k);
    if (k + 1 < count) {
      add(k, k + 1, count + k);
      add(k + 1, k, count + k);
    }
  }
  return result;
}
