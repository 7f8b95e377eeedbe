// Dense linear algebra and randomness. Matrices are row-major; pointers are byte addresses, strides and lengths are
// in elements; `32` and `64` name the precision.
import { gemm } from './gemm';
import { cholesky, solveLower, solveUpper } from './triangular';
import {
  axpy, copy, dot, fill, gemv, gemvT, ger, largest, norm, peak, reflector, rotate, scale, swap, symv, transpose,
} from './vector';

export { hadamard64, hadamardPick64 } from './hadamard';
export { normals, philox, quantile, uniforms } from './random';
export { leftVectors, refine, rightVectors, roots } from './secular';

export function gemm32(
  m: i32, n: i32, k: i32, alpha: f32,
  a: usize, aRow: i32, aCol: i32, b: usize, bRow: i32, bCol: i32, c: usize, ldc: i32,
): void {
  gemm<f32>(m, n, k, alpha, a, aRow, aCol, b, bRow, bCol, c, ldc);
}
export function gemm64(
  m: i32, n: i32, k: i32, alpha: f64,
  a: usize, aRow: i32, aCol: i32, b: usize, bRow: i32, bCol: i32, c: usize, ldc: i32,
): void {
  gemm<f64>(m, n, k, alpha, a, aRow, aCol, b, bRow, bCol, c, ldc);
}
export function dot32(n: i32, x: usize, y: usize): f32 {
  return dot<f32>(n, x, y);
}
export function dot64(n: i32, x: usize, y: usize): f64 {
  return dot<f64>(n, x, y);
}
export function axpy32(n: i32, alpha: f32, x: usize, y: usize): void {
  axpy<f32>(n, alpha, x, y);
}
export function axpy64(n: i32, alpha: f64, x: usize, y: usize): void {
  axpy<f64>(n, alpha, x, y);
}
export function scale32(n: i32, alpha: f32, x: usize, inc: i32): void {
  scale<f32>(n, alpha, x, inc);
}
export function scale64(n: i32, alpha: f64, x: usize, inc: i32): void {
  scale<f64>(n, alpha, x, inc);
}
export function fill32(n: i32, value: f32, x: usize, inc: i32): void {
  fill<f32>(n, value, x, inc);
}
export function fill64(n: i32, value: f64, x: usize, inc: i32): void {
  fill<f64>(n, value, x, inc);
}
export function copy32(n: i32, x: usize, incX: i32, y: usize, incY: i32): void {
  copy<f32>(n, x, incX, y, incY);
}
export function copy64(n: i32, x: usize, incX: i32, y: usize, incY: i32): void {
  copy<f64>(n, x, incX, y, incY);
}
export function swap32(n: i32, x: usize, incX: i32, y: usize, incY: i32): void {
  swap<f32>(n, x, incX, y, incY);
}
export function swap64(n: i32, x: usize, incX: i32, y: usize, incY: i32): void {
  swap<f64>(n, x, incX, y, incY);
}
export function rotate64(n: i32, x: usize, y: usize, c: f64, s: f64): void {
  rotate<f64>(n, x, y, c, s);
}
export function largest32(n: i32, x: usize, inc: i32): i32 {
  return largest<f32>(n, x, inc);
}
export function largest64(n: i32, x: usize, inc: i32): i32 {
  return largest<f64>(n, x, inc);
}
export function norm32(n: i32, x: usize, inc: i32): f64 {
  return norm<f32>(n, x, inc);
}
export function norm64(n: i32, x: usize, inc: i32): f64 {
  return norm<f64>(n, x, inc);
}
export function peak32(n: i32, x: usize): f64 {
  return peak<f32>(n, x);
}
export function peak64(n: i32, x: usize): f64 {
  return peak<f64>(n, x);
}
export function reflector32(n: i32, x: usize, inc: i32, out: usize): f32 {
  return reflector<f32>(n, x, inc, out);
}
export function reflector64(n: i32, x: usize, inc: i32, out: usize): f64 {
  return reflector<f64>(n, x, inc, out);
}
export function gemv32(m: i32, n: i32, alpha: f32, a: usize, lda: i32, x: usize, y: usize, incY: i32): void {
  gemv<f32>(m, n, alpha, a, lda, x, y, incY);
}
export function gemv64(m: i32, n: i32, alpha: f64, a: usize, lda: i32, x: usize, y: usize, incY: i32): void {
  gemv<f64>(m, n, alpha, a, lda, x, y, incY);
}
export function gemvT32(m: i32, n: i32, alpha: f32, a: usize, lda: i32, x: usize, incX: i32, y: usize): void {
  gemvT<f32>(m, n, alpha, a, lda, x, incX, y);
}
export function gemvT64(m: i32, n: i32, alpha: f64, a: usize, lda: i32, x: usize, incX: i32, y: usize): void {
  gemvT<f64>(m, n, alpha, a, lda, x, incX, y);
}
export function ger32(m: i32, n: i32, alpha: f32, x: usize, incX: i32, y: usize, a: usize, lda: i32): void {
  ger<f32>(m, n, alpha, x, incX, y, a, lda);
}
export function ger64(m: i32, n: i32, alpha: f64, x: usize, incX: i32, y: usize, a: usize, lda: i32): void {
  ger<f64>(m, n, alpha, x, incX, y, a, lda);
}
export function symv32(n: i32, alpha: f32, a: usize, lda: i32, x: usize, y: usize): void {
  symv<f32>(n, alpha, a, lda, x, y);
}
export function symv64(n: i32, alpha: f64, a: usize, lda: i32, x: usize, y: usize): void {
  symv<f64>(n, alpha, a, lda, x, y);
}
export function transpose32(m: i32, n: i32, source: usize, lds: i32, target: usize, ldt: i32): void {
  transpose<f32>(m, n, source, lds, target, ldt);
}
export function transpose64(m: i32, n: i32, source: usize, lds: i32, target: usize, ldt: i32): void {
  transpose<f64>(m, n, source, lds, target, ldt);
}
export function solveLower32(
  n: i32, m: i32, l: usize, row: i32, col: i32, unit: bool, b: usize, ldb: i32,
): void {
  solveLower<f32>(n, m, l, row, col, unit, b, ldb);
}
export function solveLower64(
  n: i32, m: i32, l: usize, row: i32, col: i32, unit: bool, b: usize, ldb: i32,
): void {
  solveLower<f64>(n, m, l, row, col, unit, b, ldb);
}
export function solveUpper32(
  n: i32, m: i32, u: usize, row: i32, col: i32, unit: bool, b: usize, ldb: i32,
): void {
  solveUpper<f32>(n, m, u, row, col, unit, b, ldb);
}
export function solveUpper64(
  n: i32, m: i32, u: usize, row: i32, col: i32, unit: bool, b: usize, ldb: i32,
): void {
  solveUpper<f64>(n, m, u, row, col, unit, b, ldb);
}
export function cholesky32(n: i32, a: usize, lda: i32): i32 {
  return cholesky<f32>(n, a, lda);
}
export function cholesky64(n: i32, a: usize, lda: i32): i32 {
  return cholesky<f64>(n, a, lda);
}

/** `target = source`, float32 to float64. */
export function widen(n: i32, source: usize, target: usize): void {
  for (let i = 0; i < n; i++) store<f64>(target + ((<usize>i) << 3), <f64>load<f32>(source + ((<usize>i) << 2)));
}
/** `target = source`, float64 to float32. */
export function narrow(n: i32, source: usize, target: usize): void {
  for (let i = 0; i < n; i++) store<f32>(target + ((<usize>i) << 2), <f32>load<f64>(source + ((<usize>i) << 3)));
}
/**
 * Cosines and sines of the angles `2 pi i / n`, i < count <= n, as pairs. The angle is reduced to an eighth of the
 * circle in integers first, so that symmetric points have the same bits.
 */
export function circle(n: i32, count: i32, target: usize): void {
  for (let i = 0; i < count; i++) {
    const eighths = (<i64>i) * 8;
    const octant = <i32>(eighths / n);
    // Twice the number of quarter turns between the nearest axis and the angle, times n.
    const axis = (octant + 1) >> 1;
    const rest = <f64>(eighths - (<i64>axis) * 2 * <i64>n);
    const angle = ((Math.PI / 4) * rest) / <f64>n;
    // On the diagonals both must be the same number.
    const diagonal = abs(rest) == <f64>n;
    const c = diagonal ? Math.SQRT1_2 : Math.cos(angle);
    const s = diagonal ? (rest < 0 ? -Math.SQRT1_2 : Math.SQRT1_2) : Math.sin(angle);
    const quarter = axis & 3;
    store<f64>(target, quarter == 0 ? c : quarter == 1 ? -s : quarter == 2 ? -c : s);
    store<f64>(target, quarter == 0 ? s : quarter == 1 ? c : quarter == 2 ? -s : -c, 8);
    target += 16;
  }
}
