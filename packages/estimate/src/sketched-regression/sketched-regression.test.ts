import { Matrix, rng } from '@fletch/linalg';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  directRegression,
  hardInstance,
  linfCertificate,
  makeSketch,
  randomInstance,
  type Sketch,
  type SketchOptions,
  sketchedKroneckerRegression,
  sketchedRegression,
  sketchKinds,
  sketchRows,
} from './index.js';
import { kronecker, sketchProduct, sketchVector, tensorSketch } from './kronecker.js';
import { column } from './products.js';

const farthest = (x: ArrayLike<number>, y: ArrayLike<number>): number =>
  Array.from(x).reduce((most, value, i) => Math.max(most, Math.abs(value - y[i]!)), 0);

const normals = (n: number, seed: number): Float64Array => rng(seed).fillNormal(new Float64Array(n));

/** Scores that are not all alike, for the sketch that wants some. */
const scoresOf = (n: number): SketchOptions => ({
  scores: Float64Array.from({ length: n }, (_, i) => 1 + (i % 3)),
});

/** S as a matrix. */
function explicit(kind: Sketch, m: number, n: number, options: SketchOptions = {}): Matrix<Float64Array> {
  const unit = new Matrix(new Float64Array(n * n), n, n);
  for (let i = 0; i < n; i++) unit.data[i * n + i] = 1;
  return makeSketch(kind, m, n, { ...scoresOf(n), ...options }).apply(unit);
}

describe('sketches', () => {
  test('with all rows and no replacement SRHT is orthogonal', () => {
    const n = 64;
    const S = explicit('srht', n, n, { seed: 3 });
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let k = 0; k < n; k++) sum += S.at(k, i) * S.at(k, j);
        expect(Math.abs(sum - (i === j ? 1 : 0))).toBeLessThan(1e-12);
      }
  });

  test.each(sketchKinds)('%s keeps inner products on average', (kind) => {
    // 12 rows are padded to 16.
    const [m, n, seeds] = [8, 12, 4000];
    const both = new Matrix(normals(2 * n, 5), n, 2);
    let exact = 0;
    for (let i = 0; i < n; i++) exact += both.at(i, 0) * both.at(i, 1);
    for (const replace of [false, true]) {
      let sum = 0;
      let squares = 0;
      for (let seed = 0; seed < seeds; seed++) {
        const sketched = makeSketch(kind, m, n, { seed, replace, ...scoresOf(n) }).apply(both);
        let product = 0;
        for (let i = 0; i < m; i++) product += sketched.at(i, 0) * sketched.at(i, 1);
        sum += product;
        squares += product ** 2;
      }
      const mean = sum / seeds;
      const error = Math.sqrt((squares / seeds - mean ** 2) / seeds);
      expect(Math.abs(mean - exact)).toBeLessThan(4 * error);
    }
  });

  test.each(sketchKinds)('%s is one linear map: the same for A and b, and for either precision', (kind) => {
    const [m, n] = [16, 40];
    const S = makeSketch(kind, m, n, { seed: 9, ...scoresOf(n) });
    const x = new Matrix(normals(3 * n, 1).map(Math.fround), n, 3);
    const whole = S.apply(x);
    for (let j = 0; j < 3; j++)
      expect(farthest(S.apply(column(x.column(j))).data, whole.column(j))).toBeLessThan(1e-12);
    const single = S.apply(new Matrix(Float32Array.from(x.data), n, 3));
    expect(farthest(single.data, whole.data)).toBeLessThan(1e-12);
    const again = makeSketch(kind, m, n, { seed: 9, ...scoresOf(n) }).apply(x);
    expect(again.data).toEqual(whole.data);
    const other = makeSketch(kind, m, n, { seed: 10, ...scoresOf(n) }).apply(x);
    expect(farthest(other.data, whole.data)).toBeGreaterThan(1e-3);
    const product = explicit(kind, m, n, { seed: 9 });
    for (let i = 0; i < m; i++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += product.at(i, k) * x.at(k, 0);
      expect(sum).toBeCloseTo(whole.at(i, 0), 10);
    }
  });

  test('Count-Sketch has one ±1 in each column, OSNAP s entries ±1/√s', () => {
    for (const [kind, s] of [
      ['countsketch', 1],
      ['osnap', 4],
    ] as const) {
      const S = explicit(kind, 8, 30);
      for (let j = 0; j < 30; j++) {
        const entries = Array.from(S.column(j)).filter((value) => value !== 0);
        expect(entries.map(Math.abs)).toEqual(new Array(s).fill(1 / Math.sqrt(s)));
      }
    }
  });

  test('wide matrices pass in tiles', () => {
    // More rows and columns than a tile holds.
    const [m, n, d] = [6000, 50, 40];
    const x = new Matrix(normals(n * d, 2), n, d);
    const S = makeSketch('countsketch', m, n, { seed: 1 });
    const whole = S.apply(x);
    for (let j = 0; j < d; j++) expect(farthest(S.apply(column(x.column(j))).data, whole.column(j))).toBe(0);
  });

  test('signs are essential: without them a column along the Hadamard matrix falls into one row', () => {
    // A constant column is row 0 of H; with D its transform is spread.
    const S = makeSketch('srht', 64, 1024, { seed: 4 });
    const spread = S.apply(column(new Float64Array(1024).fill(1))).data;
    const largest = Math.max(...spread.map(Math.abs));
    expect(largest).toBeLessThan(6 * Math.sqrt(1024 / 64));
  });

  test('refuses what is out of range', () => {
    expect(() => makeSketch('none' as Sketch, 4, 8)).toThrow(/sketch must be/);
    expect(() => makeSketch('srht', 0, 8)).toThrow(/m must be a whole number/);
    expect(() => makeSketch('srht', 4, 1.5)).toThrow(/n must be a whole number/);
    expect(() => makeSketch('srht', 4, 8, { seed: 0.5 })).toThrow(/seed must be an integer/);
    expect(() => makeSketch('osnap', 10, 80)).toThrow(/divides its 10 rows; 4 does not/);
    expect(() => makeSketch('uniform', 10, 8)).toThrow(/without replacement/);
    expect(() => makeSketch('leverage', 4, 8)).toThrow(/needs a score/);
    expect(() => makeSketch('leverage', 4, 8, { scores: new Float64Array(7) })).toThrow(/not 7/);
    expect(() => makeSketch('gaussian', 4, 8).apply(new Matrix(new Float64Array(7), 7, 1))).toThrow(
      /for 8 rows/,
    );
  });
});

describe('sketched regression', () => {
  const { A, b } = randomInstance(512, 6, 1);
  const exact = directRegression(A, b);

  test('a sketch of all of SRHT gives the direct answer', () => {
    const S = makeSketch('srht', 512, 512, { seed: 1 });
    const Sb = S.apply(column(b)).data;
    const sketched = directRegression(S.apply(A), Sb);
    expect(farthest(sketched.x, exact.x)).toBeLessThan(1e-10);
  });

  test.each(sketchKinds)('%s solves a consistent system exactly', (sketch) => {
    const x0 = normals(6, 7);
    const range = Float64Array.from({ length: 512 }, (_, i) =>
      A.row(i).reduce((sum, value, j) => sum + value * x0[j]!, 0),
    );
    const { x, rows, direct } = sketchedRegression(A, range, { sketch, rows: 80, seed: 2 });
    expect({ rows, direct }).toEqual({ rows: 80, direct: false });
    expect(farthest(x, x0)).toBeLessThan(1e-10);
    expect(linfCertificate(A, range, x).epsInf).toBe(0);
    expect(
      linfCertificate(
        A,
        range,
        x.map((value) => value + 1),
      ).epsInf,
    ).toBe(Number.POSITIVE_INFINITY);
  });

  test('Count-Sketch moves coordinates of the hard instance by multiples of 1/√k', () => {
    const [n, d, m] = [1024, 32, 256];
    const k = (2 * m) / d;
    const problem = hardInstance(n, d, k);
    let hits = 0;
    let whole = 0;
    for (let seed = 0; seed < 200; seed++) {
      const unit = makeSketch('countsketch', m, n, { seed }).apply(problem.A);
      const collides = Array.from(
        { length: m },
        (_, i) => unit.row(i).filter((value) => value !== 0).length,
      ).some((count) => count > 1);
      if (collides) continue;
      whole++;
      const { x } = sketchedRegression(problem.A, problem.b, { sketch: 'countsketch', rows: m, seed });
      const units = Math.max(...x.map(Math.abs)) * Math.sqrt(k);
      expect(Math.abs(units - Math.round(units))).toBeLessThan(1e-12);
      if (Math.round(units) > 0) hits++;
    }
    expect(whole).toBeGreaterThan(10);
    expect(hits).toBeGreaterThan(0);
  });

  test('moves with b along A, and with a change of coordinates', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10000 }), fc.constantFrom(...sketchKinds), (seed, sketch) => {
        const v = normals(6, seed);
        const options = { sketch, rows: 60, seed } as const;
        const { x } = sketchedRegression(A, b, options);
        const along = b.map((value, i) => value + A.row(i).reduce((sum, entry, j) => sum + entry * v[j]!, 0));
        const shifted = sketchedRegression(A, along, options).x;
        expect(
          farthest(
            shifted,
            x.map((value, j) => value + v[j]!),
          ),
        ).toBeLessThan(1e-9);
        // M is unit upper triangular: x'(A M) = M⁻¹ x'(A), so M x'(A M) = x'(A).
        const M = Matrix.from(
          Array.from({ length: 6 }, (_, i) =>
            Array.from({ length: 6 }, (_, j) => (i === j ? 1 : j > i ? 0.3 : 0)),
          ),
        );
        const AM = new Matrix(new Float64Array(512 * 6), 512, 6);
        for (let i = 0; i < 512; i++)
          for (let j = 0; j < 6; j++)
            for (let l = 0; l < 6; l++) AM.data[i * 6 + j]! += A.at(i, l) * M.at(l, j);
        const turned = sketchedRegression(AM, b, options).x;
        const back = Float64Array.from({ length: 6 }, (_, i) =>
          turned.reduce((sum, value, j) => sum + M.at(i, j) * value, 0),
        );
        expect(farthest(back, x)).toBeLessThan(1e-8);
      }),
      { seed: 36, numRuns: 30 },
    );
  });

  test('scores of leverage do not change with the scale of A', () => {
    const same = sketchedRegression(A, b, { sketch: 'leverage', rows: 60, seed: 3 });
    const doubled = new Matrix(
      A.data.map((value) => 2 * value),
      512,
      6,
    );
    const half = sketchedRegression(doubled, b, { sketch: 'leverage', rows: 60, seed: 3 });
    expect(
      farthest(
        half.x.map((value) => 2 * value),
        same.x,
      ),
    ).toBeLessThan(1e-10);
  });

  test.each([
    ['srht', 60],
    ['countsketch', 60],
    ['srht', 20],
  ] as const)('30 steps of refinement reach the direct answer: %s of %i rows', (sketch, rows) => {
    const options = { sketch, rows, seed: 5 } as const;
    expect(farthest(sketchedRegression(A, b, options).x, exact.x)).toBeGreaterThan(1e-3);
    expect(farthest(sketchedRegression(A, b, { ...options, refine: 30 }).x, exact.x)).toBeLessThan(1e-9);
  });

  test('as many rows as there are, or more, solve A itself', () => {
    const { x, direct, rows } = sketchedRegression(A, b, { rows: 600 });
    expect({ direct, rows }).toEqual({ direct: true, rows: 512 });
    expect(farthest(x, exact.x)).toBeLessThan(1e-12);
    expect(linfCertificate(A, b, x).epsInf).toBeLessThan(1e-10);
  });

  test('the certificate is the definition', () => {
    const problem = hardInstance(64, 4, 2);
    const known = directRegression(problem.A, problem.b);
    expect(Math.max(...known.x.map(Math.abs))).toBeLessThan(1e-15);
    expect([known.residualNorm, known.pseudoinverseNorm]).toEqual([
      expect.closeTo(1, 12),
      expect.closeTo(1, 12),
    ]);
    // x* = 0, ‖r‖ = 1, ‖A†‖ = 1.
    const { epsInf, eps2, linfOverL2 } = linfCertificate(
      problem.A,
      problem.b,
      Float64Array.of(0.3, 0, 0, -0.4),
    );
    expect(epsInf).toBeCloseTo(0.8, 12);
    expect(eps2).toBeCloseTo(0.5, 12);
    expect(linfOverL2).toBeCloseTo(0.8, 12);
  });

  test('rows follow from ε and δ', () => {
    expect(sketchRows(1e6, 100)).toBe(Math.ceil((2 * 100 * Math.log(2e4)) / 0.25));
    expect(sketchRows(1e6, 100, { epsilon: 1, delta: 0.5, theory: true })).toBe(
      Math.ceil(100 * Math.log(2e6) ** 3),
    );
    expect(sketchRows(1e6, 3, { epsilon: 100 })).toBe(4);
  });

  test('refuses bad input', () => {
    const code = (work: () => unknown) => {
      try {
        work();
      } catch (error) {
        return (error as { code?: string }).code;
      }
      return 'none';
    };
    const square = new Matrix(normals(16, 1), 4, 4);
    expect(() => sketchedRegression(square, new Float64Array(4))).toThrow(/more rows than columns/);
    expect(() => sketchedRegression(A, b, { rows: 6 })).toThrow(/at least 7 for 6 columns/);
    expect(code(() => sketchedRegression(A, b.subarray(1)))).toBe('DIMENSION_MISMATCH');
    for (const sketch of sketchKinds) {
      const bad = new Matrix(A.data.slice(), 512, 6);
      bad.data[17] = Number.NaN;
      expect(() => sketchedRegression(bad, b, { sketch, rows: 60 })).toThrow(/Entry \(2, 5\) of A is NaN/);
    }
    const badB = b.slice();
    badB[9] = Number.POSITIVE_INFINITY;
    expect(() => sketchedRegression(A, badB, { rows: 60 })).toThrow(/Entry 9 of b is Infinity/);
    expect(code(() => sketchedRegression(A, badB))).toBe('NON_FINITE');
    const huge = new Matrix(
      A.data.map((value) => value * 1e308),
      512,
      6,
    );
    for (let i = 0; i < huge.data.length; i++)
      huge.data[i] = Math.max(-1.7e308, Math.min(1.7e308, huge.data[i]!));
    expect(() => sketchedRegression(huge, b, { rows: 60 })).toThrow(/overflow/);
    for (const epsilon of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => sketchedRegression(A, b, { epsilon })).toThrow(/epsilon/);
    for (const delta of [0, 1, -1]) expect(() => sketchedRegression(A, b, { delta })).toThrow(/delta/);
    expect(() => sketchedRegression(A, b, { seed: 1.5, rows: 60 })).toThrow(/seed/);
    expect(() => sketchedRegression(A, b, { sketch: 'osnap', rows: 61 })).toThrow(/divides/);
    expect(() => sketchedRegression(A, b, { refine: -1 })).toThrow(/refine/);
    expect(() => linfCertificate(A, b, new Float64Array(5))).toThrow(/6 columns/);
    expect(() => hardInstance(10, 9, 2)).toThrow(/cannot hold/);
  });

  test('a sketch that misses rows of the identity is found out', () => {
    // A solution of least norm would be 0 = x* here, and look perfect.
    const problem = hardInstance(2048, 32, 4);
    expect(() => sketchedRegression(problem.A, problem.b, { sketch: 'uniform', rows: 256 })).toThrow(
      /sketch lost rank at column \d+: raise rows/,
    );
    const { x, rank } = sketchedRegression(problem.A, problem.b, {
      sketch: 'uniform',
      rows: 256,
      rankLoss: 'least-norm',
    });
    expect(rank).toBeLessThan(32);
    expect(Math.max(...x)).toBeLessThan(1e-12);
    const twin = new Matrix(new Float64Array(512 * 2), 512, 2);
    for (let i = 0; i < 512; i++) twin.data.fill(A.at(i, 0), 2 * i, 2 * i + 2);
    expect(() => sketchedRegression(twin, b, { rows: 512 })).toThrow(/column 1 is a combination/);
    expect(() => sketchedRegression(twin, b, { rows: 50 })).toThrow(/lost rank/);
  });
});

describe('Kronecker products', () => {
  const A1 = new Matrix(normals(13 * 3, 1), 13, 3);
  const A2 = new Matrix(normals(7 * 2, 2), 7, 2);
  const b = normals(91, 3);

  test('TensorSRHT is the sketch of the explicit product', () => {
    const sketch = tensorSketch(20, 13, 7, 4);
    const [N1, N2] = sketch.sizes;
    const sign = (bits: Uint32Array, i: number) => ((bits[i >> 5]! >>> (i & 31)) & 1 ? -1 : 1);
    const parity = (i: number) => i.toString(2).replaceAll('0', '').length % 2;
    // Entry ((p1, p2), (i1, i2)) of (H₁D₁ ⊗ H₂D₂) / √m.
    const S = new Matrix(new Float64Array(20 * 91), 20, 91);
    sketch.picks.forEach((pick, row) => {
      const [p1, p2] = [Math.floor(pick / N2), pick % N2];
      expect(p1).toBeLessThan(N1);
      for (let i1 = 0; i1 < 13; i1++)
        for (let i2 = 0; i2 < 7; i2++)
          S.data[row * 91 + i1 * 7 + i2] =
            ((parity(p1 & i1) + parity(p2 & i2)) % 2 ? -1 : 1) *
            sign(sketch.signs[0], i1) *
            sign(sketch.signs[1], i2) *
            Math.sqrt(1 / 20);
    });
    const times = (X: Matrix) => {
      const result = new Float64Array(20 * X.cols);
      for (let i = 0; i < 20; i++)
        for (let j = 0; j < X.cols; j++)
          for (let l = 0; l < 91; l++) result[i * X.cols + j]! += S.at(i, l) * X.at(l, j);
      return result;
    };
    expect(farthest(sketchProduct(A1, A2, sketch).data, times(kronecker(A1, A2)))).toBeLessThan(1e-12);
    expect(farthest(sketchVector(b, 13, 7, sketch).data, times(column(b)))).toBeLessThan(1e-12);
  });

  test('comes near the solution of the explicit product, and is it without a sketch', () => {
    const explicitly = directRegression(kronecker(A1, A2), b);
    const { x, direct } = sketchedKroneckerRegression(A1, A2, b, { rows: 91 });
    expect(direct).toBe(true);
    expect(farthest(x, explicitly.x)).toBeLessThan(1e-12);
    const big1 = new Matrix(normals(100 * 3, 1), 100, 3);
    const big2 = new Matrix(normals(120 * 2, 2), 120, 2);
    const right = normals(12000, 3);
    const sketched = sketchedKroneckerRegression(big1, big2, right, { epsilon: 0.5, seed: 1 });
    expect(sketched.direct).toBe(false);
    expect(linfCertificate(kronecker(big1, big2), right, sketched.x).epsInf).toBeLessThan(0.5);
  });

  test('refuses bad input', () => {
    const wide = new Matrix(normals(6, 1), 2, 3);
    expect(() => sketchedKroneckerRegression(wide, A2, new Float64Array(14))).toThrow(
      /more rows than columns/,
    );
    expect(() => sketchedKroneckerRegression(A1, A2, b.subarray(1))).toThrow(/has 91, but b 90/);
    const bad = new Matrix(A2.data.slice(), 7, 2);
    bad.data[3] = Number.NaN;
    expect(() => sketchedKroneckerRegression(A1, bad, b)).toThrow(/Entry \(1, 1\)/);
  });
});
