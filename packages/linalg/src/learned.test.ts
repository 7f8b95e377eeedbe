import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign } from './assignment.js';
import { kmeans } from './kmeans.js';
import { Matrix, type Precision, zeros } from './matrix.js';
import { pca, project, reconstruct } from './pca.js';
import { randomOrthogonal } from './random/orthogonal.js';
import { rng } from './random/rng.js';
import { randomizedSVD } from './randomized-svd.js';
import {
  as,
  build,
  diagonal,
  distance,
  EPS,
  precisions,
  random,
  size,
  skew,
  times,
  turn,
} from './support.case.js';
import { svd } from './svd.js';

const withValues = (m: number, n: number, f: (i: number) => number, precision: Precision) => {
  const k = Math.min(m, n);
  const u = randomOrthogonal(rng(5), m, k);
  const v = randomOrthogonal(rng(6), n, k);
  return as(times(u, diagonal(Array.from({ length: k }, (_, i) => f(i))), turn(v)), precision);
};

describe.each(precisions)('randomized svd of %s', (precision) => {
  it.each<[string, number, number, (i: number) => number]>([
    ['quick decay', 120, 90, (i) => 2 ** -i],
    ['quicker decay, wide', 60, 150, (i) => 10 ** -i],
    ['slow decay', 150, 100, (i) => 1 / (1 + i)],
    ['a jump', 100, 100, (i) => (i < 12 ? 1 : 1e-3)],
    ['low rank', 90, 70, (i) => (i < 5 ? 1 : 0)],
  ])('%s', (_, m, n, f) => {
    const a = withValues(m, n, f, precision);
    const rank = 12;
    const { u, s, vt } = randomizedSVD(a, rank);
    expect([u.rows, u.cols, s.length, vt.rows, vt.cols]).toEqual([m, rank, rank, rank, n]);
    expect(skew(u)).toBeLessThan(100 * EPS[precision]);
    expect(skew(turn(vt))).toBeLessThan(100 * EPS[precision]);
    const left = times(u, diagonal(s), vt);
    const error = size(build(m, n, (i, j) => a.at(i, j) - left.at(i, j)));
    const best = Math.sqrt(
      Array.from({ length: Math.min(m, n) - rank }, (_, i) => f(i + rank) ** 2).reduce((x, y) => x + y, 0),
    );
    expect(error).toBeLessThan(1.1 * best + 500 * EPS[precision]);
    const exact = svd(a).s;
    for (let i = 0; i < rank / 2; i++)
      expect(Math.abs(s[i]! - exact[i]!)).toBeLessThan(0.02 * f(i) + 100 * EPS[precision]);
  });

  it('is exact when the projection is as large as the matrix, and for any scale', () => {
    for (const factor of precision === 'float32' ? [1, 2 ** 110, 2 ** -110] : [1, 2 ** 1000, 2 ** -1000]) {
      const a = build(15, 9, (i, j) => factor * Math.fround(random(15, 9).at(i, j)), precision);
      const { u, s, vt } = randomizedSVD(a, 9);
      expect(distance(times(u, diagonal(s), vt), a)).toBeLessThan(100 * EPS[precision] * size(a));
    }
    expect(Array.from(randomizedSVD(zeros(6, 5, precision), 2).s)).toEqual([0, 0]);
  });

  it('repeats itself, and follows its stream', () => {
    const a = random(50, 40, precision);
    expect(randomizedSVD(a, 3)).toEqual(randomizedSVD(a, 3));
    expect(randomizedSVD(a, 3, { random: rng(1) }).s).not.toEqual(randomizedSVD(a, 3).s);
  });
});

const sum = (values: Iterable<number>) => Array.from(values).reduce((a, b) => a + b, 0);

describe('pca', () => {
  const x = build(200, 6, (i, j) => 10 + rng(1, i * 6 + j).normal() * (6 - j) + (j === 1 ? i / 20 : 0));

  it('finds orthonormal directions whose coordinates do not correlate', () => {
    const found = pca(x, 6);
    const t = project(found, x);
    const covariance = times(turn(t), t);
    for (let i = 0; i < 6; i++)
      for (let j = 0; j < 6; j++)
        expect(covariance.at(i, j) / 199).toBeCloseTo(i === j ? found.variances[i]! : 0, 9);
    expect(skew(turn(found.components))).toBeLessThan(1e-13);
    expect(sum(found.variances)).toBeCloseTo(found.totalVariance, 9);
    expect(distance(reconstruct(found, t), x)).toBeLessThan(1e-11);
    const two = pca(x, 2);
    expect(two.components).toEqual(new Matrix(found.components.data.slice(0, 12), 2, 6));
    const lost = distance(reconstruct(two, project(two, x)), x) ** 2 / 199;
    expect(lost).toBeCloseTo(sum(found.variances.slice(2)), 9);
  });

  it('comes near that by projection, in float32 too', () => {
    const exact = pca(x, 2);
    const near = pca(x, 2, { randomized: {} });
    near.variances.forEach((v, i) => {
      expect(v / exact.variances[i]!).toBeCloseTo(1, 6);
    });
    const single = pca(as(x, 'float32'), 2);
    expect(single.components.data).toBeInstanceOf(Float32Array);
    expect(distance(single.components, exact.components)).toBeLessThan(1e-5);
  });

  it('refuses bad sizes and numbers', () => {
    expect(() => pca(x, 7)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(() => pca(zeros(1, 3), 1)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(() => project(pca(x, 2), zeros(3, 5))).toThrow(
      expect.objectContaining({ code: 'DIMENSION_MISMATCH' }),
    );
    expect(() => reconstruct(pca(x, 2), zeros(3, 5))).toThrow(
      expect.objectContaining({ code: 'DIMENSION_MISMATCH' }),
    );
    const bad = zeros(4, 2);
    bad.data[5] = Number.NaN;
    expect(() => pca(bad, 1)).toThrow(expect.objectContaining({ code: 'NON_FINITE' }));
  });
});

describe('kmeans', () => {
  const blobs = (precision: Precision) => {
    const noise = rng(2).fillNormal(new Float64Array(300 * 2));
    const centres = [
      [0, 0],
      [20, 0],
      [0, 20],
    ];
    return build(300, 2, (i, j) => centres[i % 3]![j]! + noise[2 * i + j]!, precision);
  };

  it.each(precisions)('finds separate clusters of %s', (precision) => {
    const { labels, centroids, inertia } = kmeans(blobs(precision), 3, { random: rng(1) });
    for (let i = 3; i < 300; i++) expect(labels[i]).toBe(labels[i - 3]);
    expect(new Set(labels).size).toBe(3);
    // 600 squares of normal numbers, less three means.
    expect(Math.abs(inertia / 600 - 1)).toBeLessThan(0.2);
    const corner = centroids.row(labels[1]!);
    expect([corner[0], corner[1]].map((v) => Math.round(v!) + 0)).toEqual([20, 0]);
  });

  it('ends in a state that no step improves', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 8 }),
        fc.nat({ max: 99 }),
        (n, k, seed) => {
          const x = build(n, 3, (i, j) => Math.round(3 * random(n, 3, 'float64', seed + 1).at(i, j)));
          const used = Math.min(k, n);
          const { labels, centroids, inertia } = kmeans(x, used, { random: rng(seed) });
          let sum = 0;
          for (let i = 0; i < n; i++) {
            const distances = Array.from({ length: used }, (_, c) =>
              [0, 1, 2].reduce((s, j) => s + (x.at(i, j) - centroids.at(c, j)) ** 2, 0),
            );
            expect(distances[labels[i]!]).toBeLessThanOrEqual(Math.min(...distances) + 1e-9);
            sum += distances[labels[i]!]!;
          }
          expect(inertia).toBeCloseTo(sum, 9);
        },
      ),
      { seed: 5, numRuns: 60 },
    );
  });

  it('gives every row its own cluster, takes equal rows and given centroids, and stops when told', () => {
    expect(kmeans(blobs('float64'), 300).inertia).toBe(0);
    expect(
      kmeans(
        build(5, 2, () => 1),
        3,
      ).inertia,
    ).toBe(0);
    const given = kmeans(blobs('float64'), 1, { initial: zeros(1, 2), iterations: 1 });
    expect(given.centroids.at(0, 0)).toBeCloseTo(20 / 3, 0);
    const stages: number[] = [];
    kmeans(blobs('float64'), 3, { onProgress: ({ done }) => stages.push(done) });
    expect(stages[0]).toBe(1);
    expect(() => kmeans(blobs('float64'), 3, { signal: AbortSignal.abort() })).toThrow(
      expect.objectContaining({ code: 'ABORTED' }),
    );
  });

  it('refuses bad sizes and numbers', () => {
    for (const call of [
      () => kmeans(zeros(3, 2), 0),
      () => kmeans(zeros(3, 2), 4),
      () => kmeans(zeros(3, 2), 2, { initial: zeros(2, 3) }),
    ])
      expect(call).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    const bad = zeros(4, 2);
    bad.data[5] = Number.POSITIVE_INFINITY;
    expect(() => kmeans(bad, 1)).toThrow(
      expect.objectContaining({ code: 'NON_FINITE', details: { row: 2, col: 1 } }),
    );
  });
});

describe('assign', () => {
  /** Every pairing. */
  const exhaustive = (a: Matrix, sign: number): number => {
    if (a.rows > a.cols) return exhaustive(turn(a), sign);
    const best = (i: number, free: ReadonlySet<number>): number =>
      i === a.rows
        ? 0
        : Math.min(
            ...[...free].map(
              (j) => sign * a.at(i, j) + best(i + 1, new Set([...free].filter((f) => f !== j))),
            ),
          );
    return sign * best(0, new Set(Array.from({ length: a.cols }, (_, j) => j)));
  };

  it('finds the best of all pairings', () => {
    const side = fc.integer({ min: 0, max: 6 });
    fc.assert(
      fc.property(side, side, fc.nat({ max: 999 }), fc.boolean(), (m, n, seed, maximize) => {
        const a = build(m, n, (i, j) => Math.round(6 * random(m, n, 'float64', seed).at(i, j)));
        const { rows, cols, cost } = assign(a, { maximize });
        expect(rows.length).toBe(Math.min(m, n));
        expect(new Set(rows).size + new Set(cols).size).toBe(2 * Math.min(m, n));
        expect(cost).toBe(Array.from(rows).reduce((sum, i, at) => sum + a.at(i, cols[at]!), 0));
        expect(cost).toBe(Math.min(m, n) === 0 ? 0 : exhaustive(a, maximize ? -1 : 1) + 0);
      }),
      { seed: 6, numRuns: 150 },
    );
  });

  it('undoes a permutation', () => {
    const order = rng(1).permutation(200);
    const a = build(200, 200, (i, j) =>
      order[i] === j ? -1 : random(1, 1, 'float64', i * 200 + j).at(0, 0) + 1,
    );
    expect(assign(a).cols).toEqual(order);
  });

  it('refuses what is not finite', () => {
    const bad = zeros(2, 2);
    bad.data[3] = Number.NaN;
    expect(() => assign(bad)).toThrow(
      expect.objectContaining({ code: 'NON_FINITE', details: { row: 1, col: 1 } }),
    );
  });
});
