/**
 * The matrix of this package: numbers, rows, columns.
 *
 * @module
 */
import { FletchError } from '@fletch/base';

/** Storage of a matrix or vector: its class is its precision. */
export type Real = Float32Array | Float64Array;

/** Precision of a matrix. */
export type Precision = 'float32' | 'float64';

/**
 * A dense matrix, row-major: entry (i, j) is `data[i * cols + j]`. Functions of this package never change a matrix
 * they were given, and return the precision they were given.
 */
export class Matrix<T extends Real = Real> {
  readonly data: T;
  readonly rows: number;
  readonly cols: number;

  /**
   * @param data - `rows * cols` numbers; kept, not copied
   * @throws FletchError `DIMENSION_MISMATCH` when the length is another, `INVALID_ARGUMENT` for sizes that are not
   *   non-negative integers
   */
  constructor(data: T, rows: number, cols: number) {
    if (!Number.isSafeInteger(rows) || !Number.isSafeInteger(cols) || rows < 0 || cols < 0)
      throw new FletchError('INVALID_ARGUMENT', `A matrix cannot have ${rows} rows and ${cols} columns.`);
    if (data.length !== rows * cols)
      throw new FletchError(
        'DIMENSION_MISMATCH',
        `A ${rows}x${cols} matrix has ${rows * cols} entries, but ${data.length} were given.`,
        { details: { rows, cols, length: data.length } },
      );
    this.data = data;
    this.rows = rows;
    this.cols = cols;
  }

  /**
   * A matrix from rows of numbers, `float64` unless told.
   *
   * @throws FletchError `DIMENSION_MISMATCH` naming the first row of another length
   */
  static from(rows: readonly ArrayLike<number>[]): Matrix<Float64Array>;
  static from(rows: readonly ArrayLike<number>[], precision: 'float32'): Matrix<Float32Array>;
  static from(rows: readonly ArrayLike<number>[], precision: Precision): Matrix;
  static from(rows: readonly ArrayLike<number>[], precision: Precision = 'float64'): Matrix {
    const cols = rows[0]?.length ?? 0;
    const result = zeros(rows.length, cols, precision);
    rows.forEach((row, i) => {
      if (row.length !== cols)
        throw new FletchError(
          'DIMENSION_MISMATCH',
          `Row ${i} has ${row.length} entries, row 0 has ${cols}.`,
          {
            details: { row: i, length: row.length, expected: cols },
          },
        );
      result.data.set(row, i * cols);
    });
    return result;
  }

  /** Entry (i, j); not a number outside the matrix. */
  at(i: number, j: number): number {
    return j < this.cols ? (this.data[i * this.cols + j] ?? Number.NaN) : Number.NaN;
  }

  /** Row i as a view on the data. */
  row(i: number): T {
    return this.data.subarray(i * this.cols, (i + 1) * this.cols) as T;
  }

  /** Column j, copied. */
  column(j: number): T {
    const result = sameKind(this.data, this.rows);
    for (let i = 0; i < this.rows; i++) result[i] = this.data[i * this.cols + j]!;
    return result;
  }

  /** Rows of plain numbers. */
  toArrays(): number[][] {
    return Array.from({ length: this.rows }, (_, i) => Array.from(this.row(i)));
  }
}

/** `length` zeros in the precision of `like`. */
export function sameKind<T extends Real>(like: T, length: number): T {
  return (like instanceof Float32Array ? new Float32Array(length) : new Float64Array(length)) as T;
}

/** The precision of a storage. */
export function precisionOf(data: Real): Precision {
  return data instanceof Float32Array ? 'float32' : 'float64';
}

/** The zero matrix, `float64` unless told. */
export function zeros(rows: number, cols: number): Matrix<Float64Array>;
export function zeros(rows: number, cols: number, precision: 'float32'): Matrix<Float32Array>;
export function zeros(rows: number, cols: number, precision: Precision): Matrix;
export function zeros(rows: number, cols: number, precision: Precision = 'float64'): Matrix {
  const length = rows * cols;
  return new Matrix(
    precision === 'float32' ? new Float32Array(length) : new Float64Array(length),
    rows,
    cols,
  );
}

/** The identity of size n, `float64` unless told. */
export function identity(n: number): Matrix<Float64Array>;
export function identity(n: number, precision: 'float32'): Matrix<Float32Array>;
export function identity(n: number, precision: Precision): Matrix;
export function identity(n: number, precision: Precision = 'float64'): Matrix {
  const result = zeros(n, n, precision);
  for (let i = 0; i < n; i++) result.data[i * n + i] = 1;
  return result;
}

/** The same numbers in another precision (a copy, also when it is the same). */
export function cast(a: Matrix, precision: 'float32'): Matrix<Float32Array>;
export function cast(a: Matrix, precision: 'float64'): Matrix<Float64Array>;
export function cast(a: Matrix, precision: Precision): Matrix {
  return new Matrix(
    precision === 'float32' ? new Float32Array(a.data) : new Float64Array(a.data),
    a.rows,
    a.cols,
  );
}
