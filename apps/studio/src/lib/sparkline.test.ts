import { expect, it } from 'vitest';
import { sparkline } from './sparkline.js';

const size = { width: 100, height: 20, slots: 5 };

it('draws from left to right with the newest value at the right edge', () => {
  expect(sparkline([0, 5, 10], size)).toBe('M50.0 20.0L75.0 10.0L100.0 0.0');
});

it('keeps only what fits and survives nothing and zeros', () => {
  expect(sparkline([9, 9, 1, 2, 3, 4, 4], size).startsWith('M0.0 15.0')).toBe(true);
  expect(sparkline([], size)).toBe('');
  expect(sparkline([0, 0], size)).toBe('M75.0 20.0L100.0 20.0');
});
