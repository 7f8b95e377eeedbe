import { array, evaluate, grad, layerNorm, mul, rmsNorm, sum, type Tensor, tensor } from '@fletch/array';
import { rng } from '@fletch/linalg';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Affine } from './affine.js';
import { logisticProbe, meanDifference, randomDirection, regressionProbe } from './baselines.js';
import { applyMlp, type Mlp, pullMlp } from './mlp.js';
import { applyNorm, type Norm, nearestZero, normAngleBound, pullNorm, scaleNorm } from './norms.js';
import { zeroBetween } from './propagate.js';
import { normals } from './support.case.js';
import { cosine, couplingCoefficient, dot, length, plus, regression } from './vectors.js';

const d = 12;
const norm = (kind: 'layer' | 'rms'): Norm => ({
  kind,
  gain: normals(d, 1),
  epsilon: 1e-5,
  ...(kind === 'layer' && { shift: normals(d, 2) }),
});

/** Central differences of a function of a vector. */
function differences(f: (x: Float64Array) => number, x: Float64Array, h = 1e-5): Float64Array {
  return x.map((_, i) => {
    const moved = (step: number) => f(x.map((value, j) => (j === i ? value + step : value)));
    return (moved(h) - moved(-h)) / (2 * h);
  });
}

const off = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));

describe('normalizations', () => {
  test.each(['layer', 'rms'] as const)(
    '%s: the gradient is that of automatic differentiation and of differences',
    (kind) => {
      const own = norm(kind);
      const wide = (values: ArrayLike<number>) => tensor(array(Float64Array.from(values), 'float64', [d]));
      for (let seed = 3; seed < 8; seed++) {
        const x = normals(d, seed).map((value) => 3 * value + 1);
        const v = normals(d, 100 + seed);
        const found = pullNorm(own, x, v);
        const traced = (t: Tensor) =>
          sum(
            mul(
              kind === 'layer'
                ? layerNorm(t, wide(own.gain!), wide(own.shift!), 1e-5)
                : rmsNorm(t, wide(own.gain!), 1e-5),
              wide(v),
            ),
          );
        expect(off(found, evaluate(grad(traced)(wide(x))).data as Float64Array)).toBeLessThan(1e-9);
        expect(
          off(
            found,
            differences((at) => dot(v, applyNorm(own, at)), x),
          ),
        ).toBeLessThan(1e-6);
      }
    },
  );

  test('the gradient is orthogonal to 1 and to the normalized input', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
        const x = normals(d, seed).map((value) => 2 * value - 1);
        const plain: Norm = { kind: 'layer', epsilon: 0 };
        const pulled = pullNorm({ ...norm('layer'), epsilon: 0 }, x, normals(d, seed + 7));
        const hat = applyNorm(plain, x);
        expect(Math.abs(pulled.reduce((a, b) => a + b))).toBeLessThan(1e-9 * (1 + length(pulled)));
        expect(Math.abs(dot(pulled, hat))).toBeLessThan(1e-9 * (1 + length(pulled)));
      }),
      { seed: 37, numRuns: 50 },
    );
  });

  test.each([8, 64, 512])(
    'theorem: the mean angle by which it turns directions stays below the bound, d = %i',
    (size) => {
      const random = rng(size);
      let total = 0;
      for (let i = 0; i < 400; i++) {
        const x = random.fillNormal(new Float64Array(size));
        const v = random.fillNormal(new Float64Array(size));
        total += Math.acos(Math.min(1, cosine(v, pullNorm({ kind: 'layer', epsilon: 0 }, x, v))));
      }
      expect(total / 400).toBeLessThan(normAngleBound(size));
      // Not an empty bound: something does turn.
      expect(total / 400).toBeGreaterThan(normAngleBound(size) / 4);
    },
  );

  test('without the Jacobian it is the gain times √d / ‖x‖', () => {
    const v = normals(d, 4);
    const expected = v.map((value, i) => (value * norm('layer').gain![i]! * Math.sqrt(d)) / 5);
    expect(off(scaleNorm(norm('layer'), v, 5), expected)).toBeLessThan(1e-12);
  });

  test.each(['layer', 'rms'] as const)(
    '%s: no point with value zero is nearer than the one found',
    (kind) => {
      const own = norm(kind);
      const v = normals(d, 41);
      const x = normals(d, 42).map((value) => 2 * value);
      const point = nearestZero(own, x, v);
      expect(Math.abs(dot(v, applyNorm(own, point)))).toBeLessThan(1e-8);
      const distance = length(plus(point, x, -1));
      for (let seed = 0; seed < 200; seed++) {
        const start = plus(point, normals(d, 500 + seed), 0.05);
        const slope = pullNorm(own, start, v);
        let other = start;
        for (let i = 0; i < 20; i++)
          other = plus(other, slope, -dot(v, applyNorm(own, other)) / dot(slope, slope));
        if (Math.abs(dot(v, applyNorm(own, other))) < 1e-9)
          expect(length(plus(other, x, -1))).toBeGreaterThan(distance - 1e-5);
      }
    },
  );
});

describe('feed-forward parts', () => {
  const affine = (out: number, inner: number, seed: number) =>
    new Affine({
      data: normals(out * inner, seed).map((value) => value / 3),
      out,
      in: inner,
      outStride: inner,
      inStride: 1,
      bias: normals(out, seed + 1),
    });
  const plain: Mlp = { activation: 'gelu_new', up: affine(9, d, 5), down: affine(d, 9, 7) };

  test.each<[string, Mlp]>([
    ['gelu_new', plain],
    ['gelu', { ...plain, activation: 'gelu' }],
    ['tanh', { ...plain, activation: 'tanh' }],
    ['gated silu', { ...plain, activation: 'silu', gate: affine(9, d, 9) }],
  ])('%s: the gradient is that of differences', (_, mlp) => {
    const x = normals(d, 11);
    const y = normals(d, 12);
    expect(
      off(
        pullMlp(mlp, x, y),
        differences((at) => dot(y, applyMlp(mlp, at)), x),
      ),
    ).toBeLessThan(1e-7);
  });

  test('where all units are on, a rectified one gives Wᵀ W′ᵀ y', () => {
    const { up, down } = plain;
    const open = new Affine({
      data: new Float64Array(9 * d),
      out: 9,
      in: d,
      outStride: d,
      inStride: 1,
      bias: new Float64Array(9).fill(1),
    });
    const mlp: Mlp = { activation: 'relu', gate: open, up, down };
    const y = normals(d, 13);
    expect(off(pullMlp(mlp, normals(d, 14), y), up.pull(down.pull(y)))).toBeLessThan(1e-12);
  });
});

describe('views of matrices', () => {
  test('both layouts of storage give the same products and transposed products', () => {
    const data = normals(15, 3);
    const turned = Float64Array.from({ length: 15 }, (_, at) => data[(at % 3) * 5 + Math.floor(at / 3)]!);
    const rows = new Affine({ data, out: 3, in: 5, outStride: 5, inStride: 1 });
    const columns = new Affine({ data: turned, out: 3, in: 5, outStride: 1, inStride: 3 });
    const [x, y] = [normals(5, 4), normals(3, 5)];
    expect(off(rows.times(x), columns.times(x))).toBeLessThan(1e-14);
    expect(off(rows.pull(y), columns.pull(y))).toBeLessThan(1e-14);
    expect(Math.abs(dot(y, rows.times(x)) - dot(rows.pull(y), x))).toBeLessThan(1e-12);
  });
});

describe('coupling', () => {
  test('of a feature with itself it is 1, and it is linear in the second', () => {
    const [a, b] = [normals(d, 21), normals(d, 22)];
    expect(couplingCoefficient(a, a)).toBeCloseTo(1, 12);
    const scaled = b.map((value) => -2.5 * value);
    expect(couplingCoefficient(a, scaled)).toBeCloseTo(-2.5 * couplingCoefficient(a, b), 12);
  });

  test('on isotropic inputs it is the slope of the regression, whose r² is the squared cosine', () => {
    const [a, b] = [normals(d, 23), plus(normals(d, 23), normals(d, 24), 0.7)];
    const random = rng(25);
    const x = new Float64Array(d);
    const scores = [new Float64Array(100_000), new Float64Array(100_000)];
    for (let i = 0; i < 100_000; i++) {
      random.fillNormal(x);
      scores[0]![i] = dot(a, x);
      scores[1]![i] = dot(b, x);
    }
    const { slope, r2 } = regression(scores[0]!, scores[1]!);
    expect(Math.abs(slope - couplingCoefficient(a, b))).toBeLessThan(0.01);
    expect(Math.abs(r2 - cosine(a, b) ** 2)).toBeLessThan(0.01);
  });

  test.each([
    ['lengths that differ', () => couplingCoefficient([1], [1, 2]), 'DIMENSION_MISMATCH'],
    ['zeros', () => cosine([0, 0], [1, 2]), 'ZERO_VECTOR'],
    ['what is no number', () => cosine([Number.NaN, 0], [1, 2]), 'NON_FINITE'],
    ['scores that do not vary', () => regression([1, 1], [1, 2]), 'INVALID_ARGUMENT'],
    ['a theorem below its range', () => normAngleBound(7), 'INVALID_ARGUMENT'],
  ])('refuses %s', (_, call, code) => {
    expect(call).toThrow(expect.objectContaining({ code }));
  });
});

describe('the point between two', () => {
  const value = (x: Float64Array) => x[0]! ** 3 - 2;
  test('is where the value is zero', () => {
    const point = zeroBetween(Float64Array.of(0, 0), Float64Array.of(2, 4), value);
    expect(point[0]).toBeCloseTo(Math.cbrt(2), 12);
    expect(point[1]).toBeCloseTo(2 * Math.cbrt(2), 12);
  });
  test('is missing when both values have one sign', () => {
    expect(() => zeroBetween(Float64Array.of(2), Float64Array.of(3), (x) => x[0]! + 1.1)).toThrow(
      /value is \+3\.1 and \+4\.1: no zero between/i,
    );
  });
});

describe('baselines', () => {
  const women = Array.from({ length: 6 }, (_, i) => plus(normals(d, 200 + i), normals(d, 31), 2));
  const men = Array.from({ length: 6 }, (_, i) => plus(normals(d, 300 + i), normals(d, 31), -2));

  test('the mean difference is a difference of means', () => {
    expect(
      Array.from(
        meanDifference(
          [
            [1, 2],
            [3, 4],
          ],
          [[0, 1]],
        ),
      ),
    ).toEqual([2, 2]);
  });

  test('least squares with more rows than columns finds the weights; with fewer those of least norm', () => {
    const w = normals(d, 32);
    const many = Array.from({ length: 40 }, (_, i) => normals(d, 400 + i));
    expect(
      off(
        regressionProbe(
          many,
          many.map((x) => dot(w, x) + 3),
        ),
        w,
      ),
    ).toBeLessThan(1e-9);
    const few = many.slice(0, 4);
    const found = regressionProbe(
      few,
      few.map((x) => dot(w, x) + 3),
    );
    for (const x of few.slice(1))
      expect(dot(found, plus(x, few[0]!, -1))).toBeCloseTo(dot(w, plus(x, few[0]!, -1)), 9);
    expect(length(found)).toBeLessThan(length(w));
  });

  test('the logistic probe is where the gradient of its loss vanishes, and it parts the classes', () => {
    const w = logisticProbe(women, men);
    const gap = Math.min(...women.map((x) => dot(w, x))) - Math.max(...men.map((x) => dot(w, x)));
    expect(gap).toBeGreaterThan(0);
    expect(length(logisticProbe(women, men, 100))).toBeLessThan(length(w));
  });

  test('a random direction has length one and depends on the seed', () => {
    expect(length(randomDirection(d, 1))).toBeCloseTo(1, 12);
    expect(randomDirection(d, 1)).toEqual(randomDirection(d, 1));
    expect(randomDirection(d, 1)).not.toEqual(randomDirection(d, 2));
  });

  test.each([
    ['a class without activations', () => meanDifference([], men), 'INVALID_ARGUMENT'],
    ['activations of other lengths', () => meanDifference(women, [[1]]), 'DIMENSION_MISMATCH'],
    ['values that are not as many', () => regressionProbe(women, [1]), 'DIMENSION_MISMATCH'],
    ['a penalty of zero', () => logisticProbe(women, men, 0), 'INVALID_ARGUMENT'],
  ])('refuse %s', (_, call, code) => {
    expect(call).toThrow(expect.objectContaining({ code }));
  });
});
