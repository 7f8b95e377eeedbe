import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Matrix, type Precision, zeros } from './matrix.js';
import { randomOrthogonal } from './random/orthogonal.js';
import { rng } from './random/rng.js';
import {
  as,
  build,
  decreasing,
  diagonal,
  distance,
  epsOf,
  precisions,
  random,
  size,
  skew,
  times,
} from './support.case.js';
import { svd } from './svd.js';

/** LAPACK's own test ratios: backward error and orthogonality in units of epsilon times the size. */
function expectSVD(a: Matrix, full = false): { s: number[] } {
  const { u, s, vt } = svd(a, { full });
  const k = Math.min(a.rows, a.cols);
  expect([u.rows, u.cols, s.length, vt.rows, vt.cols]).toEqual(
    full ? [a.rows, a.rows, k, a.cols, a.cols] : [a.rows, k, k, k, a.cols],
  );
  const unit = epsOf(a) * Math.max(a.rows, a.cols, 4);
  // Singular values below the normal numbers are rounded to multiples of the smallest one.
  const grain = Math.max(a.rows, a.cols) * (a.data instanceof Float32Array ? 2 ** -149 : 2 ** -1074);
  const middle = build(u.cols, vt.rows, (i, j) => (i === j ? s[i]! : 0));
  expect(distance(times(u, middle, vt), a)).toBeLessThanOrEqual(4 * unit * size(a) + grain);
  expect(skew(u)).toBeLessThanOrEqual(4 * unit);
  expect(skew(build(vt.cols, vt.rows, (i, j) => vt.at(j, i)))).toBeLessThanOrEqual(4 * unit);
  expect(decreasing(s) && s.every((value) => value >= 0)).toBe(true);
  return { s: Array.from(s) };
}

const withValues = (m: number, n: number, values: ArrayLike<number>, precision: Precision) => {
  const k = values.length;
  const u = randomOrthogonal(rng(5), m, k);
  const v = randomOrthogonal(rng(6), n, k);
  return as(
    times(
      u,
      diagonal(values),
      build(k, n, (i, j) => v.at(j, i)),
    ),
    precision,
  );
};

describe.each(precisions)('svd of %s', (precision) => {
  it.each([
    [1, 1],
    [1, 7],
    [7, 1],
    [2, 2],
    [3, 2],
    [2, 3],
    [31, 31],
    [33, 32],
    [65, 64],
    [100, 61],
    [61, 100],
    [150, 40],
    [40, 150],
  ])('%i x %i, thin and full', (m, n) => {
    const a = random(m, n, precision);
    const thin = expectSVD(a);
    expect(expectSVD(a, true)).toEqual(thin);
  });

  it('finds given singular values', () => {
    for (const values of [
      [1, 1, 1, 1, 1, 1, 1, 1],
      Array.from({ length: 40 }, (_, i) => 40 - i),
      Array.from({ length: 40 }, (_, i) => 2 ** -i),
      Array.from({ length: 40 }, (_, i) => (i < 13 ? 3 : 0)),
      Array.from({ length: 40 }, (_, i) => (i === 0 ? 1 : epsOf(zeros(0, 0, precision)))),
    ]) {
      const { s } = expectSVD(withValues(48, 44, values, precision));
      const eps = epsOf(zeros(0, 0, precision));
      values.forEach((value, i) => {
        expect(Math.abs(s[i]! - value)).toBeLessThan(200 * eps * values[0]!);
      });
    }
  });

  it('survives graded rows, graded columns and both', () => {
    const grade = precision === 'float32' ? 0.5 : 0.1;
    for (const [row, col] of [
      [grade, 1],
      [1, grade],
      [grade, grade],
      [1 / grade, 1],
    ] as const) {
      const noise = random(30, 25, 'float64', 3);
      expectSVD(build(30, 25, (i, j) => noise.at(i, j) * row ** i * col ** j, precision));
    }
  });

  it('survives the largest and the smallest numbers', () => {
    const noise = random(20, 12, 'float64', 4);
    const exponents = precision === 'float32' ? [120, -120, -140] : [1015, -1000, -1060];
    for (const exponent of exponents) {
      const factor = 2 ** (exponent / 2);
      const a = build(20, 12, (i, j) => noise.at(i, j) * factor * factor, precision);
      const { s } = expectSVD(a);
      expect(s.every(Number.isFinite)).toBe(true);
      expect(s[0]).toBeGreaterThan(0);
    }
  });

  it('takes zero matrices, identities, permutations, triangles of ones, single entries', () => {
    expect(expectSVD(zeros(6, 4, precision)).s).toEqual([0, 0, 0, 0]);
    expect(expectSVD(build(9, 9, (i, j) => (i === j ? 1 : 0), precision)).s).toEqual(new Array(9).fill(1));
    expect(expectSVD(build(7, 7, (i, j) => ((i * 3) % 7 === j ? -2 : 0), precision)).s).toEqual(
      new Array(7).fill(2),
    );
    expectSVD(build(40, 40, (i, j) => (i <= j ? 1 : 0), precision));
    expectSVD(build(20, 20, (i, j) => (i === 13 && j === 4 ? -5 : 0), precision));
    expectSVD(build(50, 50, () => 1, precision));
  });

  it('takes matrices without rows or columns', () => {
    for (const [m, n] of [
      [0, 0],
      [0, 3],
      [3, 0],
    ] as const) {
      const { u, s, vt } = svd(zeros(m, n, precision));
      expect([u.rows, u.cols, s.length, vt.rows, vt.cols]).toEqual([m, 0, 0, 0, n]);
    }
    expect(svd(zeros(3, 0, precision), { full: true }).u.toArrays()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]);
  });

  it('keeps the backward error of any small matrix of integers', () => {
    const matrix = fc
      .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
      .chain(([m, n]) =>
        fc
          .array(fc.integer({ min: -3, max: 3 }), { minLength: m * n, maxLength: m * n })
          .map((data) => as(new Matrix(Float64Array.from(data), m, n), precision)),
      );
    fc.assert(
      fc.property(matrix, (a) => {
        expectSVD(a);
      }),
      { numRuns: 150, seed: 11 },
    );
  });
});

it('knows the closed forms of the Hilbert matrix and of the second difference', () => {
  const { s } = expectSVD(build(10, 10, (i, j) => 1 / (i + j + 1)));
  // Condition of the 10 x 10 Hilbert matrix.
  expect(s[0]! / s[9]! / 1.602502816811318e13).toBeCloseTo(1, 3);
  const n = 60;
  const difference = expectSVD(build(n, n, (i, j) => (i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0)));
  difference.s.forEach((value, i) => {
    expect(value).toBeCloseTo(4 * Math.sin(((n - i) * Math.PI) / (2 * (n + 1))) ** 2, 13);
  });
});

it('decomposes any bidiagonal matrix, of every magnitude', () => {
  const entry = fc
    .tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -300, max: 0 }), fc.boolean())
    .map(([digit, exponent, plain]) => (plain ? digit : digit * 10 ** (exponent / 10)));
  const arrays = fc
    .integer({ min: 1, max: 24 })
    .chain((n) =>
      fc.tuple(
        fc.array(entry, { minLength: n, maxLength: n }),
        fc.array(entry, { minLength: n, maxLength: n }),
      ),
    );
  fc.assert(
    fc.property(arrays, ([d, e]) => {
      expectSVD(build(d.length, d.length, (i, j) => (i === j ? d[i]! : j === i + 1 ? e[i]! : 0)));
    }),
    { numRuns: 300, seed: 12 },
  );
});

it('refuses what is not finite, with the position', () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const a = random(5, 4);
    a.data[2 * 4 + 3] = bad;
    expect(() => svd(a)).toThrow(
      expect.objectContaining({
        code: 'NON_FINITE',
        details: { row: 2, col: 3 },
        message: expect.stringContaining('(2, 3)'),
      }),
    );
  }
});

it('leaves its argument alone and gives the same bits again', () => {
  const a = random(70, 50);
  const before = a.data.slice();
  const first = svd(a);
  expect(a.data).toEqual(before);
  svd(random(200, 190));
  expect(svd(a)).toEqual(first);
});
