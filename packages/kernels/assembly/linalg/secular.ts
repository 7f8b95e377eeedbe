// Eigenvalues and eigenvectors of D + z z', the heart of divide and conquer (Cuppen 1981; Gu and Eisenstat, SIAM J.
// Matrix Anal. Appl. 15 and 16, 1994-95). With `squared` the poles are the squares of `d` and the problem is the
// singular value decomposition of a matrix with first row z and diagonal d below. Float64 only.
//
// The poles are increasing and well separated, no z is zero: the caller has deflated. Root j is kept as the pole
// `base[j]` next to it and the distance `eta[j]` from that pole, so that every difference pole - root has full
// relative accuracy.

const EPS: f64 = 2.220446049250313e-16;

/** Difference of the poles i and j. */
// @ts-ignore: decorator
@inline
function gap(d: usize, squared: bool, i: i32, j: i32): f64 {
  const a = load<f64>(d + ((<usize>i) << 3));
  const b = load<f64>(d + ((<usize>j) << 3));
  return squared ? (a - b) * (a + b) : a - b;
}

let sum: f64 = 0;
let slope: f64 = 0;

/** `sum` and `slope` become the sums of z2 / (t - x) and z2 / (t - x)^2 over the indices from..to-1. */
function terms(from: i32, to: i32, z2: usize, t: usize, x: f64): void {
  const vx = f64x2.splat(x);
  let s = f64x2.splat(0);
  let ds = f64x2.splat(0);
  let i = from;
  for (; i + 2 <= to; i += 2) {
    const at = (<usize>i) << 3;
    const difference = f64x2.sub(v128.load(t + at), vx);
    const term = f64x2.div(v128.load(z2 + at), difference);
    s = f64x2.add(s, term);
    ds = f64x2.add(ds, f64x2.div(term, difference));
  }
  sum = f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1);
  slope = f64x2.extract_lane(ds, 0) + f64x2.extract_lane(ds, 1);
  if (i < to) {
    const at = (<usize>i) << 3;
    const difference = load<f64>(t + at) - x;
    const term = load<f64>(z2 + at) / difference;
    sum += term;
    slope += term / difference;
  }
}

/** The root of smaller magnitude of `a x^2 - b x + c`, stably; used where that root is real. */
function smallRoot(a: f64, b: f64, c: f64): f64 {
  const disc = Math.sqrt(abs(b * b - 4 * a * c));
  return b > 0 ? (2 * c) / (b + disc) : (b - disc) / (2 * a);
}

/** A point between `low` and `high` (not of different signs), in the middle of their magnitudes. */
function between(low: f64, high: f64): f64 {
  if (low == 0) return high * 0.0009765625;
  if (high == 0) return low * 0.0009765625;
  const ratio = high / low;
  if (ratio > 0.25 && ratio < 4) return 0.5 * (low + high);
  const middle = Math.sqrt(abs(low)) * Math.sqrt(abs(high));
  return low < 0 ? -middle : middle;
}

/** Finds root j: stores its pole and distance. `t` is working space for n numbers. */
function root(n: i32, d: usize, z2: usize, squared: bool, j: i32, t: usize, base: usize, eta: usize): void {
  const last = j == n - 1;
  const zj = load<f64>(z2 + ((<usize>j) << 3));
  let origin = j;
  let low: f64 = 0;
  let high: f64 = 0;
  let x: f64 = 0;
  for (let i = 0; i < n; i++) store<f64>(t + ((<usize>i) << 3), gap(d, squared, i, j));
  if (last) {
    for (let i = 0; i < n; i++) high += load<f64>(z2 + ((<usize>i) << 3));
    // Rounding must not push the root out of its bracket.
    high *= 1 + 4 * EPS * <f64>n;
    x = 0.5 * high;
  } else {
    const width = gap(d, squared, j + 1, j);
    const half = 0.5 * width;
    const zk = load<f64>(z2 + ((<usize>(j + 1)) << 3));
    terms(0, j, z2, t, half);
    let c = 1 + sum;
    terms(j + 2, n, z2, t, half);
    c += sum;
    if (c + (zk - zj) / half >= 0) {
      high = half;
      x = smallRoot(c, c * width + zj + zk, zj * width);
    } else {
      origin = j + 1;
      low = -half;
      for (let i = 0; i < n; i++) store<f64>(t + ((<usize>i) << 3), gap(d, squared, i, origin));
      // Mirrored, so that the wanted root is positive.
      x = -smallRoot(-c, -c * width + zj + zk, zk * width);
    }
    if (!(x > low && x < high)) x = between(low, high);
  }
  const tj = load<f64>(t + ((<usize>j) << 3));
  const tk = last ? 0 : load<f64>(t + ((<usize>(j + 1)) << 3));
  for (let step = 0; step < 120; step++) {
    terms(0, j + 1, z2, t, x);
    const left = sum;
    const leftSlope = slope;
    terms(j + 1, n, z2, t, x);
    const f = 1 + left + sum;
    if (abs(f) <= 8 * EPS * (1 - left + sum)) break;
    if (f < 0) low = x;
    else high = x;
    const toLeft = tj - x;
    let move: f64;
    if (last) {
      // One pole only: 1 + r + s / (pole - x).
      move = toLeft + (leftSlope * toLeft * toLeft) / (f - toLeft * leftSlope);
    } else {
      const toRight = tk - x;
      const both = toLeft * toRight;
      move = smallRoot(
        f - toLeft * leftSlope - toRight * slope,
        (toLeft + toRight) * f - both * (leftSlope + slope),
        both * f,
      );
    }
    let next = x + move;
    if (!(next > low && next < high)) next = between(low, high);
    if (next == x || next == low || next == high) break;
    x = next;
  }
  store<i32>(base + ((<usize>j) << 2), origin);
  store<f64>(eta + ((<usize>j) << 3), x);
}

/** All n roots; `z2` holds the squares of z, `t` is working space for n numbers. */
export function roots(n: i32, d: usize, z2: usize, squared: bool, t: usize, base: usize, eta: usize): void {
  for (let j = 0; j < n; j++) root(n, d, z2, squared, j, t, base, eta);
}

/**
 * Fills row j of `delta` (n x n) with pole - root j, and replaces `z` by the z for which the computed roots are exact
 * (Loewner's formula), which makes the vectors orthogonal to working accuracy.
 */
export function refine(n: i32, d: usize, z: usize, squared: bool, base: usize, eta: usize, delta: usize, t: usize): void {
  for (let i = 0; i < n; i++) store<f64>(t + ((<usize>i) << 3), 1);
  for (let j = 0; j < n; j++) {
    const origin = load<i32>(base + ((<usize>j) << 2));
    const x = load<f64>(eta + ((<usize>j) << 3));
    const row = delta + (<usize>j * <usize>n << 3);
    for (let i = 0; i < n; i++) store<f64>(row + ((<usize>i) << 3), gap(d, squared, i, origin) - x);
    for (let i = 0; i < n; i++) {
      const at = (<usize>i) << 3;
      const difference = -load<f64>(row + at);
      let factor: f64;
      if (j < i) factor = difference / gap(d, squared, j, i);
      else if (j < n - 1) factor = difference / gap(d, squared, j + 1, i);
      else factor = difference;
      store<f64>(t + at, load<f64>(t + at) * factor);
    }
  }
  for (let i = 0; i < n; i++) {
    const at = (<usize>i) << 3;
    const size = Math.sqrt(abs(load<f64>(t + at)));
    store<f64>(z + at, load<f64>(z + at) < 0 ? -size : size);
  }
}

/** Right vectors (eigenvectors): row j of `out` at column `slot[i]` is z_i / (pole i - root j), normalized. */
export function rightVectors(n: i32, z: usize, delta: usize, slot: usize, out: usize): void {
  for (let j = 0; j < n; j++) {
    const row = delta + (<usize>j * <usize>n << 3);
    const to = out + (<usize>j * <usize>n << 3);
    let squares: f64 = 0;
    for (let i = 0; i < n; i++) {
      const at = (<usize>i) << 3;
      const value = load<f64>(z + at) / load<f64>(row + at);
      squares += value * value;
      store<f64>(to + ((<usize>load<i32>(slot + ((<usize>i) << 2))) << 3), value);
    }
    normalize(n, to, squares);
  }
}

/** Left singular vectors: as {@link rightVectors} times d_i, and -1 for the pole at zero. */
export function leftVectors(n: i32, d: usize, z: usize, delta: usize, slot: usize, out: usize): void {
  for (let j = 0; j < n; j++) {
    const row = delta + (<usize>j * <usize>n << 3);
    const to = out + (<usize>j * <usize>n << 3);
    let squares: f64 = 1;
    store<f64>(to + ((<usize>load<i32>(slot)) << 3), -1);
    for (let i = 1; i < n; i++) {
      const at = (<usize>i) << 3;
      const value = (load<f64>(d + at) * load<f64>(z + at)) / load<f64>(row + at);
      squares += value * value;
      store<f64>(to + ((<usize>load<i32>(slot + ((<usize>i) << 2))) << 3), value);
    }
    normalize(n, to, squares);
  }
}

function normalize(n: i32, x: usize, squares: f64): void {
  const length = Math.sqrt(squares);
  for (let i = 0; i < n; i++) {
    store<f64>(x, load<f64>(x) / length);
    x += 8;
  }
}
