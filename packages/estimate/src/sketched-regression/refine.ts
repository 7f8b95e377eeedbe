/**
 * From the sketched solution to the exact one.
 *
 * @module
 */
import { type Matrix, solveTriangular } from '@fletch/linalg';
import { column, dot, norm2, residual, times, transposedTimes } from './products.js';

/**
 * Conjugate gradients on the normal equations of A R⁻¹ (Björck, Numerical Methods for Least Squares Problems, algorithm 7.4.1;
 * the sketch as preconditioner: Rokhlin and Tygert, 2008). The condition of A R⁻¹ is about (√m + √d) / (√m − √d), so that each step
 * shrinks the error by √(d/m); plain steps x ← x + R⁻¹R⁻ᵀAᵀ(b − A x) would diverge where m < 11 d.
 *
 * @param R - of the sketch
 * @param steps - each reads A twice
 */
export function refined(
  A: Matrix,
  b: Float64Array,
  start: Float64Array,
  R: Matrix<Float64Array>,
  steps: number,
): Float64Array {
  if (steps === 0) return start;
  const x = start.slice();
  const r = residual(A, b, x);
  const descent = () => solveTriangular(R, column(transposedTimes(A, r)), { transpose: true }).data;
  let s = descent();
  let p = s.slice();
  let gamma = dot(s, s);
  const floor = 2 ** -52 * norm2(b);
  for (let step = 0; step < steps && Math.sqrt(gamma) > floor; step++) {
    const t = solveTriangular(R, column(p)).data;
    const q = times(A, t);
    const alpha = gamma / dot(q, q);
    for (let j = 0; j < x.length; j++) x[j]! += alpha * t[j]!;
    for (let i = 0; i < r.length; i++) r[i]! -= alpha * q[i]!;
    s = descent();
    const next = dot(s, s);
    const beta = next / gamma;
    gamma = next;
    p = p.map((value, j) => s[j]! + beta * value);
  }
  return x;
}
