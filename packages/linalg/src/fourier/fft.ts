/**
 * Discrete Fourier transforms of any length.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { requireInteger } from '../checks.js';
import { circle } from './circle.js';
import { radices, stockham } from './stockham.js';

/** Complex numbers: real and imaginary parts. */
export interface Complex {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

function copied(operation: string, re: ArrayLike<number>, im: ArrayLike<number> | undefined): Complex {
  if (im && im.length !== re.length)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `${operation}: ${re.length} real parts and ${im.length} imaginary parts.`,
      { details: { re: re.length, im: im.length } },
    );
  const result = { re: Float64Array.from(re), im: im ? Float64Array.from(im) : new Float64Array(re.length) };
  for (let i = 0; i < re.length; i++)
    if (!Number.isFinite(result.re[i]) || !Number.isFinite(result.im[i]))
      throw new FletchError('NON_FINITE', `${operation}: number ${i} is not finite.`, {
        details: { index: i },
      });
  return result;
}

function transform(re: Float64Array, im: Float64Array): void {
  const n = re.length;
  if (n <= 1) return;
  const factors = radices(n);
  if (factors) stockham(re, im, factors);
  else bluestein(re, im);
}

/** Any length as a convolution of a power of two (Bluestein, IEEE Trans. Audio Electroacoust. 18(4), 1970). */
function bluestein(re: Float64Array, im: Float64Array): void {
  const n = re.length;
  const { cos, sin } = circle(2 * n);
  const size = 2 ** Math.ceil(Math.log2(2 * n - 1));
  const factors = radices(size) ?? [];
  const ar = new Float64Array(size);
  const ai = new Float64Array(size);
  const br = new Float64Array(size);
  const bi = new Float64Array(size);
  // k^2 modulo 2n by differences: the square itself may not be a safe integer.
  const chirp = new Int32Array(n);
  for (let k = 1; k < n; k++) chirp[k] = (chirp[k - 1]! + 2 * k - 1) % (2 * n);
  for (let k = 0; k < n; k++) {
    const c = cos[chirp[k]!]!;
    const s = sin[chirp[k]!]!;
    ar[k] = re[k]! * c + im[k]! * s;
    ai[k] = im[k]! * c - re[k]! * s;
    br[k] = c;
    bi[k] = s;
    if (k > 0) {
      br[size - k] = c;
      bi[size - k] = s;
    }
  }
  stockham(ar, ai, factors);
  stockham(br, bi, factors);
  for (let k = 0; k < size; k++) {
    const x = ar[k]! * br[k]! - ai[k]! * bi[k]!;
    // Conjugated: the transform back is a transform of the conjugate.
    ai[k] = -(ar[k]! * bi[k]! + ai[k]! * br[k]!);
    ar[k] = x;
  }
  stockham(ar, ai, factors);
  for (let k = 0; k < n; k++) {
    const x = ar[k]! / size;
    const y = -ai[k]! / size;
    const c = cos[chirp[k]!]!;
    const s = sin[chirp[k]!]!;
    re[k] = x * c + y * s;
    im[k] = y * c - x * s;
  }
}

/**
 * The discrete Fourier transform `X_k = sum_j x_j e^(-2 pi i jk / n)`, in O(n log n) for every n.
 *
 * @param re - n real parts
 * @param im - n imaginary parts; default zeros
 * @throws FletchError `DIMENSION_MISMATCH` with both lengths, `NON_FINITE` with the index
 */
export function fft(re: ArrayLike<number>, im?: ArrayLike<number>): Complex {
  const x = copied('fft', re, im);
  transform(x.re, x.im);
  return x;
}

/** The inverse of {@link fft}; throws as it does. */
export function ifft(re: ArrayLike<number>, im?: ArrayLike<number>): Complex {
  const x = copied('ifft', re, im);
  // Exchanging the parts before and after turns the transform into its inverse.
  transform(x.im, x.re);
  for (let i = 0; i < x.re.length; i++) {
    x.re[i]! /= x.re.length;
    x.im[i]! /= x.im.length;
  }
  return x;
}

/**
 * The first `floor(n / 2) + 1` numbers of the transform of n real numbers; the others are their conjugates. Even lengths
 * cost half of {@link fft}.
 *
 * @throws FletchError `NON_FINITE` with the index
 */
export function rfft(x: ArrayLike<number>): Complex {
  const n = x.length;
  const { re: values, im: none } = copied('rfft', x, undefined);
  if (n === 0) return { re: values, im: none };
  const h = n >> 1;
  if (n % 2 === 1) {
    transform(values, none);
    return { re: values.slice(0, h + 1), im: none.slice(0, h + 1) };
  }
  // Even and odd numbers as the two parts of a transform of half the length.
  const zr = Float64Array.from({ length: h }, (_, i) => values[2 * i]!);
  const zi = Float64Array.from({ length: h }, (_, i) => values[2 * i + 1]!);
  transform(zr, zi);
  const { cos, sin } = circle(n);
  const re = new Float64Array(h + 1);
  const im = new Float64Array(h + 1);
  for (let k = 0; k <= h; k++) {
    const a = k % h;
    const b = (h - k) % h;
    const evenRe = (zr[a]! + zr[b]!) / 2;
    const evenIm = (zi[a]! - zi[b]!) / 2;
    const oddRe = (zi[a]! + zi[b]!) / 2;
    const oddIm = (zr[b]! - zr[a]!) / 2;
    const c = cos[k]!;
    const s = sin[k]!;
    re[k] = evenRe + oddRe * c + oddIm * s;
    im[k] = evenIm + oddIm * c - oddRe * s;
  }
  return { re, im };
}

/**
 * The n real numbers whose {@link rfft} is given; the imaginary parts that must be zero are taken as zero.
 *
 * @param n - length of the result: `2 * (length - 1)` or one more
 * @throws FletchError `DIMENSION_MISMATCH` when n does not fit, `NON_FINITE` with the index
 */
export function irfft({ re, im }: Complex, n: number = Math.max(0, 2 * (re.length - 1))): Float64Array {
  requireInteger('n', n, 0);
  const x = copied('irfft', re, im);
  if (re.length !== (n === 0 ? 0 : (n >> 1) + 1))
    throw new FletchError('DIMENSION_MISMATCH', `irfft: ${re.length} numbers do not make ${n} real ones.`, {
      details: { length: re.length, n },
    });
  const fullRe = new Float64Array(n);
  const fullIm = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    const mirrored = k >= re.length;
    fullRe[k] = x.re[mirrored ? n - k : k]!;
    fullIm[k] = mirrored ? -x.im[n - k]! : k === 0 || 2 * k === n ? 0 : x.im[k]!;
  }
  transform(fullIm, fullRe);
  return fullRe.map((value) => value / n);
}
