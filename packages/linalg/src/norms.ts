/**
 * Matrix norms.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { requireFinite } from './checks.js';
import { withArena } from './core/arena.js';
import { rescale } from './core/scaling.js';
import type { Matrix } from './matrix.js';
import { singularValues } from './svd.js';

/** Norms of a matrix (Golub and Van Loan, section 2.3). */
export type Norm = 'frobenius' | 'spectral' | 'nuclear' | 'one' | 'infinity';

/**
 * A norm of a matrix, in float64: `frobenius` (default) is the root of the sum of squares, `spectral` the largest singular
 * value, `nuclear` their sum, `one` the largest sum of magnitudes of a column, `infinity` that of a row. 0 for a matrix
 * without entries.
 *
 * @throws FletchError `NON_FINITE` with the position of an entry that is not finite
 */
export function norm(a: Matrix, kind: Norm = 'frobenius'): number {
  switch (kind) {
    case 'frobenius':
      return frobenius(a);
    case 'spectral':
      return singularValues(a)[0] ?? 0;
    case 'nuclear':
      return singularValues(a).reduce((sum, value) => sum + value, 0);
    case 'one':
      return largest(sums(a, a.cols, (_, j) => j));
    case 'infinity':
      return largest(sums(a, a.rows, (i) => i));
    default:
      throw new FletchError('INVALID_ARGUMENT', `There is no norm "${kind satisfies never}".`);
  }
}

function frobenius(a: Matrix): number {
  return withArena((arena) => {
    const { block, peak } = arena.load('norm', a);
    const unscale = rescale(block, peak);
    // Padding is zero.
    return block.field.norm(block.rows * block.rowStride, block.address, 1) * unscale;
  });
}

function sums(a: Matrix, count: number, index: (i: number, j: number) => number): Float64Array {
  requireFinite('norm', a);
  const result = new Float64Array(count);
  for (let i = 0; i < a.rows; i++)
    for (let j = 0; j < a.cols; j++) result[index(i, j)]! += Math.abs(a.data[i * a.cols + j]!);
  return result;
}

const largest = (values: Float64Array) => values.reduce((most, value) => Math.max(most, value), 0);
