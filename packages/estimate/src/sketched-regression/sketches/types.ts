/**
 * What a sketch is.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Matrix } from '@fletch/linalg';

/** The kinds of sketches, dense ones first. */
export const sketchKinds = [
  'srht',
  'gaussian',
  'rademacher',
  'countsketch',
  'osnap',
  'uniform',
  'leverage',
] as const;

/** How many rows become few. */
export type Sketch = (typeof sketchKinds)[number];

/** A random m × n matrix S with E[SᵀS] = I. The same operator must be applied to A and to b. */
export interface SketchOperator {
  readonly kind: Sketch;
  /** m. */
  readonly rows: number;
  /** n. */
  readonly columns: number;
  /**
   * S X, without changing X.
   *
   * @param X - n × k, either precision
   * @returns m × k
   * @throws FletchError `DIMENSION_MISMATCH` for another number of rows
   */
  apply(X: Matrix): Matrix<Float64Array>;
}

/** Options of a sketch. */
export interface SketchOptions {
  /** A safe integer that is not negative. Default 0. */
  readonly seed?: number;
  /** Entries that are not zero in each column of `osnap`; must divide m. Default 4. */
  readonly sparsity?: number;
  /** Draw rows with replacement, in `srht` and `uniform`. Default false, which has the smaller variance. */
  readonly replace?: boolean;
  /** Weight of each row for `leverage`, not negative: its leverage scores. */
  readonly scores?: Float64Array;
}

/** @throws FletchError `DIMENSION_MISMATCH` unless X has n rows */
export function requireRows(X: Matrix, n: number, kind: Sketch): void {
  if (X.rows === n) return;
  throw new FletchError(
    'DIMENSION_MISMATCH',
    `This ${kind} sketch is for ${n} rows; the matrix has ${X.rows}.`,
    {
      details: { rows: X.rows, expected: n },
    },
  );
}
