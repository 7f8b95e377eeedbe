/**
 * Sparse sketches: every row of X goes, with a random sign, into s of the m rows: one for Count-Sketch (Charikar, Chen and
 * Farach-Colton, 2002), one of each of s parts for OSNAP (Nelson and Nguyễn, 2013).
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { Matrix, rng } from '@fletch/linalg';
import { randomSigns } from './srht.js';
import { requireRows, type SketchOperator } from './types.js';

/** Numbers of the result that stay in the second cache while the rows of X stream by. */
const NEAR = 65536;

export function sparse(
  kind: 'countsketch' | 'osnap',
  m: number,
  n: number,
  seed: number,
  sparsity: number,
): SketchOperator {
  if (!Number.isSafeInteger(sparsity) || sparsity < 1 || m % sparsity !== 0)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `The sparsity of osnap must be a whole number from 1 that divides its ${m} rows; ${sparsity} does not.`,
      { details: { rows: m, sparsity } },
    );
  const random = rng(seed);
  const negative = randomSigns(random.split(), n * sparsity);
  const part = m / sparsity;
  const places = random.split();
  const buckets = Uint32Array.from(
    { length: n * sparsity },
    (_, at) => (at % sparsity) * part + places.integer(part),
  );
  return {
    kind,
    rows: m,
    columns: n,
    apply(X) {
      requireRows(X, n, kind);
      const { data, cols } = X;
      const result = new Matrix(new Float64Array(m * cols), m, cols);
      const out = result.data;
      const factor = 1 / Math.sqrt(sparsity);
      const width = Math.max(8, Math.floor(NEAR / m));
      for (let first = 0; first < cols; first += width) {
        const last = Math.min(cols, first + width);
        for (let at = 0; at < buckets.length; at++) {
          const sign = (negative[at >> 5]! >>> (at & 31)) & 1 ? -factor : factor;
          const row = sparsity === 1 ? at : Math.floor(at / sparsity);
          let source = row * cols + first;
          let target = buckets[at]! * cols + first;
          for (let j = first; j < last; j++) out[target++]! += sign * data[source++]!;
        }
      }
      return result;
    },
  };
}
