import { expect, it } from 'vitest';
import { effectiveRankOf } from './index.js';

it('counts the values that share the whole', () => {
  expect(effectiveRankOf([3, 3, 3, 3])).toBeCloseTo(4, 12);
  expect(effectiveRankOf([5, 0, -1e-18])).toBe(1);
  expect(effectiveRankOf([0, 0])).toBe(0);
  // Shares 3/4 and 1/4.
  expect(effectiveRankOf([3, 1])).toBeCloseTo((4 / 3) ** 0.75 * 4 ** 0.25, 12);
});
