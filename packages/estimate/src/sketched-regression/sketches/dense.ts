/**
 * Dense sketches: independent entries, normal or ±1, over √m. Their columns are drawn when they are needed, and again for the
 * next matrix, so that S is never stored.
 *
 * @module
 */
import { Matrix, matmul, type Rng, rng } from '@fletch/linalg';
import { requireRows, type SketchOperator } from './types.js';

/** Rows of X that are multiplied together. */
const BLOCK = 256;

/** Fills a column of √m S. */
type Draw = (random: Rng, column: Float64Array) => void;

const draws: Readonly<Record<'gaussian' | 'rademacher', Draw>> = {
  gaussian: (random, column) => random.fillNormal(column),
  rademacher: (random, column) => {
    for (let i = 0; i < column.length; i += 32) {
      const bits = random.bits();
      for (let j = i; j < Math.min(i + 32, column.length); j++) column[j] = (bits >>> (j - i)) & 1 ? 1 : -1;
    }
  },
};

export function dense(kind: keyof typeof draws, m: number, n: number, seed: number): SketchOperator {
  const random = rng(seed);
  return {
    kind,
    rows: m,
    columns: n,
    apply(X) {
      requireRows(X, n, kind);
      const result = new Matrix(new Float64Array(m * X.cols), m, X.cols);
      // Rows of zeros add nothing: their columns of S are not drawn.
      const rows = nonZeroRows(X);
      for (let first = 0; first < rows.length; first += BLOCK) {
        const part = rows.subarray(first, first + BLOCK);
        const S = new Matrix(new Float64Array(part.length * m), part.length, m);
        const picked = new Matrix(new Float64Array(part.length * X.cols), part.length, X.cols);
        part.forEach((row, i) => {
          draws[kind](random.split(row), S.row(i));
          picked.data.set(X.row(row), i * X.cols);
        });
        const product = matmul(S, picked, { transposeA: true });
        for (let i = 0; i < result.data.length; i++) result.data[i]! += product.data[i]! / Math.sqrt(m);
      }
      return result;
    },
  };
}

function nonZeroRows(X: Matrix): Uint32Array {
  const rows: number[] = [];
  for (let i = 0; i < X.rows; i++) if (X.row(i).some((value) => value !== 0)) rows.push(i);
  return Uint32Array.from(rows);
}
