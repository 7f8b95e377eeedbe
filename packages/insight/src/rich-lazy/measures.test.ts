import { Matrix, matmul, norm, randomOrthogonal, rng, singularValues, transpose } from '@fletch/linalg';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  alignedKA,
  effectiveRank,
  isotropicKA,
  kernelAlignment,
  linearFlow,
  linearKernel,
  linearRichLazy,
  lowRankInit,
  permutedEntries,
  representationAlignment,
  signSimilarity,
  spectrumMatched,
} from './index.js';

const gaussian = (rows: number, cols: number, seed: number) =>
  new Matrix(rng(seed).fillNormal(new Float64Array(rows * cols)), rows, cols);
const scaled = (a: Matrix, factor: number) =>
  new Matrix(
    Float64Array.from(a.data, (value) => value * factor),
    a.rows,
    a.cols,
  );
const code = (name: string) => expect.objectContaining({ code: name });

describe('starts', () => {
  test('of rank r: r directions, the norm of the whole, the top singular vectors', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 12 }),
        fc.integer({ min: 2, max: 12 }),
        fc.nat(),
        (m, n, seed) => {
          const W = gaussian(m, n, seed);
          for (let rank = 1; rank <= Math.min(m, n); rank++) {
            const low = lowRankInit(W, rank);
            const s = singularValues(low);
            if (rank < s.length) expect(s[rank]! / s[0]!).toBeLessThan(1e-6);
            expect(s[rank - 1]!).toBeGreaterThan(0);
            expect(Math.abs(norm(low) / norm(W) - 1)).toBeLessThan(1e-6);
            // Unscaled it is the best approximation: what is missing is the norm of the other singular values.
            const rest = Math.hypot(...singularValues(W).slice(rank));
            const kept = lowRankInit(W, rank, { preserve: 'none' });
            const missing = norm(
              new Matrix(
                kept.data.map((value, i) => value - W.data[i]!),
                m,
                n,
              ),
            );
            expect(Math.abs(missing - rest)).toBeLessThan(1e-9);
          }
        },
      ),
      { seed: 1, numRuns: 10 },
    );
  });

  test('effective rank: r equal singular values count r, both ways', () => {
    const random = rng(2);
    const flat = matmul(randomOrthogonal(random, 20, 4), transpose(randomOrthogonal(random, 20, 4)));
    expect(effectiveRank(flat).rank).toBe(4);
    expect(effectiveRank(flat).smooth).toBeCloseTo(4, 8);
    expect(effectiveRank(flat, { energy: 0.5 }).rank).toBe(2);
    expect(
      effectiveRank(
        Matrix.from([
          [3, 0],
          [0, 1],
        ]),
      ).rank,
    ).toBe(2);
    expect(
      effectiveRank(
        Matrix.from([
          [5, 0],
          [0, 1],
        ]),
      ).rank,
    ).toBe(1);
  });

  test('controls keep the spectrum, or the entries', () => {
    const W = lowRankInit(gaussian(9, 9, 3), 3);
    const matched = spectrumMatched(W, 4);
    singularValues(matched).forEach((value, i) => {
      expect(value).toBeCloseTo(singularValues(W)[i]!, 9);
    });
    expect(Math.abs(matched.data.reduce((sum, value, i) => sum + value * W.data[i]!, 0))).toBeLessThan(
      0.6 * norm(W) ** 2,
    );
    expect(permutedEntries(W, 5).data.toSorted()).toEqual(W.data.toSorted());
    expect(singularValues(permutedEntries(W, 5))[4]!).toBeGreaterThan(0.1);
  });

  test.each([0, 4, 1.5])('there is no rank %f of three rows', (rank) => {
    expect(() => lowRankInit(gaussian(3, 5, 1), rank)).toThrow(code('INVALID_ARGUMENT'));
  });

  test('refuses matrices that are zero or not finite, and shares outside (0, 1]', () => {
    const zero = new Matrix(new Float64Array(4), 2, 2);
    expect(() => lowRankInit(zero, 1)).toThrow(code('INVALID_ARGUMENT'));
    expect(() => effectiveRank(zero)).toThrow(code('INVALID_ARGUMENT'));
    expect(() => spectrumMatched(zero, 1)).toThrow(code('INVALID_ARGUMENT'));
    expect(() => lowRankInit(Matrix.from([[1, Number.NaN]]), 1)).toThrow(code('NON_FINITE'));
    expect(() => effectiveRank(gaussian(2, 2, 1), { energy: 0 })).toThrow(code('INVALID_ARGUMENT'));
  });
});

describe('measures', () => {
  test('are 1 for what has not changed, and blind to scale and to rotations of the units', () => {
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: 0.1, max: 10, noNaN: true }), (seed, factor) => {
        const H0 = gaussian(7, 5, seed);
        const Hf = gaussian(7, 5, seed + 1);
        const turn = randomOrthogonal(rng(seed), 5);
        const [K0, Kf] = [H0, Hf].map((H) => matmul(H, H, { transposeB: true })) as [Matrix, Matrix];
        const ra = representationAlignment(H0, Hf);
        expect(representationAlignment(H0, H0)).toBeCloseTo(1, 12);
        expect(kernelAlignment(K0, K0)).toBeCloseTo(1, 12);
        expect(representationAlignment(H0, scaled(Hf, factor))).toBeCloseTo(ra, 12);
        expect(kernelAlignment(scaled(K0, factor), Kf)).toBeCloseTo(ra, 12);
        expect(representationAlignment(matmul(H0, turn), Hf)).toBeCloseTo(ra, 12);
        expect(representationAlignment(H0, matmul(Hf, turn))).toBeCloseTo(ra, 12);
      }),
      { seed: 2, numRuns: 20 },
    );
  });

  test('signs: equal ones are counted, zeros too', () => {
    expect(signSimilarity(Matrix.from([[1, 0, 2, 0]]), Matrix.from([[3, 0, 0, 1]]))).toBe(0.5);
  });

  test('refuses other shapes, nothing, and zero kernels', () => {
    const [a, b] = [gaussian(3, 2, 1), gaussian(2, 3, 1)];
    expect(() => representationAlignment(a, b)).toThrow(code('DIMENSION_MISMATCH'));
    expect(() => kernelAlignment(a, b)).toThrow(code('DIMENSION_MISMATCH'));
    expect(() => signSimilarity(a, b)).toThrow(code('DIMENSION_MISMATCH'));
    const none = new Matrix(new Float64Array(0), 0, 0);
    expect(() => kernelAlignment(none, none)).toThrow(code('INVALID_ARGUMENT'));
    const zero = new Matrix(new Float64Array(4), 2, 2);
    expect(() => kernelAlignment(zero, gaussian(2, 2, 1))).toThrow('alignment undefined for a zero kernel');
  });
});

describe('the linear theory', () => {
  test.each([0.5, 1, 2, 3])('the trainer ends where the closed forms say, σ = %f', (sigma) => {
    const d = 8;
    const small = { d, h: 12, sigma, tasks: 3, seed: 1, step: 0.002, maxSteps: 200_000 };
    const aligned = linearRichLazy({ ...small, alignment: 'aligned' });
    expect(aligned.converged).toBe(1);
    expect(Math.abs(aligned.ka - alignedKA({ d, sigma }))).toBeLessThan(1e-3);
    const isotropic = linearRichLazy({ ...small, rank: d });
    expect(Math.abs(isotropic.ka - isotropicKA({ d, sigma }))).toBeLessThan(1e-3);
  });

  test('W₁W₁ᵀ − w₂ᵀw₂ is conserved', () => {
    const W1 = scaled(gaussian(6, 4, 3), 0.3);
    const beta = Float64Array.of(0.5, -0.5, 0.5, 0.5);
    const conserved = (W: Matrix, w2: ArrayLike<number>) => {
      const product = matmul(W, W, { transposeB: true }) as Matrix<Float64Array>;
      return new Matrix(
        product.data.map((value, i) => value - (w2[Math.floor(i / 6)] ?? 0) * (w2[i % 6] ?? 0)),
        6,
        6,
      );
    };
    const before = conserved(W1, []);
    for (const maxSteps of [20, 100, 20_000]) {
      const { W1: W, w2, error } = linearFlow({ W1, beta, maxSteps, step: 0.005 });
      if (maxSteps === 20_000) expect(error).toBeLessThan(1e-9);
      const after = conserved(W, w2);
      const off = new Matrix(
        after.data.map((value, i) => value - before.data[i]!),
        6,
        6,
      );
      expect(norm(off) / norm(before)).toBeLessThan(0.01);
    }
  });

  test('its kernel is that of the derivatives by both layers', () => {
    const [W1, w2] = [gaussian(3, 4, 1), gaussian(1, 3, 2)];
    const K = linearKernel(W1, w2.data);
    const x = gaussian(2, 4, 5);
    // Derivatives of w₂W₁x: W₁x by w₂, and w₂ᵀxᵀ by W₁.
    const hidden = matmul(x, W1, { transposeB: true });
    const byFirst = matmul(x, x, { transposeB: true }).at(0, 1) * norm(w2) ** 2;
    const bySecond = matmul(hidden, hidden, { transposeB: true }).at(0, 1);
    expect(matmul(matmul(x, K), transpose(x)).at(0, 1)).toBeCloseTo(byFirst + bySecond, 10);
  });

  test('a start along the truncated map is a partly aligned one, and fully when the rest of the data is small', () => {
    const cell = { d: 6, h: 8, sigma: 2, tasks: 4, seed: 3 };
    const at = (alignment: 'aligned' | 'partial', kappa: number) =>
      linearRichLazy({ ...cell, alignment, kappa }).ka;
    expect(at('partial', 1)).toBeLessThan(at('partial', 4));
    expect(at('partial', 1000)).toBeCloseTo(at('aligned', 1000), 4);
  });

  test.each([
    [{ rank: 9 }, 'rank'],
    [{ rank: 0 }, 'rank'],
    [{ d: 20 }, 'd must'],
    [{ sigma: 0 }, 'sigma'],
    [{ kappa: Number.NaN }, 'kappa'],
    [{ alignment: 'aligned', rank: 2 }, 'rank 1'],
  ] as const)('refuses %j', (change, message) => {
    const call = () => linearRichLazy({ d: 8, h: 10, sigma: 1, seed: 0, ...change });
    expect(call).toThrow(code('INVALID_ARGUMENT'));
    expect(call).toThrow(message);
  });

  test('refuses a target of another size', () => {
    expect(() => linearFlow({ W1: gaussian(2, 3, 1), beta: [1, 0] })).toThrow(code('DIMENSION_MISMATCH'));
  });
});
