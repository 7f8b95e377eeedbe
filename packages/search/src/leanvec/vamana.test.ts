import { Matrix, rng } from '@fletch/linalg';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codedVectors, plainVectors } from './distances.js';
import { lvqEncode } from './lvq.js';
import { pruneCandidates } from './prune.js';
import { buildVamana, searchVamana } from './vamana.js';

const gaussian = (seed: number, rows: number, cols: number) =>
  new Matrix(rng(seed).fillNormal(new Float32Array(rows * cols)), rows, cols);

/** All but the first, the nearest to it first. */
function poolOf(x: Matrix, metric: 'l2' | 'ip') {
  const vectors = plainVectors(x, metric);
  const distance = vectors.from(0);
  const pool = Array.from({ length: x.rows - 1 }, (_, i) => ({ id: i + 1, distance: distance(i + 1) }));
  return { vectors, pool: pool.sort((a, b) => a.distance - b.distance) };
}

describe('pruning', () => {
  // The node at the origin; distances squared: 1 → 1, 2 → 1.44, 3 → 4, 4 → 4.41, 5 → 9.
  const plane = Matrix.from([
    [0, 0],
    [1, 0],
    [0, 1.2],
    [2, 0],
    [2.1, 0],
    [-3, 0],
  ]);

  test('keeps what was computed by hand in a plane', () => {
    const { vectors, pool } = poolOf(plane, 'l2');
    // 2 is 2.44 from 1 and 1.44 from the node: kept. 3 is 1 from 1 and 4 from the node: left out, so is 4. 5 has nobody.
    expect(pruneCandidates(pool, vectors, { alpha: 1, limit: 5 })).toEqual([1, 2, 5]);
    expect(pruneCandidates(pool, vectors, { alpha: 1, limit: 2 })).toEqual([1, 2]);
    // 4 is 1.21 from 1: with 3.6 it is nearer to it (4.356 < 4.41). 3 is as well (3.6 < 4).
    expect(pruneCandidates(pool, vectors, { alpha: 3.6, limit: 5 })).toEqual([1, 2, 5]);
    // With 3.7 (4.477 > 4.41) 4 comes back, with 4.1 first 3, which then leaves out 4 (0.041 < 4.41).
    expect(pruneCandidates(pool, vectors, { alpha: 3.7, limit: 5 })).toEqual([1, 2, 5, 4]);
    expect(pruneCandidates(pool, vectors, { alpha: 4.1, limit: 5 })).toEqual([1, 2, 5, 3]);
    expect(pruneCandidates(pool, vectors, { alpha: 4.1, limit: 3 })).toEqual([1, 2, 5]);
  });

  test('keeps what was computed by hand for inner products', () => {
    const x = Matrix.from([
      [1, 0],
      [3, 0],
      [2.9, 1],
      [1, 5],
      [0.3, 0.1],
    ]);
    const { vectors, pool } = poolOf(x, 'ip');
    expect(pool.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    // With 1: product 8.7 > 2.9 leaves out 2, 3 > 1 leaves out 3, 0.9 > 0.3 leaves out 4.
    expect(pruneCandidates(pool, vectors, { alpha: 1, limit: 4 })).toEqual([1]);
    // 0.33: 2.871 < 2.9 brings 2 back; 0.99 < 1, but 0.33 x 7.9 > 1 by 2; 0.297 < 0.3, but 0.33 x 0.97 > 0.3 by 2.
    expect(pruneCandidates(pool, vectors, { alpha: 0.33, limit: 4 })).toEqual([1, 2]);
  });

  test('every candidate left out has a link that is nearer to it', () => {
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.integer({ min: 1, max: 30 }),
        fc.constantFrom(1, 1.2, 2),
        (seed, limit, alpha) => {
          const { vectors, pool } = poolOf(gaussian(seed, 40, 3), 'l2');
          const kept = pruneCandidates(pool, vectors, { alpha, limit });
          expect(new Set(kept).size).toBe(kept.length);
          expect(kept.length).toBeLessThanOrEqual(limit);
          expect(kept[0]).toBe(pool[0]!.id);
          if (kept.length === limit) return;
          for (const { id, distance } of pool)
            if (!kept.includes(id))
              expect(kept.some((link) => alpha * vectors.from(link)(id) < distance)).toBe(true);
        },
      ),
      { numRuns: 100, seed: 1 },
    );
  });
});

describe('the graph', () => {
  const x = gaussian(1, 600, 8);
  const queries = gaussian(2, 50, 8);
  const options = { maxDegree: 24, window: 40 };

  test.each(['l2', 'ip'] as const)(
    '%s: finds nearly all neighbours, and all with a window as wide as it is large',
    (metric) => {
      const vectors = plainVectors(x, metric);
      const graph = buildVamana(vectors, options);
      expect(Math.max(...graph.links.map((list) => list.length))).toBeLessThanOrEqual(24);
      graph.links.forEach((list, i) => {
        expect(list).not.toContain(i);
      });
      let hits = 0;
      for (let i = 0; i < queries.rows; i++) {
        const distance = vectors.to(queries.row(i));
        const truth = Array.from({ length: x.rows }, (_, j) => j).sort((a, b) => distance(a) - distance(b));
        const { found } = searchVamana(vectors, graph, queries.row(i), 40);
        hits += found.slice(0, 10).filter(({ id }) => truth.indexOf(id) < 10).length;
        const all = searchVamana(vectors, graph, queries.row(i), x.rows);
        if (metric === 'l2') expect(all.found.map(({ id }) => id)).toEqual(truth);
      }
      expect(hits / 500).toBeGreaterThan(metric === 'l2' ? 0.97 : 0.9);
    },
  );

  test('can be built on codes', () => {
    const vectors = codedVectors(lvqEncode(x, { bits: 8 }), 'l2');
    const graph = buildVamana(vectors, options);
    const plain = plainVectors(x, 'l2');
    for (const query of [x.row(5), x.row(77)]) {
      const { found, compared, visited } = searchVamana(vectors, graph, query, 20);
      expect(plain.to(query)(found[0]!.id)).toBe(0);
      expect(compared).toBeLessThan(x.rows);
      expect(visited.length).toBeGreaterThanOrEqual(20);
    }
  });

  test('begins in the middle, whatever the metric', () => {
    const cross = Matrix.from([
      [9, 0],
      [-9, 0],
      [0.5, 0],
      [0, 9],
      [0, -9],
    ]);
    for (const metric of ['l2', 'ip'] as const)
      expect(buildVamana(plainVectors(cross, metric)).entry).toBe(2);
  });

  test('of identical vectors, or of one, answers', () => {
    const alike = plainVectors(new Matrix(new Float32Array(100).fill(3), 50, 2), 'l2');
    const { found } = searchVamana(alike, buildVamana(alike, { maxDegree: 8, window: 10 }), [3, 3], 5);
    expect(found.map(({ distance }) => distance)).toEqual([0, 0, 0, 0, 0]);
    const one = plainVectors(Matrix.from([[1, 2]]), 'ip');
    expect(searchVamana(one, buildVamana(one), [1, 1], 3).found).toEqual([{ id: 0, distance: -3 }]);
  });

  test.each<[string, 'l2' | 'ip', object, string]>([
    ['alpha below one', 'l2', { alpha: 0.9 }, 'at least 1 for Euclidean'],
    ['alpha above one', 'ip', { alpha: 1.1 }, 'in (0, 1] for inner products'],
    ['alpha of zero', 'ip', { alpha: 0 }, 'in (0, 1]'],
    [
      'pruning to more than there may be',
      'l2',
      { maxDegree: 8, pruneTo: 9 },
      'pruneTo must be an integer from 1 to 8',
    ],
    ['no links', 'l2', { maxDegree: 0 }, 'maxDegree'],
    ['no window', 'l2', { window: 0 }, 'window'],
  ])('%s is refused', (_, metric, bad, message) => {
    expect(() => buildVamana(plainVectors(x, metric), bad)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) }),
    );
  });

  test('stops when asked to, and refuses queries of another dimension', () => {
    const vectors = plainVectors(x, 'l2');
    expect(() => buildVamana(vectors, { signal: AbortSignal.abort() })).toThrow(
      expect.objectContaining({ code: 'ABORTED' }),
    );
    for (const any of [vectors, codedVectors(lvqEncode(x, { bits: 8 }), 'l2')])
      expect(() => any.to([1, 2])).toThrow(expect.objectContaining({ code: 'DIMENSION_MISMATCH' }));
  });
});
