/**
 * What sketched regression asks of its data.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Matrix } from '@fletch/linalg';

/** @throws FletchError `DIMENSION_MISMATCH` for b, `INVALID_ARGUMENT` unless A has more rows than columns */
export function requireTall(A: Matrix, b: ArrayLike<number>): void {
  if (b.length !== A.rows)
    throw new FletchError('DIMENSION_MISMATCH', `A has ${A.rows} rows, but b ${b.length} entries.`, {
      details: { rows: A.rows, b: b.length },
    });
  if (A.cols < 1) throw new FletchError('INVALID_ARGUMENT', 'A has no columns.');
  if (A.rows <= A.cols)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `Regression needs more rows than columns; A has ${A.rows} rows and ${A.cols} columns.`,
      { details: { rows: A.rows, columns: A.cols } },
    );
}

/** @throws FletchError `NON_FINITE` with the position of the first entry that is not finite */
export function requireFinite(A: Matrix, b: Float64Array): void {
  const at = firstNonFinite(A.data);
  if (at >= 0) {
    const [row, column] = [Math.floor(at / A.cols), at % A.cols];
    throw new FletchError('NON_FINITE', `Entry (${row}, ${column}) of A is ${A.data[at]}.`, {
      details: { row, column },
    });
  }
  const index = firstNonFinite(b);
  if (index >= 0)
    throw new FletchError('NON_FINITE', `Entry ${index} of b is ${b[index]}.`, { details: { row: index } });
}

function firstNonFinite(data: Float32Array | Float64Array): number {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return i;
  return -1;
}

/** Whether a product that reads every row is finite: cheaper than looking at every row. */
export const allFinite = ({ data }: Matrix): boolean => firstNonFinite(data as Float64Array) < 0;

/** Share of the largest diagonal entry of R below which a column counts as dependent. */
export const RANK = 1e-12;

/** The first column that depends on those before it, if there is one. */
export function dependentColumn(R: Matrix): number | undefined {
  const pivots = Array.from({ length: R.cols }, (_, i) => Math.abs(R.at(i, i)));
  const limit = RANK * Math.max(...pivots);
  const column = pivots.findIndex((pivot) => pivot <= limit);
  return column < 0 ? undefined : column;
}

/** @throws FletchError `INVALID_ARGUMENT` naming the first column that depends on those before */
export function requireFullRank(R: Matrix, direct: boolean): void {
  const column = dependentColumn(R);
  if (column === undefined) return;
  throw new FletchError(
    'INVALID_ARGUMENT',
    direct
      ? `A is rank deficient: column ${column} is a combination of those before it. Leave it out.`
      : `The sketch lost rank at column ${column}: raise rows, or A is rank deficient.`,
    { details: { column } },
  );
}
