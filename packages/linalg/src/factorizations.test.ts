import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cholesky, solvePositive } from './cholesky.js';
import { eigh } from './eigh.js';
import { lstsq } from './lstsq.js';
import { determinant, inverse, lu, solve } from './lu.js';
import { matmul, transpose } from './matmul.js';
import { identity, type Matrix, zeros } from './matrix.js';
import { norm } from './norms.js';
import { polar } from './polar.js';
import { qr } from './qr.js';
import { randomOrthogonal } from './random/orthogonal.js';
import { rng } from './random/rng.js';
import {
  as,
  build,
  diagonal,
  distance,
  EPS,
  epsOf,
  increasing,
  precisions,
  random,
  size,
  skew,
  times,
  turn,
} from './support.case.js';

const sizes = [1, 2, 3, 31, 32, 33, 65, 130];

/** Error bound: a few epsilons times the dimension times a size. */
const bound = (a: Matrix, of: number) => 4 * epsOf(a) * Math.max(a.rows, a.cols, 4) * of;

const symmetric = (n: number, precision: 'float32' | 'float64', seed = 1) => {
  const a = random(n, n, precision, seed);
  return build(n, n, (i, j) => (a.at(i, j) + a.at(j, i)) / 2, precision);
};

const positive = (n: number, precision: 'float32' | 'float64') => {
  const a = random(n, n + 5, precision, 2);
  return as(times(a, turn(a)), precision);
};

describe.each(precisions)('%s', (precision) => {
  it('matmul equals the definition at every size and orientation', () => {
    const length = fc.integer({ min: 0, max: 40 });
    fc.assert(
      fc.property(length, length, length, fc.boolean(), fc.boolean(), (m, n, k, transposeA, transposeB) => {
        const a = random(m, k, precision, 1);
        const b = random(k, n, precision, 2);
        const product = matmul(
          transposeA ? as(turn(a), precision) : a,
          transposeB ? as(turn(b), precision) : b,
          { transposeA, transposeB },
        );
        expect(distance(product, times(a, b))).toBeLessThanOrEqual(bound(a, size(a) * size(b)));
      }),
      { seed: 1, numRuns: 120 },
    );
    // More than one block in every direction.
    const a = random(141, 521, precision, 3);
    const b = random(521, 1043, precision, 4);
    expect(distance(matmul(a, b), times(a, b))).toBeLessThanOrEqual(bound(a, size(a)));
    expect(transpose(a)).toEqual(as(turn(a), precision));
  });

  it.each([
    ...sizes.map((n) => [n, n] as const),
    [100, 37] as const,
    [37, 100] as const,
    [70, 1] as const,
    [1, 70] as const,
    [0, 4] as const,
    [4, 0] as const,
  ])('qr of %i x %i', (m, n) => {
    const a = random(m, n, precision);
    for (const full of [false, true]) {
      const { q, r } = qr(a, { full });
      expect(q.cols).toBe(full ? m : Math.min(m, n));
      expect(distance(times(q, r), a)).toBeLessThanOrEqual(bound(a, size(a)));
      expect(skew(q)).toBeLessThanOrEqual(bound(a, 1));
      expect(build(r.rows, r.cols, (i, j) => (i > j ? r.at(i, j) : 0))).toEqual(zeros(r.rows, r.cols));
    }
  });

  it('qr takes columns of any size, and zeros', () => {
    const noise = random(20, 8, 'float64', 3);
    const factor = precision === 'float32' ? 1e-5 : 1e-40;
    const graded = build(20, 8, (i, j) => noise.at(i, j) * factor ** j, precision);
    const { q, r } = qr(graded);
    const back = times(q, r);
    // Column by column: Householder's method is backward stable in each.
    for (let j = 0; j < 8; j++) {
      const column = build(20, 1, (i) => graded.at(i, j));
      const grain = precision === 'float32' ? 2 ** -148 : 2 ** -1073;
      expect(
        distance(
          build(20, 1, (i) => back.at(i, j)),
          column,
        ),
      ).toBeLessThanOrEqual(bound(graded, size(column)) + 20 * grain);
    }
    const none = qr(zeros(5, 3, precision));
    expect(skew(none.q)).toBe(0);
    expect(none.r).toEqual(zeros(3, 3, precision));
  });

  it.each(sizes)('eigh of size %i', (n) => {
    const a = symmetric(n, precision);
    const { values, vectors } = eigh(a);
    expect(increasing(values)).toBe(true);
    expect(distance(times(vectors, diagonal(values), turn(vectors)), a)).toBeLessThanOrEqual(
      bound(a, size(a)),
    );
    expect(skew(vectors)).toBeLessThanOrEqual(bound(a, 1));
  });

  it('eigh takes multiple, graded, tiny, huge and zero eigenvalues', () => {
    const q = randomOrthogonal(rng(3), 30);
    const exponent = precision === 'float32' ? 30 : 250;
    for (const values of [
      Array.from({ length: 30 }, (_, i) => (i < 10 ? -1 : 2)),
      Array.from({ length: 30 }, (_, i) => 2 ** -i),
      Array.from({ length: 30 }, (_, i) => (i - 15) * 10 ** exponent),
      Array.from({ length: 30 }, (_, i) => (i - 15) * 10 ** -exponent),
      new Array<number>(30).fill(0),
    ]) {
      const a = as(times(q, diagonal(values), turn(q)), precision);
      const result = eigh(a);
      expect(skew(result.vectors)).toBeLessThanOrEqual(bound(a, 1));
      const sorted = [...values].sort((x, y) => x - y);
      sorted.forEach((value, i) => {
        expect(Math.abs(result.values[i]! - value)).toBeLessThanOrEqual(bound(a, size(a)));
      });
    }
    expect(eigh(zeros(0, 0, precision)).vectors.rows).toBe(0);
  });

  it('eigh keeps the backward error of any tridiagonal matrix', () => {
    const entry = fc
      .tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -30, max: 0 }))
      .map(([digit, power]) => digit * 10 ** power);
    fc.assert(
      fc.property(fc.array(fc.tuple(entry, entry), { minLength: 1, maxLength: 25 }), (pairs) => {
        const n = pairs.length;
        const a = build(
          n,
          n,
          (i, j) => (i === j ? pairs[i]![0] : Math.abs(i - j) === 1 ? pairs[Math.min(i, j)]![1] : 0),
          precision,
        );
        const { values, vectors } = eigh(a);
        const grain = n * (precision === 'float32' ? 2 ** -149 : 2 ** -1074);
        expect(distance(times(vectors, diagonal(values), turn(vectors)), a)).toBeLessThanOrEqual(
          bound(a, size(a)) + grain,
        );
        expect(skew(vectors)).toBeLessThanOrEqual(bound(a, 1));
      }),
      { seed: 2, numRuns: 150 },
    );
  });

  it.each(sizes)('cholesky of size %i', (n) => {
    const a = positive(n, precision);
    const l = cholesky(a);
    expect(distance(times(l, turn(l)), a)).toBeLessThanOrEqual(bound(a, size(a)));
    expect(build(n, n, (i, j) => (i < j ? l.at(i, j) : 0))).toEqual(zeros(n, n));
    const b = random(n, 3, precision, 5);
    const x = solvePositive(a, b);
    expect(distance(times(a, x), b)).toBeLessThanOrEqual(bound(a, size(a) * size(x)));
  });

  it.each([...sizes.map((n) => [n, n] as const), [80, 45] as const, [45, 80] as const])(
    'lu of %i x %i',
    (m, n) => {
      const a = random(m, n, precision);
      const { l, u, permutation } = lu(a);
      const permuted = build(m, n, (i, j) => a.at(permutation[i]!, j));
      expect(distance(times(l, u), permuted)).toBeLessThanOrEqual(bound(a, size(a)));
      expect(l.data.every((value) => Math.abs(value) <= 1)).toBe(true);
    },
  );

  it.each(sizes)('solve of size %i', (n) => {
    const a = random(n, n, precision, 7);
    const b = random(n, 4, precision, 8);
    const x = solve(a, b);
    expect(distance(times(a, x), b)).toBeLessThanOrEqual(bound(a, size(a) * size(x)));
    const inverted = inverse(a);
    expect(distance(times(a, inverted), diagonal(new Array(n).fill(1)))).toBeLessThanOrEqual(
      bound(a, size(a) * size(inverted)),
    );
  });

  it('solves with entries of every magnitude', () => {
    for (const factor of precision === 'float32' ? [1e30, 1e-30] : [1e300, 1e-300]) {
      const plain = random(12, 12, 'float64', 9);
      const a = build(12, 12, (i, j) => plain.at(i, j) * factor, precision);
      const b = random(12, 1, precision, 10);
      const x = solve(a, b);
      const rounded = build(12, 12, (i, j) => a.at(i, j) / factor);
      const scaled = build(12, 1, (i) => x.at(i, 0) * factor);
      expect(distance(times(rounded, scaled), b)).toBeLessThanOrEqual(bound(a, size(rounded) * size(scaled)));
    }
  });

  it('least squares: the residual is orthogonal to the columns', () => {
    for (const method of ['svd', 'qr'] as const) {
      const a = random(60, 35, precision, 1);
      const b = random(60, 3, precision, 2);
      const { x, rank } = lstsq(a, b, { method });
      const ax = times(a, x);
      const residual = build(60, 3, (i, j) => b.at(i, j) - ax.at(i, j));
      expect(rank).toBe(35);
      expect(size(times(turn(a), residual))).toBeLessThanOrEqual(bound(a, size(a) * size(b) * 10));
    }
  });

  it('least squares: of least norm when columns depend on each other or outnumber the rows', () => {
    const thin = random(40, 6, precision, 3);
    const dependent = as(times(thin, random(6, 25, precision, 4)), precision);
    for (const [a, rank] of [
      [dependent, 6],
      [random(12, 30, precision, 5), 12],
      [zeros(5, 4, precision), 0],
    ] as const) {
      const b = random(a.rows, 2, precision, 6);
      const found = lstsq(a, b);
      expect(found.rank).toBe(rank);
      // x lies in the row space: it is unchanged by the projection on it.
      const { vectors, values } = eigh(as(times(turn(a), a), 'float64'));
      const limit = (values.at(-1) ?? 0) * 1e-5;
      const null_ = build(a.cols, a.cols, (i, j) => (values[j]! > limit ? 0 : vectors.at(i, j)));
      expect(size(times(turn(null_), found.x))).toBeLessThanOrEqual(bound(a, 100 * (size(found.x) + 1)));
      const ax = times(a, found.x);
      const residual = build(a.rows, 2, (i, j) => b.at(i, j) - ax.at(i, j));
      expect(size(times(turn(a), residual))).toBeLessThanOrEqual(bound(a, 100 * (size(a) + 1) * size(b)));
    }
  });

  it('polar: orthonormal times positive semidefinite', () => {
    for (const [m, n] of [
      [9, 9],
      [40, 12],
      [1, 1],
    ] as const) {
      const a = random(m, n, precision, 6);
      const { u, p } = polar(a);
      expect(skew(u)).toBeLessThanOrEqual(bound(a, 2));
      expect(distance(times(u, p), a)).toBeLessThanOrEqual(bound(a, 2 * size(a)));
      expect(p).toEqual(as(turn(p), precision));
      expect(eigh(p).values[0]).toBeGreaterThanOrEqual(-bound(a, size(a)));
    }
  });

  it('norms: of a known matrix, scaled by anything', () => {
    const factor = precision === 'float32' ? 2 ** 120 : 2 ** 1000;
    for (const f of [1, factor, 1 / factor]) {
      const a = build(
        2,
        3,
        (i, j) =>
          f *
          [
            [3, 0, 0],
            [0, -4, 0],
          ][i]![j]!,
        precision,
      );
      expect(norm(a) / f).toBeCloseTo(5, 5);
      expect(norm(a, 'spectral') / f).toBeCloseTo(4, 5);
      expect(norm(a, 'nuclear') / f).toBeCloseTo(7, 5);
    }
    const a = build(
      2,
      2,
      (i, j) =>
        [
          [1, -2],
          [3, 4],
        ][i]![j]!,
      precision,
    );
    expect([norm(a, 'one'), norm(a, 'infinity')]).toEqual([6, 7]);
    for (const kind of ['frobenius', 'spectral', 'nuclear', 'one', 'infinity'] as const)
      expect(norm(zeros(0, 3, precision), kind)).toBe(0);
  });
});

it('inverts the Hilbert matrix to its known integers', () => {
  const n = 5;
  const choose = (a: number, b: number): number => (b === 0 ? 1 : (choose(a - 1, b - 1) * a) / b);
  const exact = build(n, n, (i, j) => {
    const [p, q] = [i + 1, j + 1];
    const sign = (i + j) % 2 === 0 ? 1 : -1;
    return (
      sign * (p + q - 1) * choose(n + p - 1, n - q) * choose(n + q - 1, n - p) * choose(p + q - 2, p - 1) ** 2
    );
  });
  const hilbert = build(n, n, (i, j) => 1 / (i + j + 1));
  expect(distance(inverse(hilbert), exact) / size(exact)).toBeLessThan(1e-10);
  expect(determinant(hilbert) * 266716800000).toBeCloseTo(1, 8);
});

it('interpolates by a Vandermonde matrix', () => {
  const nodes = [0, 1, 2, 3, 4, 5];
  const coefficients = [3, -1, 0.5, 0, 2, -0.25];
  const a = build(6, 6, (i, j) => nodes[i]! ** j);
  const b = build(6, 1, (i) => coefficients.reduce((sum, c, j) => sum + c * nodes[i]! ** j, 0));
  for (const x of [solve(a, b), lstsq(a, b).x, lstsq(a, b, { method: 'qr' }).x])
    coefficients.forEach((c, i) => {
      expect(x.at(i, 0)).toBeCloseTo(c, 9);
    });
  expect(determinant(a)).toBeCloseTo(34560, 6);
});

it('finds the eigenvalues of the second difference', () => {
  const n = 80;
  const { values } = eigh(build(n, n, (i, j) => (i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0)));
  values.forEach((value, i) => {
    expect(value).toBeCloseTo(4 * Math.sin(((i + 1) * Math.PI) / (2 * (n + 1))) ** 2, 13);
  });
});

describe('bad input', () => {
  const indefinite = build(4, 4, (i, j) => (i === j ? (i === 2 ? -1 : 1) : 0));
  const singular = build(3, 3, (i, j) => (j === 1 ? 0 : i + j + (i === j ? 1 : 0)));
  const infinite = build(3, 3, (i, j) => (i === 1 && j === 2 ? Number.POSITIVE_INFINITY : 1));
  const a23 = random(2, 3);
  const a33 = random(3, 3);

  it.each<[string, () => unknown, object]>([
    [
      'matmul',
      () => matmul(a23, a23),
      { code: 'DIMENSION_MISMATCH', details: { left: [2, 3], right: [2, 3] } },
    ],
    ['matmul of two precisions', () => matmul(a23, random(3, 2, 'float32')), { code: 'INVALID_ARGUMENT' }],
    ['cholesky', () => cholesky(indefinite), { code: 'INVALID_ARGUMENT', details: { pivot: 2 } }],
    ['cholesky of an oblong', () => cholesky(a23), { code: 'DIMENSION_MISMATCH' }],
    ['eigh of an oblong', () => eigh(a23), { code: 'DIMENSION_MISMATCH', details: { rows: 2, cols: 3 } }],
    ['solve', () => solve(singular, a33), { code: 'INVALID_ARGUMENT', details: { pivot: 1 } }],
    ['solve of shapes', () => solve(a33, a23), { code: 'DIMENSION_MISMATCH' }],
    ['inverse', () => inverse(zeros(2, 2)), { code: 'INVALID_ARGUMENT', details: { pivot: 0 } }],
    [
      'lstsq by qr',
      () => lstsq(singular, a33, { method: 'qr' }),
      { code: 'INVALID_ARGUMENT', details: { pivot: 1 } },
    ],
    ['lstsq by qr of a wide one', () => lstsq(a23, a23, { method: 'qr' }), { code: 'INVALID_ARGUMENT' }],
    ['lstsq of shapes', () => lstsq(a33, a23), { code: 'DIMENSION_MISMATCH' }],
    ['polar of a wide one', () => polar(a23), { code: 'INVALID_ARGUMENT' }],
    ['determinant of an oblong', () => determinant(a23), { code: 'DIMENSION_MISMATCH' }],
    ...[matmul, solve, lstsq, solvePositive].map(
      (f) =>
        [
          `${f.name}, infinite`,
          () => f(infinite, a33),
          { code: 'NON_FINITE', details: { row: 1, col: 2 } },
        ] as [string, () => unknown, object],
    ),
    ...[qr, lu, eigh, cholesky, polar, norm, transpose].map(
      (f) =>
        [`${f.name}, infinite`, () => f(infinite), { code: 'NON_FINITE', details: { row: 1, col: 2 } }] as [
          string,
          () => unknown,
          object,
        ],
    ),
    ['norm one, infinite', () => norm(infinite, 'one'), { code: 'NON_FINITE' }],
  ])('%s', (_, call, expected) => {
    expect(call).toThrow(expect.objectContaining(expected));
  });

  it('a determinant of a singular matrix is zero', () => {
    expect(determinant(singular)).toBe(0);
    expect(determinant(zeros(0, 0))).toBe(1);
    expect(lu(zeros(3, 3)).singular).toBe(0);
  });
});

it('leaves arguments alone and repeats its bits', () => {
  const a = positive(70, 'float32');
  const before = a.data.slice();
  const run = () => [qr(a), eigh(a), cholesky(a), lu(a), solve(a, a), lstsq(a, a), polar(a)];
  expect(run()).toEqual(run());
  expect(a.data).toEqual(before);
  expect(identity(2).toArrays()).toEqual([
    [1, 0],
    [0, 1],
  ]);
  expect(EPS.float32).toBe(2 ** -23);
});
