import { Matrix, rng } from '@fletch/linalg';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  calibration,
  conformalize,
  evenLevels,
  intervalScore,
  isotonic,
  meanPinball,
  minMaxSweep,
  pinball,
  sortQuantiles,
  wis,
} from './index.js';

const tau = evenLevels(9);
const normals = (n: number, seed: number): Float64Array => rng(seed).fillNormal(new Float64Array(n));
const loss = (y: number, q: ArrayLike<number>, levels: readonly number[]): number =>
  levels.reduce((sum, level, k) => sum + pinball(y, q[k]!, level), 0);

describe('scores', () => {
  test.each([0.05, 0.3, 0.5, 0.9])('the pinball loss is least at the quantile of a sample: %f', (level) => {
    const sample = normals(201, 4);
    const total = (q: number) => sample.reduce((sum, y) => sum + pinball(y, q, level), 0);
    const grid = Array.from({ length: 6001 }, (_, i) => -3 + i / 1000);
    const best = grid.reduce((least, q) => (total(q) < total(least) ? q : least));
    const sorted = sample.toSorted();
    expect(Math.abs(best - sorted[Math.ceil(level * 201) - 1]!)).toBeLessThan(1e-3);
  });

  test('the weighted interval score is that of its intervals and of the median', () => {
    const q = new Matrix(normals(20 * 9, 1), 20, 9);
    const y = normals(20, 2);
    let sum = 0;
    for (let i = 0; i < 20; i++) {
      sum += Math.abs(y[i]! - q.at(i, 4)) / 2;
      for (let k = 0; k < 4; k++) {
        const alpha = 2 * tau[k]!;
        sum += (alpha / 2) * intervalScore(y[i]!, q.at(i, k), q.at(i, 8 - k), alpha);
      }
    }
    expect(wis(y, q, tau)).toBeCloseTo(sum / 20 / 4.5, 12);
    expect(() => wis(y, new Matrix(new Float64Array(40), 20, 2), [0.1, 0.5])).toThrow(/symmetric/);
  });

  test('calibration counts', () => {
    const y = [1, 2, 3, 4];
    const q = Matrix.from([
      [0, 2, 5],
      [0, 2, 5],
      [0, 2, 5],
      [4, 5, 6],
    ]);
    const { coverage, error, intervals, intervalError } = calibration(y, q, [0.25, 0.5, 0.75]);
    expect([...coverage]).toEqual([0.25, 0.75, 1]);
    expect(error).toBeCloseTo((0 + 0.25 + 0.25) / 3, 12);
    expect(intervals).toEqual([{ nominal: 0.5, coverage: 1, width: (15 + 2) / 4 }]);
    expect(intervalError).toBe(0.5);
  });

  test('refuse bad input', () => {
    const q = new Matrix(new Float64Array(6), 2, 3);
    for (const levels of [
      [0, 0.5, 0.9],
      [0.1, 0.5, 1],
      [0.5, 0.1, 0.9],
      [0.1, 0.1, 0.9],
      [Number.NaN, 0.5, 0.9],
    ])
      expect(() => meanPinball([1, 2], q, levels)).toThrow(/Quantile levels/);
    expect(() => meanPinball([1, 2], q, [0.5])).toThrow(/need as many quantiles/);
    expect(() => meanPinball([1], q, [0.1, 0.5, 0.9])).toThrow(/not 2 × 3/);
    expect(() => evenLevels(0)).toThrow(/at least one/);
    expect(() => meanPinball([1], q, [])).toThrow(/no quantile levels/);
  });
});

describe('crossings', () => {
  test('sorting and isotonic regression never raise the loss', () => {
    const random = rng(7);
    for (let trial = 0; trial < 10_000; trial++) {
      const m = 2 + random.integer(18);
      const levels = evenLevels(m);
      const v = random.fillNormal(new Float64Array(m));
      const y = random.normal();
      const before = loss(y, v, levels);
      expect(loss(y, sortQuantiles(v), levels)).toBeLessThanOrEqual(before + 1e-12);
      expect(loss(y, isotonic(v), levels)).toBeLessThanOrEqual(before + 1e-12);
    }
  });

  test('a sweep may raise it', () => {
    const levels = evenLevels(3);
    const raised = rng(3)
      .fillNormal(new Float64Array(3000))
      .reduce((count, _, i, all) => {
        if (i % 3 !== 0) return count;
        const v = all.subarray(i, i + 3);
        return count + (loss(0, minMaxSweep(v), levels) > loss(0, v, levels) + 1e-9 ? 1 : 0);
      }, 0);
    expect(raised).toBeGreaterThan(0);
  });

  test('isotonic regression solves its quadratic programme', () => {
    // Every solution is made of blocks: all ways to cut m ≤ 6 numbers into blocks of means are tried.
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 1, maxLength: 6 }),
        (v) => {
          let best = Number.POSITIVE_INFINITY;
          let solution: number[] = [];
          for (let cuts = 0; cuts < 2 ** (v.length - 1); cuts++) {
            const blocks: number[][] = [[v[0]!]];
            for (let i = 1; i < v.length; i++)
              if ((cuts >> (i - 1)) & 1) blocks.push([v[i]!]);
              else blocks.at(-1)!.push(v[i]!);
            const fit = blocks.flatMap((block) => {
              const mean = block.reduce((sum, value) => sum + value / block.length, 0);
              return block.map(() => mean);
            });
            if (fit.some((value, i) => i > 0 && value < fit[i - 1]! - 1e-12)) continue;
            const squares = fit.reduce((sum, value, i) => sum + (value - v[i]!) ** 2, 0);
            if (squares < best) [best, solution] = [squares, fit];
          }
          const result = isotonic(v);
          result.forEach((value, i) => {
            expect(value).toBeCloseTo(solution[i]!, 9);
          });
          isotonic(result).forEach((value, i) => {
            expect(value).toBeCloseTo(result[i]!, 12);
          });
        },
      ),
      { seed: 22, numRuns: 300 },
    );
  });

  test('the sweep goes out from the median', () => {
    expect([...minMaxSweep([3, 1, 2, 0, 5])]).toEqual([1, 1, 2, 2, 5]);
    expect([...minMaxSweep([2])]).toEqual([2]);
    expect([...minMaxSweep([2, 1])]).toEqual([2, 2]);
  });
});

describe('conformal calibration', () => {
  const levels = evenLevels(9);
  /** Quantiles of the wrong model: normal ones that are too narrow and shifted. */
  const predicted = (rows: number) =>
    new Matrix(
      Float64Array.from({ length: rows * 9 }, (_, at) => 0.3 + ((at % 9) - 4) * 0.1),
      rows,
      9,
    );

  test.each(['one-sided', 'cqr'] as const)('%s covers what it promises on exchangeable rows', (kind) => {
    const [n, draws, tests] = [60, 200, 50];
    const covered = Array.from({ length: draws }, (_, draw) => {
      const y = normals(n + tests, draw);
      const held = y.subarray(n);
      const q = conformalize(predicted(tests), predicted(n), y.subarray(0, n), levels, kind);
      const { coverage, intervals } = calibration(held, q, levels);
      return kind === 'cqr' ? intervals.map((interval) => interval.coverage) : [...coverage];
    });
    const nominal = kind === 'cqr' ? [0.8, 0.6, 0.4, 0.2] : levels;
    nominal.forEach((level, k) => {
      const values = covered.map((row) => row[k]!);
      const mean = values.reduce((sum, value) => sum + value / draws, 0);
      const error = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0)) / draws;
      expect(mean).toBeGreaterThanOrEqual(level - 3 * error);
      expect(mean).toBeLessThanOrEqual(level + 1 / (n + 1) + 3 * error);
    });
  });

  test('comes out in order', () => {
    const q = conformalize(predicted(5), predicted(30), normals(30, 1), levels, 'one-sided');
    for (let i = 0; i < 5; i++)
      for (let k = 1; k < 9; k++) expect(q.at(i, k)).toBeGreaterThanOrEqual(q.at(i, k - 1));
  });

  test('refuses too few rows, and pairs that are none', () => {
    expect(() => conformalize(predicted(5), predicted(19), normals(19, 1), levels)).toThrow(
      /at least 20 rows, not 19/,
    );
    const two = new Matrix(new Float64Array(60), 30, 2);
    expect(() => conformalize(two, two, normals(30, 1), [0.1, 0.5], 'cqr')).toThrow(/symmetric/);
    expect(() => conformalize(two, two, normals(30, 1), [0.1, 0.5], 'both' as 'cqr')).toThrow(
      /conformal must be/,
    );
  });
});
