import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kFold, stratifiedFolds } from './folds.js';
import { chooseOnPath, meanScore } from './path-choice.js';

describe('folds', () => {
  it('hold out every row once, in sizes that differ by one at most, each class in equal shares', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(3), { minLength: 2, maxLength: 80 }),
        fc.integer({ min: 2, max: 6 }),
        fc.nat(100),
        (codes, wanted, seed) => {
          const folds = stratifiedFolds(codes, { folds: Math.min(wanted, codes.length), seed });
          const tested = folds.flatMap(({ test }) => [...test]).sort((a, b) => a - b);
          expect(tested).toEqual(codes.map((_, i) => i));
          const sizes = folds.map(({ test }) => test.length);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
          for (const { train, test } of folds) expect(train.length + test.length).toBe(codes.length);
          for (const code of new Set(codes)) {
            const shares = folds.map(({ test }) => test.filter((row) => codes[row] === code).length);
            expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
          }
        },
      ),
      { seed: 2, numRuns: 100 },
    );
  });

  it('depend on the seed alone', () => {
    expect(kFold(20, { seed: 1 })).toEqual(kFold(20, { seed: 1 }));
    expect(kFold(20, { seed: 1 })).not.toEqual(kFold(20, { seed: 2 }));
  });

  it.each([1, 4, 2.5])('refuse %d folds of three rows', (folds) => {
    expect(() => kFold(3, { folds })).toThrow(/from 2 to the 3 rows/);
  });
});

describe('the choice on a path', () => {
  it('is the lowest mean, the strongest of ties, or the strongest within one standard error', () => {
    const points = [5, 3.2, 3, 2.9, 2.9, 4].map((mean) => ({ mean, standardError: 0.15 }));
    expect(chooseOnPath(points)).toBe(3);
    expect(chooseOnPath(points, 'one-se')).toBe(2);
  });

  it('knows the standard error of a mean', () => {
    const { mean, standardError } = meanScore([1, 2, 3, 4]);
    expect(mean).toBe(2.5);
    expect(standardError).toBeCloseTo(Math.sqrt(5 / 3 / 4), 12);
  });
});
