/**
 * Samples of rows: uniform ones times √(n/m), or rows drawn by their leverage and divided by √(m p).
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { Matrix, rng } from '@fletch/linalg';
import { randomRows } from './srht.js';
import { requireRows, type Sketch, type SketchOperator } from './types.js';

export function uniformRows(m: number, n: number, seed: number, replace: boolean): SketchOperator {
  const rows = randomRows(rng(seed), n, m, replace);
  return picking('uniform', n, rows, new Float64Array(m).fill(Math.sqrt(n / m)));
}

export function leverageRows(
  m: number,
  n: number,
  seed: number,
  scores: Float64Array | undefined,
): SketchOperator {
  if (scores?.length !== n)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `A leverage sketch needs a score for each of the ${n} rows${scores ? `, not ${scores.length}` : ': give scores'}.`,
    );
  const rows = rng(seed).categoricals(scores, m);
  const total = scores.reduce((sum, score) => sum + score, 0);
  return picking(
    'leverage',
    n,
    rows,
    Float64Array.from(rows, (row) => Math.sqrt(total / (m * scores[row]!))),
  );
}

function picking(kind: Sketch, n: number, rows: Uint32Array, factors: Float64Array): SketchOperator {
  return {
    kind,
    rows: rows.length,
    columns: n,
    apply(X) {
      requireRows(X, n, kind);
      const result = new Matrix(new Float64Array(rows.length * X.cols), rows.length, X.cols);
      rows.forEach((row, i) => {
        const source = row * X.cols;
        for (let j = 0; j < X.cols; j++) result.data[i * X.cols + j] = factors[i]! * X.data[source + j]!;
      });
      return result;
    },
  };
}
