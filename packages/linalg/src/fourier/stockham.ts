/**
 * The self-sorting fast Fourier transform of Stockham for sizes with small prime factors (Van Loan, Computational
 * Frameworks for the Fast Fourier Transform, 1992, section 1.7), decimating in frequency.
 *
 * @module
 */
import { type Circle, circle } from './circle.js';

/** Prime factors beyond this go another way. */
const LARGEST = 31;

/** Radices whose product is n, fours first, or null when a prime factor is too large. */
export function radices(n: number): number[] | null {
  const result: number[] = [];
  let rest = n;
  for (let p = 4; rest > 1; p = p === 4 ? 2 : p === 2 ? 3 : p + 2) {
    if (p > LARGEST) return null;
    for (; rest % p === 0; rest /= p) result.push(p);
  }
  return result;
}

/** Transforms `re` and `im` (all overwritten) with `e^(-2 pi i jk / n)`. */
export function stockham(re: Float64Array, im: Float64Array, factors: readonly number[]): void {
  const n = re.length;
  const table = circle(n);
  let from: Pair = { re, im };
  let to: Pair = { re: new Float64Array(n), im: new Float64Array(n) };
  let stride = 1;
  let rest = n;
  for (const p of factors) {
    rest /= p;
    if (p === 4) radix4(from, to, table, rest, stride);
    else radixAny(from, to, table, p, rest, stride);
    stride *= p;
    [from, to] = [to, from];
  }
  if (from.re === re) return;
  re.set(from.re);
  im.set(from.im);
}

interface Pair {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

function radix4(x: Pair, y: Pair, { cos, sin }: Circle, m: number, s: number): void {
  for (let q = 0; q < m; q++) {
    const c1 = cos[q * s]!;
    const s1 = -sin[q * s]!;
    const c2 = cos[2 * q * s]!;
    const s2 = -sin[2 * q * s]!;
    const c3 = cos[3 * q * s]!;
    const s3 = -sin[3 * q * s]!;
    for (let t = 0; t < s; t++) {
      const i0 = s * q + t;
      const i1 = i0 + s * m;
      const i2 = i1 + s * m;
      const i3 = i2 + s * m;
      const ar = x.re[i0]! + x.re[i2]!;
      const ai = x.im[i0]! + x.im[i2]!;
      const br = x.re[i0]! - x.re[i2]!;
      const bi = x.im[i0]! - x.im[i2]!;
      const cr = x.re[i1]! + x.re[i3]!;
      const ci = x.im[i1]! + x.im[i3]!;
      // Minus i times the difference.
      const dr = x.im[i1]! - x.im[i3]!;
      const di = x.re[i3]! - x.re[i1]!;
      const o = 4 * s * q + t;
      y.re[o] = ar + cr;
      y.im[o] = ai + ci;
      const er = br + dr;
      const ei = bi + di;
      y.re[o + s] = er * c1 - ei * s1;
      y.im[o + s] = er * s1 + ei * c1;
      const fr = ar - cr;
      const fi = ai - ci;
      y.re[o + 2 * s] = fr * c2 - fi * s2;
      y.im[o + 2 * s] = fr * s2 + fi * c2;
      const gr = br - dr;
      const gi = bi - di;
      y.re[o + 3 * s] = gr * c3 - gi * s3;
      y.im[o + 3 * s] = gr * s3 + gi * c3;
    }
  }
}

function radixAny(x: Pair, y: Pair, { cos, sin }: Circle, p: number, m: number, s: number): void {
  const n = x.re.length;
  const root = n / p;
  for (let q = 0; q < m; q++)
    for (let r = 0; r < p; r++) {
      const c = cos[q * r * s]!;
      const d = -sin[q * r * s]!;
      for (let t = 0; t < s; t++) {
        let re = 0;
        let im = 0;
        for (let j = 0; j < p; j++) {
          const at = s * (q + m * j) + t;
          const w = ((j * r) % p) * root;
          re += x.re[at]! * cos[w]! + x.im[at]! * sin[w]!;
          im += x.im[at]! * cos[w]! - x.re[at]! * sin[w]!;
        }
        const o = s * (p * q + r) + t;
        y.re[o] = re * c - im * d;
        y.im[o] = re * d + im * c;
      }
    }
}
