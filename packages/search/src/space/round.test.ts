import fc from 'fast-check';
import { expect, test } from 'vitest';
import { float16Above, float16Below, fromFloat16, roundTo, toFloat16, toUint8 } from './round.js';

test('every number of 16 bits is its own nearest', () => {
  for (let half = 0; half < 65_536; half++) {
    const value = fromFloat16(half);
    if (!Number.isNaN(value)) expect(toFloat16(value)).toBe(half);
  }
  expect(fromFloat16(toFloat16(Number.NaN))).toBeNaN();
});

test('numbers become the nearest of 16 bits, in the middle the even one', () => {
  fc.assert(
    fc.property(fc.float({ min: -65_504, max: 65_504, noNaN: true }), (value) => {
      const half = toFloat16(value);
      const error = Math.abs(fromFloat16(half) - value);
      for (const other of [half - 1, half + 1]) {
        const there = fromFloat16(other & 0xffff);
        if (!Number.isFinite(there)) continue;
        const distance = Math.abs(there - value);
        expect(error).toBeLessThanOrEqual(distance);
        if (error === distance && there !== fromFloat16(half)) expect(half & 1).toBe(0);
      }
    }),
    { numRuns: 2000, seed: 3 },
  );
  expect(fromFloat16(toFloat16(2 ** -25))).toBe(0);
  expect(fromFloat16(toFloat16(2 ** -25 * 1.001))).toBe(2 ** -24);
  expect(fromFloat16(toFloat16(65_519.99))).toBe(65_504);
  expect(fromFloat16(toFloat16(-65_520))).toBe(Number.NEGATIVE_INFINITY);
});

test('8 bits cut off what is behind the point and beyond the ends', () => {
  expect([-1, -0.5, 0, 0.99, 1.5, 254.9, 255, 256, 1e30].map(toUint8)).toEqual([
    0, 0, 0, 0, 1, 254, 255, 255, 255,
  ]);
  const values = Float32Array.of(1.5, -2);
  roundTo('float32', values);
  expect([...values]).toEqual([1.5, -2]);
  roundTo('uint8', values);
  expect([...values]).toEqual([1, 0]);
});

test('16 bits below and above enclose a number, with none between', () => {
  const values = fc.oneof(
    fc.double({ min: -65_504, max: 65_504, noNaN: true }),
    fc.double({ min: -1e-6, max: 1e-6, noNaN: true }),
  );
  fc.assert(
    fc.property(values, (value) => {
      const below = fromFloat16(float16Below(value));
      const above = fromFloat16(float16Above(value));
      expect(below).toBeLessThanOrEqual(value);
      expect(above).toBeGreaterThanOrEqual(value);
      const size = Math.max(2 ** -14, 2 ** Math.floor(Math.log2(Math.abs(value))));
      expect(above - below).toBeLessThanOrEqual(size * 2 ** -10);
      if (fromFloat16(toFloat16(value)) === value)
        expect([below, above].map(Math.abs)).toEqual([value, value].map(Math.abs));
    }),
    { numRuns: 2000, seed: 4 },
  );
  expect(fromFloat16(float16Below(70_000))).toBe(65_504);
  expect(fromFloat16(float16Above(70_000))).toBe(Number.POSITIVE_INFINITY);
});
