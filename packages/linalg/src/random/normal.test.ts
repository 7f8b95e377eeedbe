import { expect, test } from 'vitest';
import { normalQuantile } from './normal.js';

test('gives the quantiles of tables', () => {
  expect(normalQuantile(0.5)).toBe(0);
  expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 14);
  expect(normalQuantile(1e-6)).toBeCloseTo(-4.753424308822899, 12);
  for (const p of [0, 1, Number.NaN]) expect(() => normalQuantile(p)).toThrow(/between 0 and 1/);
});
