/**
 * Checks on what comes into an index.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Distance } from './types.js';

/** Largest dimension of a vector. */
export const MAX_DIMENSION = 65536;
/** Most hits of one search. */
export const MAX_K = 1_000_000;

/** @throws FletchError `INVALID_ARGUMENT` unless `value` is an integer from `low` to `high` */
export function checkInteger(name: string, value: number, low: number, high: number): void {
  if (!Number.isInteger(value) || value < low || value > high)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `${name} must be an integer from ${low} to ${high}, but is ${value}.`,
      {
        details: { name, value: String(value) },
      },
    );
}

const distances: readonly string[] = ['Cosine', 'Dot', 'Euclid', 'Manhattan'] satisfies Distance[];

/** @throws FletchError `INVALID_ARGUMENT` for anything but the four distances */
export function checkDistance(distance: string): asserts distance is Distance {
  if (!distances.includes(distance))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `Unknown distance "${distance}": use one of ${distances.join(', ')}.`,
    );
}

/** @throws FletchError `DIMENSION_MISMATCH` unless `values` holds `count` vectors of `dimension` */
export function checkLength(values: Float32Array, count: number, dimension: number): void {
  if (values.length !== count * dimension)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      count === 1
        ? `The vector has ${values.length} values, but the index has dimension ${dimension}.`
        : `${count} vectors of dimension ${dimension} have ${count * dimension} values, but ${values.length} were given.`,
      { details: { expected: count * dimension, actual: values.length, dimension } },
    );
}

/** @throws FletchError `INVALID_ARGUMENT` for a row out of range, `DUPLICATE_ID` for one that comes twice */
export function checkRows(rows: ArrayLike<number>, limit: number): void {
  const seen = new Set<number>();
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (!Number.isInteger(row) || row < 0 || row >= limit)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `Rows must be integers from 0 to ${limit - 1}, but row ${row} was given at position ${i}.`,
        { details: { row: String(row), position: i } },
      );
    if (seen.has(row))
      throw new FletchError(
        'DUPLICATE_ID',
        `Row ${row} occurs twice in one batch (again at position ${i}).`,
        {
          details: { row, position: i },
        },
      );
    seen.add(row);
  }
}

/**
 * What each vector is multiplied by when it is stored: 1, or under cosine the inverse of its length. Lengths are
 * computed in double precision, so that no finite vector overflows.
 *
 * @throws FletchError `NON_FINITE` with row position and column, `ZERO_VECTOR` under cosine
 */
export function checkVectors(vectors: Float32Array, dimension: number, distance: Distance): Float64Array {
  const count = vectors.length / dimension;
  const factors = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const start = i * dimension;
    const squares = sumOfSquares(vectors, start, start + dimension);
    if (!Number.isFinite(squares)) throw nonFinite(vectors, start, dimension, i);
    if (distance !== 'Cosine') factors[i] = 1;
    else if (squares > 0) factors[i] = 1 / Math.sqrt(squares);
    else
      throw new FletchError(
        'ZERO_VECTOR',
        `Vector ${i} is zero, so it has no direction and no cosine: leave it out or use another distance.`,
        { details: { position: i } },
      );
  }
  return factors;
}

function sumOfSquares(values: Float32Array, start: number, end: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    a += values[i]! * values[i]!;
    b += values[i + 1]! * values[i + 1]!;
    c += values[i + 2]! * values[i + 2]!;
    d += values[i + 3]! * values[i + 3]!;
  }
  for (; i < end; i++) a += values[i]! * values[i]!;
  return a + b + c + d;
}

function nonFinite(vectors: Float32Array, start: number, dimension: number, position: number): FletchError {
  let column = 0;
  while (column < dimension && Number.isFinite(vectors[start + column])) column++;
  const value = String(vectors[start + column]);
  return new FletchError(
    'NON_FINITE',
    `Vector ${position} has ${value} at column ${column}: only finite numbers can be compared.`,
    { details: { position, column, value } },
  );
}
