import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rng } from '../random/rng.js';
import { circle } from './circle.js';
import { type Complex, fft, ifft, irfft, rfft } from './fft.js';

const noise = (n: number, seed: number) => rng(seed).fillNormal(new Float64Array(n));

/** The definition. */
function slow(re: Float64Array, im: Float64Array): Complex {
  const n = re.length;
  const outRe = new Float64Array(n);
  const outIm = new Float64Array(n);
  for (let k = 0; k < n; k++)
    for (let j = 0; j < n; j++) {
      const angle = (-2 * Math.PI * ((j * k) % n)) / n;
      outRe[k]! += re[j]! * Math.cos(angle) - im[j]! * Math.sin(angle);
      outIm[k]! += re[j]! * Math.sin(angle) + im[j]! * Math.cos(angle);
    }
  return { re: outRe, im: outIm };
}

const length = (x: Complex) => Math.sqrt(x.re.reduce((s, v, i) => s + v * v + x.im[i]! ** 2, 0));
const difference = (x: Complex, y: Complex): number => {
  expect(x.re.length).toBe(y.re.length);
  return length({ re: x.re.map((v, i) => v - y.re[i]!), im: x.im.map((v, i) => v - y.im[i]!) });
};

it('equals the definition at every length to 160, and its inverse brings it back', () => {
  for (let n = 1; n <= 160; n++) {
    const x = { re: noise(n, n), im: noise(n, n + 1000) };
    const y = fft(x.re, x.im);
    expect(difference(y, slow(x.re, x.im))).toBeLessThan(1e-13 * n * length(x));
    expect(difference(ifft(y.re, y.im), x)).toBeLessThan(2e-15 * length(x));
    const real = rfft(x.re);
    const whole = fft(x.re);
    const half = (n >> 1) + 1;
    expect(difference(real, { re: whole.re.slice(0, half), im: whole.im.slice(0, half) })).toBeLessThan(
      4e-15 * length(whole),
    );
    expect(
      difference({ re: irfft(real, n), im: new Float64Array(n) }, { re: x.re, im: new Float64Array(n) }),
    ).toBeLessThan(2e-15 * length(x));
  }
});

it.each([1024, 4096, 1000, 30030, 9973, 2 * 4999, 65536])('keeps 14 digits there and back: %i', (n) => {
  const x = { re: noise(n, 1), im: noise(n, 2) };
  const y = fft(x.re, x.im);
  expect(difference(ifft(y.re, y.im), x)).toBeLessThan(3e-15 * length(x));
  // Parseval.
  expect(length(y) / Math.sqrt(n) / length(x)).toBeCloseTo(1, 13);
  // The transform of a pure wave is one number.
  const { cos, sin } = circle(n);
  const wave = fft(
    cos.map((_, j) => cos[(3 * j) % n]!),
    sin.map((_, j) => sin[(3 * j) % n]!),
  );
  expect(wave.re[3]! / n).toBeCloseTo(1, 13);
  wave.re[3] = 0;
  expect(length(wave)).toBeLessThan(1e-13 * n);
});

it('is linear and turns convolution into products', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 90 }), fc.nat({ max: 1000 }), (n, seed) => {
      const x = noise(n, seed);
      const y = noise(n, seed + 1);
      const a = fft(x);
      const b = fft(y);
      const product = ifft(
        a.re.map((v, i) => v * b.re[i]! - a.im[i]! * b.im[i]!),
        a.re.map((v, i) => v * b.im[i]! + a.im[i]! * b.re[i]!),
      );
      for (let k = 0; k < n; k++) {
        let sum = 0;
        for (let j = 0; j < n; j++) sum += x[j]! * y[(k - j + n) % n]!;
        expect(product.re[k]).toBeCloseTo(sum, 9);
      }
    }),
    { seed: 3, numRuns: 40 },
  );
});

it('has exact points on the axes and symmetric ones elsewhere', () => {
  for (const n of [4, 8, 12, 1000, 30030 * 4]) {
    const { cos, sin } = circle(n);
    expect([cos[0], sin[0], cos[n / 4], sin[n / 4], cos[n / 2], sin[(3 * n) / 4]]).toEqual([
      1, 0, -0, 1, -1, -1,
    ]);
    for (let k = 1; k < n / 4; k++) {
      expect(cos[k]).toBe(sin[n / 4 - k]);
      expect(cos[k]).toBe(cos[n - k]);
      expect(cos[k]! ** 2 + sin[k]! ** 2).toBeCloseTo(1, 14);
    }
  }
});

it('takes nothing and refuses what does not fit', () => {
  expect(fft([]).re.length).toBe(0);
  expect(rfft([]).re.length).toBe(0);
  expect(irfft({ re: new Float64Array(0), im: new Float64Array(0) }).length).toBe(0);
  expect(() => fft([1, 2], [1])).toThrow(expect.objectContaining({ code: 'DIMENSION_MISMATCH' }));
  expect(() => fft([1, Number.NaN])).toThrow(
    expect.objectContaining({ code: 'NON_FINITE', details: { index: 1 } }),
  );
  expect(() => ifft([1], [Number.POSITIVE_INFINITY])).toThrow(
    expect.objectContaining({ code: 'NON_FINITE' }),
  );
  expect(() => irfft(rfft([1, 2, 3, 4]), 7)).toThrow(expect.objectContaining({ code: 'DIMENSION_MISMATCH' }));
});
