import { expect, test } from 'vitest';
import { mixBfloat16 } from './merge.js';

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);
const value = (bits: number) => {
  word[0] = bits << 16;
  return float[0]!;
};
/** Nearest, ties to even. */
const bits = (number: number) => {
  float[0] = number;
  return (word[0]! + 0x7fff + ((word[0]! >>> 16) & 1)) >>> 16;
};

/** Some bits of finite numbers, in no order. */
const numbers = (seed: number, count: number) =>
  Uint16Array.from({ length: count }, (_, i) => {
    const one = (Math.imul(i + 1, 2654435761) ^ Math.imul(seed, 40503)) >>> 7;
    return (one & 0x8000) | (0x3c00 + (one % 0x400));
  });

test.each([1, 7, 8, 1000, 32_768, 40_001])('sums of %d numbers are those of 32-bit floats', (count) => {
  const parts = [numbers(1, count), numbers(2, count), numbers(3, count)];
  const factors = [0.5, -0.25, 1];
  const out = new Uint16Array(count);
  expect(mixBfloat16(parts, factors, out)).toBe(false);
  // The factors are powers of two: products are exact, sums are rounded as the kernel does.
  const exact = out.map((_, i) =>
    bits(factors.reduce((total, factor, j) => Math.fround(total + factor * value(parts[j]![i]!)), 0)),
  );
  expect(out).toEqual(exact);
});

test('numbers that are not finite are noticed, wherever they stand', () => {
  for (const place of [0, 5, 32_767, 32_768, 40_000])
    for (const broken of [0x7f80, 0xff80, 0x7fc0]) {
      const parts = [numbers(1, 40_001), numbers(2, 40_001)];
      parts[1]![place] = broken;
      expect(mixBfloat16(parts, [1, 1], new Uint16Array(40_001))).toBe(true);
    }
});
