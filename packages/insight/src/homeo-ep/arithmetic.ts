/**
 * The few operations that a relaxation needs, on real tensors and on complex ones held as pairs.
 *
 * @module
 */
import {
  abs,
  add,
  cos,
  div,
  exp,
  finite,
  less,
  matmul,
  max,
  maximum,
  mul,
  neg,
  sigmoid,
  sin,
  softmax,
  sub,
  sum,
  type Tensor,
  where,
} from '@fletch/array';

/** A complex tensor. */
export interface Complex {
  readonly re: Tensor;
  readonly im: Tensor;
}

/** Activations by name: `sigmoid4` is 1 / (1 + e^(2 − 4z)), `dsilu` is ½z·sig(z) + (1 − ½z)·sig(z − 2). */
export const activations = ['sigmoid4', 'dsilu'] as const;
export type Activation = (typeof activations)[number];

/** What a field is made of, for one kind of number. */
export interface Arithmetic<V> {
  add(a: V, b: V): V;
  /** Adds a real tensor or number. */
  shift(a: V, b: Tensor | number): V;
  sub(a: V, b: V): V;
  multiply(a: V, b: V): V;
  scale(a: V, factor: number): V;
  /** The product with a real matrix, or with its transpose. */
  times(a: V, matrix: Tensor, transposed?: boolean): V;
  sigmoid(a: V): V;
  /** Along the last axis; holomorphic: e^z / Σ e^z without conjugates or moduli. */
  softmax(a: V): V;
  /** Largest magnitude in each row, `[rows]`; for complex numbers that of real or imaginary parts. */
  largest(a: V): Tensor;
}

/** |x|; infinite for what is no number, which a maximum might pass over. */
const magnitude = (x: Tensor) => where(finite(x), abs(x), Number.POSITIVE_INFINITY);

export const real: Arithmetic<Tensor> = {
  add,
  shift: add,
  sub,
  multiply: mul,
  scale: mul,
  times: (a, matrix, transposed = false) => matmul(a, matrix, { transposeB: transposed }),
  sigmoid,
  softmax,
  largest: (a) => max(magnitude(a), { axes: -1 }),
};

/** The cosine by the sine, for which runtimes have 64-bit kernels too. */
const cosine = (x: Tensor) => (x.dtype === 'float64' ? sin(add(x, Math.PI / 2)) : cos(x));

export const complex: Arithmetic<Complex> = {
  add: (a, b) => ({ re: add(a.re, b.re), im: add(a.im, b.im) }),
  shift: (a, b) => ({ re: add(a.re, b), im: a.im }),
  sub: (a, b) => ({ re: sub(a.re, b.re), im: sub(a.im, b.im) }),
  multiply: (a, b) => ({
    re: sub(mul(a.re, b.re), mul(a.im, b.im)),
    im: add(mul(a.re, b.im), mul(a.im, b.re)),
  }),
  scale: (a, factor) => ({ re: mul(a.re, factor), im: mul(a.im, factor) }),
  times: (a, matrix, transposed = false) => ({
    re: matmul(a.re, matrix, { transposeB: transposed }),
    im: matmul(a.im, matrix, { transposeB: transposed }),
  }),
  /** With E = e^−|p| for z = p + iq: (1 + E e^(±iq)) / (1 + 2E cos q + E²), times E e^(iq) instead of 1 for p < 0. */
  sigmoid: ({ re: p, im: q }) => {
    const small = exp(neg(abs(p)));
    const [c, s] = [mul(small, cosine(q)), mul(small, sin(q))];
    const square = mul(small, small);
    const below = add(add(mul(c, 2), 1), square);
    const negative = less(p, 0);
    return { re: div(add(where(negative, square, 1), c), below), im: div(s, below) };
  },
  softmax: ({ re, im }) => {
    const size = exp(sub(re, max(re, { axes: -1, keepDims: true })));
    const [a, b] = [mul(size, cosine(im)), mul(size, sin(im))];
    const [A, B] = [a, b].map((part) => sum(part, { axes: -1, keepDims: true })) as [Tensor, Tensor];
    const below = add(mul(A, A), mul(B, B));
    return {
      re: div(add(mul(a, A), mul(b, B)), below),
      im: div(sub(mul(b, A), mul(a, B)), below),
    };
  },
  largest: ({ re, im }) => max(maximum(magnitude(re), magnitude(im)), { axes: -1 }),
};

/** Activities of potentials. */
export function activate<V>(A: Arithmetic<V>, name: Activation, u: V): V {
  if (name === 'sigmoid4') return A.sigmoid(A.shift(A.scale(u, 4), -2));
  const half = A.scale(u, 0.5);
  const [low, high] = [A.sigmoid(u), A.sigmoid(A.shift(u, -2))];
  return A.add(A.multiply(half, low), A.multiply(A.shift(A.scale(half, -1), 1), high));
}

/** The derivative of the activation at real potentials. */
export function slope(name: Activation, u: Tensor): Tensor {
  const bump = (s: Tensor) => mul(s, sub(1, s));
  if (name === 'sigmoid4') return mul(bump(sigmoid(sub(mul(u, 4), 2))), 4);
  const half = mul(u, 0.5);
  const [low, high] = [sigmoid(u), sigmoid(sub(u, 2))];
  return add(mul(sub(low, high), 0.5), add(mul(half, bump(low)), mul(sub(1, half), bump(high))));
}
