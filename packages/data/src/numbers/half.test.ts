import { expect, test } from 'vitest';
import { bfloat16ToFloat32, float32ToBfloat16, float32ToHalf, halfToFloat32 } from './half.js';

const all = Uint16Array.from({ length: 65_536 }, (_, i) => i);
const isNaN16 = (bits: number, infinity: number) => (bits & 0x7fff) > infinity;

test('every half-precision number is what its bits say, and comes back', () => {
  const values = halfToFloat32(all);
  for (const bits of [0, 1, 0x3ff, 0x400, 0x3c00, 0x7bff, 0x8001, 0xc000]) {
    const exponent = (bits >> 10) & 31;
    const size =
      exponent === 0 ? (bits & 1023) * 2 ** -24 : (1 + (bits & 1023) / 1024) * 2 ** (exponent - 15);
    expect(values[bits]).toBe(bits >> 15 ? -size : size);
  }
  expect([values[0x7c00], values[0xfc00], values[0x7e00]]).toEqual([Infinity, -Infinity, Number.NaN]);
  const back = float32ToHalf(values);
  for (let i = 0; i < 65_536; i++) {
    if (isNaN16(i, 0x7c00)) expect(isNaN16(back[i]!, 0x7c00)).toBe(true);
    else expect(back[i]).toBe(i);
  }
});

test('every bfloat16 number comes back', () => {
  const back = float32ToBfloat16(bfloat16ToFloat32(all));
  for (let i = 0; i < 65_536; i++) {
    if (isNaN16(i, 0x7f80)) expect(isNaN16(back[i]!, 0x7f80)).toBe(true);
    else expect(back[i]).toBe(i);
  }
});

test('what lies between two numbers goes to the nearer one, half-way to the even one', () => {
  for (const [toBits, fromBits, infinity] of [
    [float32ToHalf, halfToFloat32, 0x7c00],
    [float32ToBfloat16, bfloat16ToFloat32, 0x7f80],
  ] as const) {
    const values = fromBits(all);
    for (let i = 0; i < infinity - 1; i += 7) {
      const [low, high] = [values[i]!, values[i + 1]!];
      const step = (high - low) / 8;
      const points = Float32Array.of(low + 3 * step, low + 4 * step, low + 5 * step);
      if (points[0] === low || points[2] === high) continue;
      expect(Array.from(toBits(points))).toEqual([i, i % 2 === 0 ? i : i + 1, i + 1]);
      expect(Array.from(toBits(points.map((value) => -value)), (bits) => bits & 0x7fff)).toEqual([
        i,
        i % 2 === 0 ? i : i + 1,
        i + 1,
      ]);
    }
  }
});

test('too large and too small', () => {
  const values = Float32Array.of(65_519.996, 65_520, -1e38, 2 ** -25, 2 ** -25 * 1.0001, 3.4e38, Number.NaN);
  expect(Array.from(float32ToHalf(values))).toEqual([0x7bff, 0x7c00, 0xfc00, 0, 1, 0x7c00, 0x7e00]);
  expect(Array.from(float32ToBfloat16(Float32Array.of(3.397e38, 3.396e38)))).toEqual([0x7f80, 0x7f7f]);
});
