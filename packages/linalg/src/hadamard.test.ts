import { describe, expect, test } from 'vitest';
import { fwht, hadamardRows } from './hadamard.js';
import { Matrix } from './matrix.js';
import { rng } from './random/rng.js';
import { random, times } from './support.case.js';

/** Entry (i, j) of Sylvester's matrix. */
const entry = (i: number, j: number): number => {
  let bits = i & j;
  let sign = 1;
  for (; bits; bits &= bits - 1) sign = -sign;
  return sign;
};

const sylvester = (n: number): Matrix<Float64Array> =>
  new Matrix(
    Float64Array.from({ length: n * n }, (_, at) => entry(Math.floor(at / n), at % n)),
    n,
    n,
  );

const vector = (n: number, seed = 1): Float64Array => rng(seed).fillNormal(new Float64Array(n));

describe('the Walsh-Hadamard transform', () => {
  test.each([1, 2, 4, 8, 16, 32, 64])('is the product with the matrix of Sylvester: %i', (n) => {
    const x = vector(n);
    const expected = times(sylvester(n), new Matrix(x, n, 1)).data;
    const y = x.slice();
    fwht(y);
    y.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 12);
    });
  });

  // From 2^13 on the recursion goes down: lengths of every remainder of 3.
  test.each([2, 7, 11, 12, 13, 14, 15, 16])('twice is n times the vector, Parseval: 2^%i', (bits) => {
    const n = 2 ** bits;
    const x = vector(n, bits);
    const y = x.slice();
    fwht(y);
    const squares = (v: Float64Array) => v.reduce((sum, value) => sum + value * value, 0);
    expect(squares(y) / n / squares(x)).toBeCloseTo(1, 12);
    fwht(y);
    let worst = 0;
    y.forEach((value, i) => {
      worst = Math.max(worst, Math.abs(value / n - x[i]!));
    });
    expect(worst).toBeLessThan(1e-13);
  });

  test.each([0, 3, 12])('refuses a length of %i', (n) => {
    expect(() => fwht(new Float64Array(n))).toThrow(/power of 2/);
  });
});

describe('chosen rows of H D X', () => {
  /** The same by one transform of each column. */
  function oracle(x: Matrix, N: number, rows: Uint32Array, negative: Uint32Array): Float64Array {
    const result = new Float64Array(rows.length * x.cols);
    for (let j = 0; j < x.cols; j++) {
      const column = new Float64Array(N);
      for (let i = 0; i < x.rows; i++)
        column[i] = (negative[i >> 5]! >>> (i & 31)) & 1 ? -x.at(i, j) : x.at(i, j);
      fwht(column);
      rows.forEach((row, i) => {
        result[i * x.cols + j] = column[row]!;
      });
    }
    return result;
  }

  test.each([
    [1, 1, 1, 3],
    [5, 8, 1, 8],
    [100, 128, 3, 40],
    [20000, 32768, 2, 50],
    [30000, 32768, 35, 20],
    [8192, 8192, 33, 5],
    [40000, 65536, 1, 40000],
  ])('%i rows of %i, %i columns, %i chosen', (n, N, cols, count) => {
    const x = random(n, cols, 'float64', n) as Matrix<Float64Array>;
    const generator = rng(7);
    const rows = Uint32Array.from({ length: count }, () => generator.integer(N));
    const negative = Uint32Array.from({ length: Math.ceil(N / 32) }, () => generator.bits());
    const result = hadamardRows(x, N, rows, negative);
    const expected = oracle(x, N, rows, negative);
    let worst = 0;
    result.data.forEach((value, i) => {
      worst = Math.max(worst, Math.abs(value - expected[i]!));
    });
    expect(result.data.length).toBe(expected.length);
    expect(worst).toBeLessThan(1e-10);
  });

  test('refuses what does not fit', () => {
    const x = random(4, 1);
    const signs = new Uint32Array(1);
    expect(() => hadamardRows(x, 6, Uint32Array.of(1), signs)).toThrow(/power of 2/);
    expect(() => hadamardRows(x, 2, Uint32Array.of(1), signs)).toThrow(/do not fit/);
    expect(() => hadamardRows(x, 64, Uint32Array.of(1), signs)).toThrow(/do not fit/);
    expect(() => hadamardRows(x, 4, Uint32Array.of(4), signs)).toThrow(/not below 4/);
  });
});
