/**
 * Distances in double precision. Four sums at a time, since one alone waits for each addition to end.
 *
 * @module
 */
import type { StudyMetric } from './options.js';

function dot(a: Float32Array, b: Float32Array): number {
  const even = a.length & ~3;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let i = 0; i < even; i += 4) {
    s0 += a[i]! * b[i]!;
    s1 += a[i + 1]! * b[i + 1]!;
    s2 += a[i + 2]! * b[i + 2]!;
    s3 += a[i + 3]! * b[i + 3]!;
  }
  for (let i = even; i < a.length; i++) s0 += a[i]! * b[i]!;
  return s0 + s1 + (s2 + s3);
}

function squaredDistance(a: Float32Array, b: Float32Array): number {
  const even = a.length & ~3;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let i = 0; i < even; i += 4) {
    const d0 = a[i]! - b[i]!;
    const d1 = a[i + 1]! - b[i + 1]!;
    const d2 = a[i + 2]! - b[i + 2]!;
    const d3 = a[i + 3]! - b[i + 3]!;
    s0 += d0 * d0;
    s1 += d1 * d1;
    s2 += d2 * d2;
    s3 += d3 * d3;
  }
  for (let i = even; i < a.length; i++) s0 += (a[i]! - b[i]!) ** 2;
  return s0 + s1 + (s2 + s3);
}

/** By metric; vectors under `cosine` must have unit length. */
export const comparisons: Readonly<Record<StudyMetric, (a: Float32Array, b: Float32Array) => number>> = {
  l2: squaredDistance,
  ip: (a, b) => -dot(a, b),
  cosine: (a, b) => 1 - dot(a, b),
};
