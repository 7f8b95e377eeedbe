import { Matrix } from '@fletch/linalg';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { meanPool, singleVectorCandidates } from './baselines.js';
import { ballCarve, chamfer } from './chamfer.js';
import { normalSet, slowChamfer, unitSet } from './testing.case.js';

describe('Chamfer similarity', () => {
  test('is its definition', () => {
    for (let seed = 0; seed < 20; seed++) {
      const [query, document] = [normalSet(1 + (seed % 5), 9, seed), normalSet(1 + (seed % 7), 9, 50 + seed)];
      expect(chamfer(query, document)).toBeCloseTo(slowChamfer(query, document), 10);
    }
  });

  test('refuses empty sets and two lengths', () => {
    const none = new Matrix(new Float32Array(0), 0, 3);
    expect(() => chamfer(none, normalSet(1, 3, 1))).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
    expect(() => chamfer(normalSet(1, 3, 1), none)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
    expect(() => chamfer(normalSet(1, 3, 1), normalSet(1, 4, 1))).toThrow(
      expect.objectContaining({ code: 'DIMENSION_MISMATCH' }),
    );
  });
});

describe('ball carving', () => {
  const set = unitSet(12, 6, 3);

  test('above 1 leaves the set as it is', () => {
    expect(ballCarve(set, 1.01).toArrays()).toEqual(set.toArrays());
  });

  test('at −1 and below one vector is left, their sum', () => {
    for (const tau of [-1, -2]) {
      const carved = ballCarve(set, tau);
      expect(carved.rows).toBe(1);
      for (let j = 0; j < 6; j++)
        expect(carved.at(0, j)).toBeCloseTo(
          set.column(j).reduce((sum, value) => sum + value, 0),
          5,
        );
    }
  });

  test('keeps the sum, and never overstates similarity', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 15 }),
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.nat(999),
        (n, tau, seed) => {
          const [query, document] = [unitSet(n, 5, seed), unitSet(7, 5, seed + 1)];
          const carved = ballCarve(query, tau);
          expect(carved.rows).toBeLessThanOrEqual(n);
          for (let j = 0; j < 5; j++) {
            const sum = (matrix: Matrix) => matrix.toArrays().reduce((total, row) => total + row[j]!, 0);
            expect(sum(carved)).toBeCloseTo(sum(query), 4);
          }
          expect(chamfer(carved, document)).toBeLessThanOrEqual(chamfer(query, document) + 1e-4);
        },
      ),
      { numRuns: 80, seed: 32 },
    );
  });

  test('joins near duplicates: the first takes those around it, also when they are long', () => {
    const carved = ballCarve(
      Matrix.from([
        [1, 0],
        [0, 1],
        [2, 0.1],
        [0.1, 3],
      ]),
      0.9,
    );
    expect(carved.toArrays().map((row) => row.map((value) => Number(value.toFixed(3))))).toEqual([
      [3, 0.1],
      [0.1, 4],
    ]);
  });

  test('refuses what is no number, and an empty set', () => {
    expect(() => ballCarve(set, Number.NaN)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(() => ballCarve(new Matrix(new Float32Array(0), 0, 3))).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });
});

describe('baselines', () => {
  const hit = (...rows: number[]) => ({
    rows: Uint32Array.from(rows),
    scores: new Float32Array(rows.length),
  });

  test('the heuristic goes through ranks, counts every hit and names every document once', () => {
    const owner = Uint32Array.of(7, 7, 8, 9, 9);
    const hits = [hit(0, 2, 1), hit(1, 3, 0)];
    expect(singleVectorCandidates(hits, owner)).toEqual({ documents: Uint32Array.of(7, 8, 9), retrieved: 6 });
    expect(singleVectorCandidates(hits, owner, 1)).toEqual({ documents: Uint32Array.of(7), retrieved: 2 });
    expect(singleVectorCandidates([], owner)).toEqual({ documents: new Uint32Array(0), retrieved: 0 });
  });

  test('mean pooling is the direction of the sum', () => {
    expect(
      Array.from(
        meanPool(
          Matrix.from([
            [3, 1],
            [0, 3],
          ]),
        ),
      ),
    ).toEqual([Math.fround(0.6), Math.fround(0.8)]);
    expect(Array.from(meanPool(Matrix.from([[1], [-1]])))).toEqual([0]);
  });
});
