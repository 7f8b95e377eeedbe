import { isFletchError } from '@fletch/base';
import { Matrix, matmul, pca, polar, randomOrthogonal, rng, singularValues } from '@fletch/linalg';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { minimizeBounded } from './brent.js';
import { frankWolfe } from './frank-wolfe.js';
import {
  learnProjection,
  momentsOf,
  optimalProjection,
  type Pair,
  type ProjectionMethod,
  projectionLoss,
  projectionMethods,
  randomProjection,
} from './index.js';
import { gradientA, gradientB } from './loss.js';

const D = 12;

const gaussian = (seed: number, rows: number, cols: number) =>
  new Matrix(rng(seed).fillNormal(new Float64Array(rows * cols)), rows, cols);

/** Rows with variances that fall from direction to direction, turned by a seed of their own. */
function data(seed: number, rows: number, fall = 0.7): Matrix<Float32Array> {
  const x = gaussian(seed, rows, D);
  for (let at = 0; at < x.data.length; at++) x.data[at]! *= fall ** (at % D);
  const turned = matmul(x, randomOrthogonal(rng(seed + 1), D));
  return new Matrix(Float32Array.from(turned.data), rows, D);
}

const x = data(1, 300);
const q = data(3, 200);
const moments = momentsOf(x, { dim: 4, method: 'ood-fw', queries: q });
const wide = ({ A, B }: { A: Matrix; B: Matrix }): Pair => ({
  A: new Matrix(Float64Array.from(A.data), A.rows, A.cols),
  B: new Matrix(Float64Array.from(B.data), B.rows, B.cols),
});

describe('the loss', () => {
  test('by traces is that of all products', () => {
    const pair = { A: gaussian(5, D, 4), B: gaussian(6, D, 4) };
    let sum = 0;
    for (let i = 0; i < q.rows; i++) {
      const short = matmul(new Matrix(Float64Array.from(q.row(i)), 1, D), pair.A);
      const back = matmul(short, pair.B, { transposeB: true });
      for (let j = 0; j < x.rows; j++) {
        let off = 0;
        for (let k = 0; k < D; k++) off += (back.data[k]! - q.at(i, k)) * x.at(j, k);
        sum += off * off;
      }
    }
    expect(projectionLoss(moments, pair) / (sum / q.rows / x.rows)).toBeCloseTo(1, 10);
  });

  test('has gradients that agree with central differences', () => {
    const pair = { A: gaussian(7, D, 3), B: gaussian(8, D, 3) };
    for (const [name, gradient] of [
      ['A', gradientA(moments, pair)],
      ['B', gradientB(moments, pair)],
    ] as const) {
      gradient.data.forEach((found, at) => {
        const shifted = (by: number) => {
          const moved = { ...pair, [name]: new Matrix(pair[name].data.slice(), D, 3) };
          moved[name].data[at]! += by;
          return projectionLoss(moments, moved);
        };
        const expected = (shifted(1e-4) - shifted(-1e-4)) / 2e-4;
        expect(Math.abs(found - expected)).toBeLessThan(1e-6 * Math.max(1, Math.abs(expected)));
      });
    }
  });

  test('is zero in all dimensions, for every method', () => {
    for (const method of projectionMethods) {
      const { loss } = learnProjection(x, { dim: D, method, queries: q, relTol: 0, maxSteps: 500 });
      expect(loss.at(-1)!).toBeLessThan(1e-3 * projectionLoss(moments, { A: zero(), B: zero() }));
    }
  });
});

const zero = () => new Matrix(new Float64Array(D * D), D, D);

describe('the optimum', () => {
  test('is below every method, and attained by its pair', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.integer({ min: 1, max: D - 1 }), (seed, dim) => {
        const vectors = data(seed, 100);
        const queries = data(seed + 2, 80, 0.8);
        const both = momentsOf(vectors, { dim, method: 'ood-fw', queries });
        const { A, B, loss } = optimalProjection(both, dim);
        expect(projectionLoss(both, { A, B }) / loss).toBeCloseTo(1, 5);
        for (const method of projectionMethods) {
          const found = learnProjection(vectors, { dim, method, queries, maxSteps: 50 });
          expect(projectionLoss(both, wide(found))).toBeGreaterThanOrEqual(loss * (1 - 1e-6));
          if (method !== 'id')
            expect(found.loss.at(-1)! / projectionLoss(both, wide(found))).toBeCloseTo(1, 3);
        }
        const P = randomProjection(D, dim, seed);
        expect(projectionLoss(both, wide({ A: P, B: P }))).toBeGreaterThanOrEqual(loss);
      }),
      { numRuns: 8, seed: 1 },
    );
  });

  test('is the rest of the spectrum, when both sides are alike', () => {
    const alike = { vectors: moments.vectors, queries: moments.vectors };
    const rest = singularValues(moments.vectors).slice(4);
    const expected = rest.reduce((sum, value) => sum + value ** 2, 0);
    expect(optimalProjection(alike, 4).loss / expected).toBeCloseTo(1, 8);
  });

  test('of singular moments is finite', () => {
    const flat = new Matrix(
      x.data.map((value, at) => (at % D < 3 ? value : 0)),
      x.rows,
      D,
    );
    const { A, B, loss } = optimalProjection(momentsOf(flat, { dim: 5, method: 'ood-es', queries: flat }), 5);
    expect([...A.data, ...B.data].every(Number.isFinite)).toBe(true);
    expect(loss).toBeLessThan(1e-12);
  });
});

describe('Frank-Wolfe', () => {
  test('stays in the ball of spectral norm one', () => {
    let steps = 0;
    for (const { A, B } of frankWolfe(moments, 4, { relTol: 0, maxSteps: 60 })) {
      expect(singularValues(A)[0]).toBeLessThanOrEqual(1 + 1e-6);
      expect(singularValues(B)[0]).toBeLessThanOrEqual(1 + 1e-6);
      steps++;
    }
    expect(steps).toBe(60);
  });

  test('leaves zero for the first unit vectors, then B for the best of the ball with them', () => {
    const [first] = frankWolfe(moments, 3, { maxSteps: 1 });
    first!.A.data.forEach((value, at) => {
      expect(value).toBe(Math.floor(at / 3) === at % 3 ? 1 : 0);
    });
    const { u } = polar(matmul(matmul(moments.vectors, moments.queries), first!.A));
    first!.B.data.forEach((value, at) => {
      expect(value).toBeCloseTo(u.data[at]!, 10);
    });
  });

  test('comes near the optimum, and ends when little changes', () => {
    const flat = data(11, 300, 0.95);
    const steep = data(13, 200, 0.9);
    const both = momentsOf(flat, { dim: 4, method: 'ood-fw', queries: steep });
    const { loss } = learnProjection(flat, { dim: 4, method: 'ood-fw', queries: steep });
    expect(loss.length).toBeLessThan(500);
    expect(Math.abs(loss.at(-1)! - loss.at(-2)!)).toBeLessThanOrEqual(1e-3 * loss.at(-2)!);
    expect(loss.at(-1)!).toBeLessThan(1.1 * optimalProjection(both, 4).loss);
    const id = learnProjection(flat, { dim: 4, method: 'id' });
    expect(loss.at(-1)!).toBeLessThan(0.9 * projectionLoss(both, wide(id)));
  });

  test('goes on from the mixture it is given', () => {
    const es = learnProjection(x, { dim: 4, method: 'ood-es', queries: q });
    const both = learnProjection(x, { dim: 4, method: 'ood-es-fw', queries: q });
    expect(both.beta).toBe(es.beta);
    expect(both.loss.at(-1)!).toBeLessThanOrEqual(es.loss.at(-1)! * 1.01);
    expect(learnProjection(x, { dim: 4, method: 'ood-fw', queries: q })).not.toHaveProperty('beta');
  });

  test('of vectors that are all zero gives unit vectors from zero, and stays finite', () => {
    const nothing = new Matrix(new Float32Array(20 * D), 20, D);
    for (const method of projectionMethods) {
      const { A, B, loss } = learnProjection(nothing, { dim: 3, method, queries: nothing });
      for (const found of [A, B])
        if (method !== 'ood-es-fw') expect(singularValues(found)[2]).toBeCloseTo(1, 6);
      expect(loss.at(-1)).toBe(0);
    }
  });
});

describe('eigenvector search', () => {
  test('loses no more than the directions of the vectors alone', () => {
    for (const queries of [x, q]) {
      const both = momentsOf(x, { dim: 4, method: 'ood-es', queries });
      const { loss, beta, A, B } = learnProjection(x, { dim: 4, method: 'ood-es', queries });
      const id = learnProjection(x, { dim: 4, method: 'id' });
      expect(loss.at(-1)!).toBeLessThanOrEqual(projectionLoss(both, wide(id)) * (1 + 1e-9));
      expect(loss.at(-1)).toBe(Math.min(...loss));
      expect(beta).toBeGreaterThanOrEqual(0);
      expect(beta).toBeLessThanOrEqual(1);
      expect(A.data).toEqual(B.data);
    }
  });

  test('finds the principal components when both sides are alike', () => {
    const centred = { dim: 4, queries: x, center: true } as const;
    const { components } = pca(new Matrix(Float64Array.from(x.data), x.rows, D), 4);
    for (const method of ['id', 'ood-es'] as const) {
      const { A } = learnProjection(x, { ...centred, method });
      // The sines of the principal angles: what of A is outside the span of the components.
      const inside = matmul(components, wide({ A, B: A }).A);
      const outside = matmul(components, inside, { transposeA: true });
      const rest = new Matrix(
        outside.data.map((value, at) => A.data[at]! - value),
        D,
        4,
      );
      expect(singularValues(rest)[0]).toBeLessThan(1e-3);
    }
  });
});

describe('Brent’s method', () => {
  test.each<[string, (x: number) => number, number]>([
    ['a parabola', (t) => (t - 0.3) ** 2, 0.3],
    ['a kink', (t) => Math.abs(t - 0.77), 0.77],
    ['a fall to the right end', (t) => -t, 1],
    ['a quartic', (t) => (t - 0.2) ** 4 + t / 1000, 0.2 - (1 / 4000) ** (1 / 3)],
  ])('%s', (_, f, expected) => {
    let evaluations = 0;
    const counted = (t: number) => {
      evaluations++;
      expect(t).toBeGreaterThan(0);
      expect(t).toBeLessThan(1);
      return f(t);
    };
    const found = minimizeBounded(counted, 0, 1, { tolerance: 1e-3, maxEvaluations: 40 });
    expect(Math.abs(found - expected)).toBeLessThan(2e-3);
    expect(evaluations).toBeLessThanOrEqual(25);
  });

  test('keeps to the evaluations it is given', () => {
    let evaluations = 0;
    minimizeBounded((t) => Math.abs(t - 0.77 + evaluations++ * 0), 0, 1, {
      tolerance: 1e-9,
      maxEvaluations: 5,
    });
    expect(evaluations).toBe(5);
  });
});

describe('learning', () => {
  test('a sample of the vectors is drawn by the seed', () => {
    const learn = (seed: number) => learnProjection(x, { dim: 3, method: 'id', sample: 50, seed }).B.data;
    expect(learn(1)).toEqual(learn(1));
    expect(learn(1)).not.toEqual(learn(2));
  });

  test('identical vectors are no obstacle', () => {
    const alike = new Matrix(new Float32Array(40 * D).fill(2), 40, D);
    const { loss } = learnProjection(alike, { dim: 2, method: 'ood-fw', queries: alike });
    expect(loss.at(-1)!).toBeLessThan(1e-3 * (4 * D) ** 2);
  });

  test('stops when asked to', () => {
    const signal = AbortSignal.abort();
    for (const method of projectionMethods)
      try {
        learnProjection(x, { dim: 3, method, queries: q, signal });
        expect.unreachable();
      } catch (error) {
        expect(isFletchError(error, 'ABORTED')).toBe(true);
      }
  });

  test('random projections have orthonormal columns', () => {
    const P = randomProjection(D, 5, 1);
    const gram = matmul(P, P, { transposeA: true });
    gram.data.forEach((value, at) => {
      expect(value).toBeCloseTo(at % 6 === 0 ? 1 : 0, 5);
    });
  });
});

describe('bad input', () => {
  const few = new Matrix(x.data.slice(0, 3 * D), 3, D);
  const bad = new Matrix(x.data.slice(), x.rows, D);
  bad.data[17] = Number.NaN;

  test.each<[string, () => unknown, string, string]>([
    [
      'no dimension',
      () => learnProjection(x, { dim: 0, method: 'id' }),
      'INVALID_ARGUMENT',
      'from 1 to 12, but is 0',
    ],
    ['too many', () => learnProjection(x, { dim: 13, method: 'id' }), 'INVALID_ARGUMENT', 'from 1 to 12'],
    [
      'no queries',
      () => learnProjection(x, { dim: 4, method: 'ood-fw' }),
      'INVALID_ARGUMENT',
      'at least 4 query vectors',
    ],
    [
      'few queries',
      () => learnProjection(x, { dim: 4, method: 'ood-es', queries: few }),
      'INVALID_ARGUMENT',
      'need at least 4 query vectors, but there are 3',
    ],
    [
      'few vectors',
      () => learnProjection(few, { dim: 4, method: 'id' }),
      'INVALID_ARGUMENT',
      'at least 4 vectors',
    ],
    [
      'queries of another dimension',
      () => learnProjection(x, { dim: 4, method: 'ood-fw', queries: gaussian(1, 20, 5) }),
      'DIMENSION_MISMATCH',
      'The queries have 5 components, the vectors have 12',
    ],
    [
      'a row that is not finite',
      () => learnProjection(bad, { dim: 4, method: 'id' }),
      'NON_FINITE',
      '(1, 5)',
    ],
    [
      'another method',
      () => learnProjection(x, { dim: 4, method: 'pca' as ProjectionMethod }),
      'INVALID_ARGUMENT',
      'Unknown method "pca"',
    ],
    [
      'steps',
      () => learnProjection(x, { dim: 4, method: 'id', maxSteps: 0 }),
      'INVALID_ARGUMENT',
      'maxSteps',
    ],
    ['a sample', () => learnProjection(x, { dim: 4, method: 'id', sample: 3 }), 'INVALID_ARGUMENT', 'sample'],
    [
      'an exponent',
      () => learnProjection(x, { dim: 4, method: 'id', alpha: 0 }),
      'INVALID_ARGUMENT',
      'alpha',
    ],
    ['a random one', () => randomProjection(4, 5, 0), 'INVALID_ARGUMENT', 'dim must be'],
  ])('%s', (_, work, code, message) => {
    expect(work).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
  });
});
