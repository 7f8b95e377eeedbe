// Vector and matrix-vector kernels. Pointers are byte addresses; strides and lengths are in elements; matrices are
// row-major. A vector without a stride is contiguous.

// @ts-ignore: decorator
@inline
function lanes<T>(): i32 {
  return 16 / <i32>sizeof<T>();
}

/** Sum of the lanes of `v`, in a fixed order. */
// @ts-ignore: decorator
@inline
function total<T>(v: v128): T {
  if (sizeof<T>() == 4) {
    return <T>((f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1)) +
      (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3)));
  }
  return <T>(f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1));
}

export function dot<T>(n: i32, x: usize, y: usize): T {
  let s0 = v128.splat<T>(<T>0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let left = n;
  for (; left >= 4 * lanes<T>(); left -= 4 * lanes<T>()) {
    s0 = v128.add<T>(s0, v128.mul<T>(v128.load(x), v128.load(y)));
    s1 = v128.add<T>(s1, v128.mul<T>(v128.load(x, 16), v128.load(y, 16)));
    s2 = v128.add<T>(s2, v128.mul<T>(v128.load(x, 32), v128.load(y, 32)));
    s3 = v128.add<T>(s3, v128.mul<T>(v128.load(x, 48), v128.load(y, 48)));
    x += 64;
    y += 64;
  }
  let sum = total<T>(v128.add<T>(v128.add<T>(s0, s1), v128.add<T>(s2, s3)));
  for (; left > 0; left--) {
    sum += load<T>(x) * load<T>(y);
    x += sizeof<T>();
    y += sizeof<T>();
  }
  return sum;
}

/** `y += alpha x`. */
export function axpy<T>(n: i32, alpha: T, x: usize, y: usize): void {
  const f = v128.splat<T>(alpha);
  let left = n;
  for (; left >= 2 * lanes<T>(); left -= 2 * lanes<T>()) {
    v128.store(y, v128.add<T>(v128.load(y), v128.mul<T>(f, v128.load(x))));
    v128.store(y, v128.add<T>(v128.load(y, 16), v128.mul<T>(f, v128.load(x, 16))), 16);
    x += 32;
    y += 32;
  }
  for (; left > 0; left--) {
    store<T>(y, load<T>(y) + alpha * load<T>(x));
    x += sizeof<T>();
    y += sizeof<T>();
  }
}

/** `x *= alpha`. */
export function scale<T>(n: i32, alpha: T, x: usize, inc: i32): void {
  const step = <usize>inc * sizeof<T>();
  for (let i = 0; i < n; i++) {
    store<T>(x, load<T>(x) * alpha);
    x += step;
  }
}

export function fill<T>(n: i32, value: T, x: usize, inc: i32): void {
  const step = <usize>inc * sizeof<T>();
  for (let i = 0; i < n; i++) {
    store<T>(x, value);
    x += step;
  }
}

export function copy<T>(n: i32, x: usize, incX: i32, y: usize, incY: i32): void {
  const sx = <usize>incX * sizeof<T>();
  const sy = <usize>incY * sizeof<T>();
  for (let i = 0; i < n; i++) {
    store<T>(y, load<T>(x));
    x += sx;
    y += sy;
  }
}

export function swap<T>(n: i32, x: usize, incX: i32, y: usize, incY: i32): void {
  const sx = <usize>incX * sizeof<T>();
  const sy = <usize>incY * sizeof<T>();
  for (let i = 0; i < n; i++) {
    const keep = load<T>(x);
    store<T>(x, load<T>(y));
    store<T>(y, keep);
    x += sx;
    y += sy;
  }
}

/** Plane rotation: `(x, y) <- (c x + s y, c y - s x)`. */
export function rotate<T>(n: i32, x: usize, y: usize, c: T, s: T): void {
  for (let i = 0; i < n; i++) {
    const a = load<T>(x);
    const b = load<T>(y);
    store<T>(x, c * a + s * b);
    store<T>(y, c * b - s * a);
    x += sizeof<T>();
    y += sizeof<T>();
  }
}

/** Index of the first entry of largest magnitude, -1 when `n` is 0. */
export function largest<T>(n: i32, x: usize, inc: i32): i32 {
  const step = <usize>inc * sizeof<T>();
  let best = -1;
  let most = <T>-1;
  for (let i = 0; i < n; i++) {
    const size = abs(load<T>(x));
    if (size > most) {
      most = size;
      best = i;
    }
    x += step;
  }
  return best;
}

/** Euclidean length in float64, without overflow or harmful underflow. */
export function norm<T>(n: i32, x: usize, inc: i32): f64 {
  const step = <usize>inc * sizeof<T>();
  let sum: f64 = 0;
  let at = x;
  for (let i = 0; i < n; i++) {
    const value = <f64>load<T>(at);
    sum += value * value;
    at += step;
  }
  if (sizeof<T>() == 4 || (sum > 1e-280 && sum < Infinity)) return Math.sqrt(sum);
  const best = largest<T>(n, x, inc);
  if (best < 0) return 0;
  const most = <f64>abs(load<T>(x + <usize>best * step));
  if (most == 0 || most == Infinity) return most;
  sum = 0;
  at = x;
  for (let i = 0; i < n; i++) {
    const value = <f64>load<T>(at) / most;
    sum += value * value;
    at += step;
  }
  return most * Math.sqrt(sum);
}

/**
 * Householder reflector `H = I - tau v v'` with `H x = (beta, 0, ...)`. On return `x` holds `v` (`v[0]` = 1) and
 * `beta` is stored at `out`. Returns tau (0: H is the identity).
 */
export function reflector<T>(n: i32, x: usize, inc: i32, out: usize): T {
  const step = <usize>inc * sizeof<T>();
  const alpha = <f64>load<T>(x);
  const tail = norm<T>(n - 1, x + step, inc);
  store<T>(x, <T>1);
  if (tail == 0) {
    store<T>(out, <T>alpha);
    return <T>0;
  }
  // The length of the whole, by the larger of the two.
  const big = max(abs(alpha), tail);
  const ratio = min(abs(alpha), tail) / big;
  const length = big * Math.sqrt(1 + ratio * ratio);
  const beta = alpha > 0 ? -length : length;
  const pivot = alpha - beta;
  let at = x + step;
  for (let i = 1; i < n; i++) {
    store<T>(at, <T>(<f64>load<T>(at) / pivot));
    at += step;
  }
  store<T>(out, <T>beta);
  return <T>((beta - alpha) / beta);
}

/** `y += alpha A x`, A m x n. */
export function gemv<T>(m: i32, n: i32, alpha: T, a: usize, lda: i32, x: usize, y: usize, incY: i32): void {
  const line = <usize>lda * sizeof<T>();
  const step = <usize>incY * sizeof<T>();
  let i = 0;
  for (; i + 4 <= m; i += 4) {
    let p = a;
    let q = x;
    let s0 = v128.splat<T>(<T>0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let left = n;
    for (; left >= lanes<T>(); left -= lanes<T>()) {
      const v = v128.load(q);
      s0 = v128.add<T>(s0, v128.mul<T>(v, v128.load(p)));
      s1 = v128.add<T>(s1, v128.mul<T>(v, v128.load(p + line)));
      s2 = v128.add<T>(s2, v128.mul<T>(v, v128.load(p + 2 * line)));
      s3 = v128.add<T>(s3, v128.mul<T>(v, v128.load(p + 3 * line)));
      p += 16;
      q += 16;
    }
    let t0 = total<T>(s0);
    let t1 = total<T>(s1);
    let t2 = total<T>(s2);
    let t3 = total<T>(s3);
    for (; left > 0; left--) {
      const v = load<T>(q);
      t0 += v * load<T>(p);
      t1 += v * load<T>(p + line);
      t2 += v * load<T>(p + 2 * line);
      t3 += v * load<T>(p + 3 * line);
      p += sizeof<T>();
      q += sizeof<T>();
    }
    store<T>(y, load<T>(y) + alpha * t0);
    store<T>(y + step, load<T>(y + step) + alpha * t1);
    store<T>(y + 2 * step, load<T>(y + 2 * step) + alpha * t2);
    store<T>(y + 3 * step, load<T>(y + 3 * step) + alpha * t3);
    y += 4 * step;
    a += 4 * line;
  }
  for (; i < m; i++) {
    store<T>(y, load<T>(y) + alpha * dot<T>(n, a, x));
    y += step;
    a += line;
  }
}

/** `y += alpha A' x`, A m x n. */
export function gemvT<T>(m: i32, n: i32, alpha: T, a: usize, lda: i32, x: usize, incX: i32, y: usize): void {
  const line = <usize>lda * sizeof<T>();
  const step = <usize>incX * sizeof<T>();
  let i = 0;
  for (; i + 4 <= m; i += 4) {
    const f0 = alpha * load<T>(x);
    const f1 = alpha * load<T>(x + step);
    const f2 = alpha * load<T>(x + 2 * step);
    const f3 = alpha * load<T>(x + 3 * step);
    const v0 = v128.splat<T>(f0);
    const v1 = v128.splat<T>(f1);
    const v2 = v128.splat<T>(f2);
    const v3 = v128.splat<T>(f3);
    let p = a;
    let q = y;
    let left = n;
    for (; left >= lanes<T>(); left -= lanes<T>()) {
      const s = v128.add<T>(v128.mul<T>(v0, v128.load(p)), v128.mul<T>(v1, v128.load(p + line)));
      const t = v128.add<T>(v128.mul<T>(v2, v128.load(p + 2 * line)), v128.mul<T>(v3, v128.load(p + 3 * line)));
      v128.store(q, v128.add<T>(v128.load(q), v128.add<T>(s, t)));
      p += 16;
      q += 16;
    }
    for (; left > 0; left--) {
      const s = f0 * load<T>(p) + f1 * load<T>(p + line);
      const t = f2 * load<T>(p + 2 * line) + f3 * load<T>(p + 3 * line);
      store<T>(q, load<T>(q) + (s + t));
      p += sizeof<T>();
      q += sizeof<T>();
    }
    x += 4 * step;
    a += 4 * line;
  }
  for (; i < m; i++) {
    axpy<T>(n, alpha * load<T>(x), a, y);
    x += step;
    a += line;
  }
}

/** `A += alpha x y'`, A m x n. */
export function ger<T>(m: i32, n: i32, alpha: T, x: usize, incX: i32, y: usize, a: usize, lda: i32): void {
  for (let i = 0; i < m; i++) {
    axpy<T>(n, alpha * load<T>(x), y, a);
    x += <usize>incX * sizeof<T>();
    a += <usize>lda * sizeof<T>();
  }
}

/** `y += alpha A x` for a symmetric A of which only the lower triangle is read. */
export function symv<T>(n: i32, alpha: T, a: usize, lda: i32, x: usize, y: usize): void {
  const line = <usize>lda * sizeof<T>();
  let i = 0;
  for (; i + 2 <= n; i += 2) {
    const row0 = a + <usize>i * line;
    const row1 = row0 + line;
    const at = <usize>i * sizeof<T>();
    const f0 = alpha * load<T>(x + at);
    const f1 = alpha * load<T>(x + at + sizeof<T>());
    const v0 = v128.splat<T>(f0);
    const v1 = v128.splat<T>(f1);
    let s0 = v128.splat<T>(<T>0);
    let s1 = s0;
    let k: usize = 0;
    for (; k + 16 <= at; k += 16) {
      const r0 = v128.load(row0 + k);
      const r1 = v128.load(row1 + k);
      const u = v128.load(x + k);
      s0 = v128.add<T>(s0, v128.mul<T>(r0, u));
      s1 = v128.add<T>(s1, v128.mul<T>(r1, u));
      v128.store(y + k, v128.add<T>(v128.load(y + k), v128.add<T>(v128.mul<T>(v0, r0), v128.mul<T>(v1, r1))));
    }
    let t0 = total<T>(s0);
    let t1 = total<T>(s1);
    for (; k < at; k += sizeof<T>()) {
      const r0 = load<T>(row0 + k);
      const r1 = load<T>(row1 + k);
      const u = load<T>(x + k);
      t0 += r0 * u;
      t1 += r1 * u;
      store<T>(y + k, load<T>(y + k) + (f0 * r0 + f1 * r1));
    }
    const d0 = load<T>(row0 + at);
    const low = load<T>(row1 + at);
    const d1 = load<T>(row1 + at + sizeof<T>());
    store<T>(y + at, load<T>(y + at) + (alpha * t0 + (f0 * d0 + f1 * low)));
    const next = y + at + sizeof<T>();
    store<T>(next, load<T>(next) + (alpha * t1 + (f0 * low + f1 * d1)));
  }
  if (i < n) {
    const row = a + <usize>i * line;
    const at = <usize>i * sizeof<T>();
    const f = alpha * load<T>(x + at);
    const sum = dot<T>(i, row, x);
    axpy<T>(i, f, row, y);
    store<T>(y + at, load<T>(y + at) + (alpha * sum + f * load<T>(row + at)));
  }
}

/** `target = source'` for a source of m x n, in square blocks that stay in the first-level cache. */
export function transpose<T>(m: i32, n: i32, source: usize, lds: i32, target: usize, ldt: i32): void {
  const block = 32;
  const from = <usize>lds * sizeof<T>();
  const to = <usize>ldt * sizeof<T>();
  for (let i0 = 0; i0 < m; i0 += block) {
    const i1 = min(i0 + block, m);
    for (let j0 = 0; j0 < n; j0 += block) {
      const j1 = min(j0 + block, n);
      for (let i = i0; i < i1; i++) {
        let p = source + <usize>i * from + <usize>j0 * sizeof<T>();
        let q = target + <usize>j0 * to + <usize>i * sizeof<T>();
        for (let j = j0; j < j1; j++) {
          store<T>(q, load<T>(p));
          p += sizeof<T>();
          q += to;
        }
      }
    }
  }
}

/** Largest magnitude of n contiguous entries; NaN or Infinity when one is not finite. */
export function peak<T>(n: i32, x: usize): f64 {
  let most = v128.splat<T>(<T>0);
  let left = n;
  for (; left >= lanes<T>(); left -= lanes<T>()) {
    most = v128.max<T>(most, v128.abs<T>(v128.load(x)));
    x += 16;
  }
  let best = <f64>0;
  if (sizeof<T>() == 4) {
    best = <f64>max(
      max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
      max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
    );
  } else {
    best = max(f64x2.extract_lane(most, 0), f64x2.extract_lane(most, 1));
  }
  for (; left > 0; left--) {
    best = max(best, <f64>abs(load<T>(x)));
    x += sizeof<T>();
  }
  return best;
}
