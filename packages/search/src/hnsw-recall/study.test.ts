import { Matrix, matmul, randomOrthogonal, rng } from '@fletch/linalg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  exactNeighbours,
  insertionOrder,
  lidHistogram,
  lidMLE,
  lidProfile,
  ndcgAtK,
  presetOf,
  presets,
  rankShift,
  recallOf,
  recallStudy,
  spearman,
  syntheticIntrinsic,
} from './index.js';

const normal = (n: number, dim: number, seed = 0) =>
  new Matrix(rng(seed).fillNormal(new Float32Array(n * dim)), n, dim);

/** Uniform in a ball of radius 1. */
function ball(n: number, d: number, seed: number, radius = 1): Matrix<Float32Array> {
  const random = rng(seed);
  const x = normal(n, d, seed + 1);
  for (let i = 0; i < n; i++) {
    const row = x.row(i);
    const by = (radius * random.uniform() ** (1 / d)) / Math.hypot(...row);
    row.forEach((value, j) => {
      row[j] = value * by;
    });
  }
  return x;
}

describe('lidMLE', () => {
  it.each([2, 5, 10])('finds the dimension of a ball of %i dimensions inside it', (d) => {
    const lid = lidMLE(ball(20_000, d, d), { metric: 'l2', queries: ball(200, d, 99, d === 10 ? 0.1 : 0.5) });
    expect(Math.abs(lidProfile(lid).mean / d - 1)).toBeLessThan(0.1);
  });

  it('does not change when everything is scaled and turned', () => {
    const x = normal(400, 7);
    const turn = randomOrthogonal(rng(3), 7, 7, 'float32') as Matrix<Float32Array>;
    const turned = matmul(x, turn);
    turned.data.forEach((value, i) => {
      turned.data[i] = 12.5 * value;
    });
    const [a, b] = [x, turned].map((rows) => lidMLE(rows, { metric: 'l2', k: 20 }));
    for (const [i, value] of a!.entries()) expect(b![i]! / value).toBeCloseTo(1, 3);
  });

  it('is twice what squared distances would give', () => {
    const x = normal(60, 3);
    const [k, at] = [20, 11];
    const squares = Array.from({ length: 60 }, (_, i) => {
      let sum = 0;
      for (let j = 0; j < 3; j++) sum += (x.row(i)[j]! - x.row(at)[j]!) ** 2;
      return sum;
    })
      .filter((_, i) => i !== at)
      .sort((a, b) => a - b)
      .slice(0, k);
    const ofSquares = -k / squares.reduce((sum, square) => sum + Math.log(square / squares[k - 1]!), 0);
    expect(lidMLE(x, { metric: 'l2', k, sample: [at] })[0]! / ofSquares).toBeCloseTo(2, 5);
  });

  it('takes cosines as distances of unit vectors', () => {
    const x = normal(200, 5);
    const unit = new Matrix(x.data.slice(), 200, 5);
    for (let i = 0; i < 200; i++) {
      const row = unit.row(i);
      const length = Math.hypot(...row);
      row.forEach((value, j) => {
        row[j] = value / length;
      });
    }
    const cosine = lidMLE(x, { metric: 'cosine', k: 10 });
    const euclid = lidMLE(unit, { metric: 'l2', k: 10 });
    for (const [i, value] of euclid.entries()) expect(cosine[i]! / value).toBeCloseTo(1, 4);
  });

  it('leaves equal points out, and says when nothing is left', () => {
    const x = new Matrix(Float32Array.of(0, 0, 0, 1, 2), 5, 1);
    const lid = lidMLE(x, { metric: 'l2', k: 4 });
    expect(lid[0]).toBeCloseTo(-2 / Math.log(0.5), 5);
    expect(lidMLE(new Matrix(new Float32Array(6), 6, 1), { metric: 'l2', k: 4 })[0]).toBe(
      Number.POSITIVE_INFINITY,
    );
    expect(lidHistogram([1, 2, 3, 4, 5, Number.POSITIVE_INFINITY], 2)).toEqual({
      low: 1,
      high: 5,
      counts: [2, 3],
    });
    expect(lidHistogram([3, 3], 4)).toEqual({ low: 3, high: 3, counts: [2, 0, 0, 0] });
    expect(lidProfile([1, 2, 3, Number.POSITIVE_INFINITY])).toMatchObject({ mean: 2, undefined: 1 });
  });

  it('refuses as many neighbours as there are rows', () => {
    expect(() => lidMLE(normal(10, 2), { metric: 'l2', k: 10 })).toThrow('from 1 to 9, but is 10');
    const bad = normal(10, 2);
    bad.data[3] = Number.NaN;
    expect(() => lidMLE(bad, { metric: 'l2', k: 3 })).toThrow(
      expect.objectContaining({ code: 'NON_FINITE' }),
    );
    expect(() => lidMLE(new Matrix(new Float32Array(20), 10, 2), { metric: 'cosine', k: 3 })).toThrow(
      expect.objectContaining({ code: 'ZERO_VECTOR' }),
    );
  });
});

describe('syntheticIntrinsic', () => {
  it('fills as many dimensions as it is told, with unit vectors', () => {
    const { X, Q, basis } = syntheticIntrinsic({ n: 50, D: 20, d: 3, queries: 5, seed: 1 });
    expect([X.rows, X.cols, Q.rows, basis.rows, basis.cols]).toEqual([50, 20, 5, 20, 3]);
    const inside = matmul(matmul(X, basis), basis, { transposeB: true });
    for (const [i, value] of X.data.entries()) expect(inside.data[i]!).toBeCloseTo(value, 5);
    for (let i = 0; i < 50; i++) expect(Math.hypot(...X.row(i))).toBeCloseTo(1, 5);
    expect(() => syntheticIntrinsic({ n: 5, D: 2, d: 3 })).toThrow('no 5 points of 3 dimensions');
  });
});

describe('insertionOrder', () => {
  const x = normal(6, 2);

  it('is a permutation, by dimension with the undefined last, or by category', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(fc.double({ min: 1, max: 90, noNaN: true }), fc.constant(Number.POSITIVE_INFINITY)),
          {
            minLength: 6,
            maxLength: 6,
          },
        ),
        fc.constantFrom('random' as const, 'lid-asc' as const, 'lid-desc' as const, 'category' as const),
        (lid, kind) => {
          const order = [
            ...insertionOrder(x, kind, { lid, labels: ['a', 'b', 'a', 'c', 'b', 'a'], seed: 1 }),
          ];
          expect([...order].sort()).toEqual([0, 1, 2, 3, 4, 5]);
          const values = order.map((row) => lid[row]!);
          const finite = values.filter(Number.isFinite);
          if (kind === 'lid-asc') expect(finite).toEqual([...finite].sort((a, b) => a - b));
          if (kind === 'lid-desc') expect(finite).toEqual([...finite].sort((a, b) => b - a));
          if (kind.startsWith('lid')) expect(values.slice(0, finite.length)).toEqual(finite);
        },
      ),
      { seed: 42, numRuns: 60 },
    );
    const labels = ['a', 'b', 'a', 'c', 'b', 'a'];
    const seen = [...insertionOrder(x, 'category', { labels })].map((row) => labels[row]);
    expect(seen.filter((label, i) => label !== seen[i - 1]).length).toBe(3);
  });

  it('refuses labels and dimensions of another number, and unknown orders', () => {
    expect(() => insertionOrder(x, 'category')).toThrow('needs the label of each row');
    expect(() => insertionOrder(x, 'category', { labels: [1] })).toThrow('labels has 1 values for 6 rows');
    expect(() => insertionOrder(x, 'lid-asc', { lid: [1, 2] })).toThrow('lid has 2 values for 6 rows');
    expect(() => insertionOrder(x, 'alphabetic' as 'random')).toThrow('Unknown order "alphabetic"');
  });
});

describe('measures', () => {
  it('give the exact index a recall of 1, also where distances tie', () => {
    const x = new Matrix(Float32Array.of(0, 1, 1, 1, 2), 5, 1);
    const truth = exactNeighbours(x, { k: 2, metric: 'l2', queries: new Matrix(Float32Array.of(0), 1, 1) });
    expect(recallOf(truth, truth, 0)).toBe(1);
    expect(recallOf({ ids: [0, 3], dists: [0, 1] }, truth, 0)).toBe(1);
    expect(recallOf({ ids: [0, 4], dists: [0, 4] }, truth, 0)).toBe(0.5);
    expect(recallOf({ ids: [], dists: [] }, truth, 0)).toBe(0);
  });

  it('compute the discounted gain', () => {
    const qrels = new Map([
      [
        'q',
        new Map([
          ['a', 3],
          ['b', 1],
        ]),
      ],
    ]);
    expect(ndcgAtK(new Map([['q', ['a', 'b']]]), qrels)).toBe(1);
    const swapped = ndcgAtK(new Map([['q', ['x', 'b', 'a']]]), qrels);
    expect(swapped).toBeCloseTo((1 / Math.log2(3) + 3 / 2) / (3 + 1 / Math.log2(3)), 12);
    expect(() => ndcgAtK(new Map(), qrels)).toThrow('no answers to q');
  });

  it('count the places that models move', () => {
    expect(rankShift({ a: 3, b: 2, c: 1 }, { a: 1, b: 2, c: 3 }).map(({ moved }) => moved)).toEqual([
      2, 0, 2,
    ]);
    expect(() => rankShift({ a: 1 }, {})).toThrow('one score of two');
  });

  it('correlate ranks', () => {
    expect(spearman([1, 2, 3], [10, 20, 21])).toBe(1);
    expect(spearman([1, 2, 3], [3, 2, 1])).toBe(-1);
    // Ranks 1, 2.5, 2.5, 4 and 1, 3, 2, 4: covariance 4.5 of √(4.5 · 5).
    expect(spearman([1, 2, 2, 3], [1, 3, 2, 4])).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 12);
  });
});

describe('recallStudy', () => {
  it('measures each order with each preset, and finds everything when the walk is wide', async () => {
    const { X, Q } = syntheticIntrinsic({ n: 400, D: 16, d: 12, queries: 40 });
    const { rows, lid, pointwise } = await recallStudy(X, Q, {
      metric: 'cosine',
      params: { narrow: { M: 4, efConstruction: 20, ef: 10 }, wide: { M: 16, efConstruction: 200, ef: 400 } },
      seeds: [0, 1],
    });
    expect(rows.map(({ order, preset }) => `${order} ${preset}`)).toEqual([
      'random narrow',
      'random wide',
      'lid-asc narrow',
      'lid-asc wide',
      'lid-desc narrow',
      'lid-desc wide',
    ]);
    for (const { preset, recall, visited } of rows) {
      if (preset === 'wide') expect(recall).toBeGreaterThan(0.999);
      else expect(recall).toBeGreaterThan(0.3);
      expect(visited).toBeLessThanOrEqual(400 * 1.3);
    }
    expect(pointwise.length).toBe(400);
    expect(lid.mean).toBeGreaterThan(6);
  });

  it('knows the presets', () => {
    expect(presetOf('faiss')).toEqual(presets.faiss);
    expect(() => presetOf('toString')).toThrow('Unknown preset "toString": use one of study, hnswlib');
  });
});
