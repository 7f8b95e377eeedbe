/**
 * What normalizations do to directions: the exact gradient, and the claim that it barely turns them.
 *
 * @module
 */

import { FletchError } from '@fletch/base';
import type { Real } from '@fletch/linalg';
import { dot, length, plus } from './vectors.js';

/** A normalization in front of a part of a block. `none` leaves what comes. */
export interface Norm {
  readonly kind: 'layer' | 'rms' | 'none';
  readonly gain?: Real | undefined;
  readonly shift?: Real | undefined;
  readonly epsilon: number;
}

/** x without its mean (of layer normalization), and the factor that gives it the size √d. */
function standardized({ kind, epsilon }: Norm, x: Float64Array): { hat: Float64Array; inverse: number } {
  const mean = kind === 'layer' ? x.reduce((sum, value) => sum + value, 0) / x.length : 0;
  const hat = x.map((value) => value - mean);
  const inverse = 1 / Math.sqrt(dot(hat, hat) / x.length + epsilon);
  for (let i = 0; i < hat.length; i++) hat[i]! *= inverse;
  return { hat, inverse };
}

/** The normalized x, `[d]`. */
export function applyNorm(norm: Norm, x: Float64Array): Float64Array {
  if (norm.kind === 'none') return x;
  const { hat } = standardized(norm, x);
  const { gain, shift } = norm;
  return hat.map((value, i) => value * (gain?.[i] ?? 1) + (shift?.[i] ?? 0));
}

/** `γ ∘ v`. */
export function scaleByGain({ gain }: Norm, v: Float64Array): Float64Array {
  return gain ? v.map((value, i) => value * gain[i]!) : v;
}

/**
 * The gradient of `v · norm(x)` with respect to x, exact:
 * `(1/s) (I − 11ᵀ/d − x̂x̂ᵀ/d) (γ ∘ v)`, without the middle term for root-mean-square normalization.
 */
export function pullNorm(norm: Norm, x: Float64Array, v: Float64Array): Float64Array {
  if (norm.kind === 'none') return v;
  const { hat, inverse } = standardized(norm, x);
  const w = scaleByGain(norm, v);
  const d = w.length;
  const mean = norm.kind === 'layer' ? w.reduce((sum, value) => sum + value, 0) / d : 0;
  const along = dot(w, hat) / d;
  return w.map((value, i) => inverse * (value - mean - hat[i]! * along));
}

/**
 * The direction pulled through without the Jacobian: `γ ∘ v · √d/‖x‖`.
 *
 * @param size - ‖x‖ of a typical input; 1 for relative sizes without any
 */
export function scaleNorm(norm: Norm, v: Float64Array, size: number): Float64Array {
  if (norm.kind === 'none') return v;
  const factor = Math.sqrt(v.length) / size;
  return scaleByGain(norm, v).map((value) => value * factor);
}

/**
 * The largest mean angle, in radians, by which a layer normalization turns a direction: `2 arccos √(1 − 1/(d − 1))` for
 * inputs and directions that are standard normal, from d = 8 on (Dunefsky and Cohan, theorem 1).
 *
 * @throws FletchError `INVALID_ARGUMENT` for d below 8
 */
export function normAngleBound(d: number): number {
  if (!(Number.isSafeInteger(d) && d >= 8))
    throw new FletchError('INVALID_ARGUMENT', `The theorem holds for whole d of at least 8, not ${d}.`);
  return 2 * Math.acos(Math.sqrt(1 - 1 / (d - 1)));
}

/**
 * The point nearest to `x` at which `v · norm(x)` is 0. Without ε that is the foot on a cone around `γ ∘ v` (on a plane
 * when there is no shift); a few Newton steps add what ε does.
 *
 * @throws FletchError `INVALID_ARGUMENT` when the shift alone keeps the value from 0 everywhere
 */
export function nearestZero(norm: Norm, x: Float64Array, v: Float64Array): Float64Array {
  const value = (at: Float64Array) => dot(applyNorm(norm, at), v);
  let point = norm.kind === 'layer' ? footOnCone(norm, x, v) : footOnPlane(x, scaleByGain(norm, v));
  for (let step = 0; step < 20 && Math.abs(value(point)) > 1e-12; step++) {
    const slope = pullNorm(norm, point, v);
    point = plus(point, slope, -value(point) / dot(slope, slope));
  }
  if (Math.abs(value(point)) < 1e-6 * Math.max(1, length(v))) return point;
  throw new FletchError('INVALID_ARGUMENT', 'The observable has one sign everywhere: no point is at zero.');
}

const footOnPlane = (x: Float64Array, w: Float64Array) => plus(x, w, -dot(x, w) / dot(w, w));

function footOnCone(norm: Norm, x: Float64Array, v: Float64Array): Float64Array {
  const d = x.length;
  const centred = (a: Float64Array) => {
    const mean = a.reduce((sum, entry) => sum + entry, 0) / d;
    return { mean, rest: a.map((entry) => entry - mean) };
  };
  const { mean, rest } = centred(x);
  const w = centred(scaleByGain(norm, v)).rest;
  const wide = length(w);
  // w · x̂ = −v · β, and x̂ has the size √d.
  const cosine = -(norm.shift ? dot(norm.shift, v) : 0) / (wide * Math.sqrt(d));
  if (!(Math.abs(cosine) < 1))
    throw new FletchError('INVALID_ARGUMENT', 'The observable has one sign everywhere: no point is at zero.');
  const axis = w.map((entry) => entry / wide);
  const side = plus(rest, axis, -dot(rest, axis));
  const sine = Math.sqrt(1 - cosine * cosine) / Math.max(length(side), Number.MIN_VALUE);
  const ray = axis.map((entry, i) => cosine * entry + sine * side[i]!);
  const far = dot(rest, ray);
  return ray.map((entry) => mean + far * entry);
}
