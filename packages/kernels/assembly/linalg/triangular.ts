// Unblocked triangular kernels for diagonal blocks; the blocked algorithms above them are made of gemm.
import { axpy, dot } from './vector';

/**
 * Solves `L X = B` in place for lower triangular L (n x n at any strides) and B n x m with unit column stride.
 * `unit`: the diagonal is taken as 1.
 */
export function solveLower<T>(
  n: i32, m: i32, l: usize, row: i32, col: i32, unit: bool, b: usize, ldb: i32,
): void {
  const lr = <usize>row * sizeof<T>();
  const lc = <usize>col * sizeof<T>();
  const line = <usize>ldb * sizeof<T>();
  for (let i = 0; i < n; i++) {
    const target = b + <usize>i * line;
    for (let k = 0; k < i; k++) {
      const factor = load<T>(l + <usize>i * lr + <usize>k * lc);
      if (factor != 0) axpy<T>(m, -factor, b + <usize>k * line, target);
    }
    if (!unit) divide<T>(m, load<T>(l + <usize>i * (lr + lc)), target);
  }
}

/** Solves `U X = B` in place for upper triangular U, otherwise as {@link solveLower}. */
export function solveUpper<T>(
  n: i32, m: i32, u: usize, row: i32, col: i32, unit: bool, b: usize, ldb: i32,
): void {
  const ur = <usize>row * sizeof<T>();
  const uc = <usize>col * sizeof<T>();
  const line = <usize>ldb * sizeof<T>();
  for (let i = n - 1; i >= 0; i--) {
    const target = b + <usize>i * line;
    for (let k = i + 1; k < n; k++) {
      const factor = load<T>(u + <usize>i * ur + <usize>k * uc);
      if (factor != 0) axpy<T>(m, -factor, b + <usize>k * line, target);
    }
    if (!unit) divide<T>(m, load<T>(u + <usize>i * (ur + uc)), target);
  }
}

function divide<T>(n: i32, by: T, x: usize): void {
  for (let i = 0; i < n; i++) {
    store<T>(x, load<T>(x) / by);
    x += sizeof<T>();
  }
}

/**
 * Cholesky factor of the lower triangle of A in place. Returns -1, or the index of the first pivot that is not
 * positive.
 */
export function cholesky<T>(n: i32, a: usize, lda: i32): i32 {
  const line = <usize>lda * sizeof<T>();
  for (let i = 0; i < n; i++) {
    const row = a + <usize>i * line;
    for (let j = 0; j < i; j++) {
      const other = a + <usize>j * line;
      const at = <usize>j * sizeof<T>();
      store<T>(row + at, (load<T>(row + at) - dot<T>(j, row, other)) / load<T>(other + at));
    }
    const at = row + <usize>i * sizeof<T>();
    const pivot = <f64>(load<T>(at) - dot<T>(i, row, row));
    if (!(pivot > 0) || pivot == Infinity) return i;
    store<T>(at, <T>Math.sqrt(pivot));
  }
  return -1;
}
