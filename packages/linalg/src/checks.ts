/**
 * What every function asks of its arguments.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Matrix, Real } from './matrix.js';

/** "3x4", for messages. */
export const shape = (a: { readonly rows: number; readonly cols: number }): string => `${a.rows}x${a.cols}`;

/** @throws FletchError `DIMENSION_MISMATCH` with both shapes unless `ok` */
export function requireShapes(ok: boolean, operation: string, a: Matrix, b: Matrix, rule: string): void {
  if (ok) return;
  throw new FletchError('DIMENSION_MISMATCH', `${operation} of ${shape(a)} and ${shape(b)}: ${rule}.`, {
    details: { left: [a.rows, a.cols], right: [b.rows, b.cols] },
  });
}

/** @throws FletchError `DIMENSION_MISMATCH` unless the matrix is square */
export function requireSquare(operation: string, a: Matrix): void {
  if (a.rows === a.cols) return;
  throw new FletchError('DIMENSION_MISMATCH', `${operation} needs a square matrix, not ${shape(a)}.`, {
    details: { rows: a.rows, cols: a.cols },
  });
}

/** @throws FletchError `INVALID_ARGUMENT` unless both have one precision */
export function requireSamePrecision(operation: string, a: Real, b: Real): void {
  if (a instanceof Float32Array === b instanceof Float32Array) return;
  throw new FletchError(
    'INVALID_ARGUMENT',
    `${operation} mixes float32 and float64: convert one of them with cast().`,
  );
}

/** The error for the first entry that is not finite. */
export function nonFinite(operation: string, a: Matrix): FletchError {
  const index = a.data.findIndex((value: number) => !Number.isFinite(value));
  const row = Math.floor(index / a.cols);
  const col = index % a.cols;
  return new FletchError(
    'NON_FINITE',
    `${operation}: entry (${row}, ${col}) of the ${shape(a)} matrix is ${a.data[index]}.`,
    { details: { row, col } },
  );
}

/** @throws FletchError `NON_FINITE` with the position of the first entry that is not finite */
export function requireFinite(operation: string, a: Matrix): void {
  for (let i = 0; i < a.data.length; i++) if (!Number.isFinite(a.data[i])) throw nonFinite(operation, a);
}

/** @throws FletchError `INVALID_ARGUMENT` unless `value` is an integer from `least` to `most` */
export function requireInteger(
  name: string,
  value: number,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  const range = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `from ${least} to ${most}`;
  throw new FletchError('INVALID_ARGUMENT', `${name} must be an integer ${range}, not ${value}.`, {
    details: { name, value },
  });
}
