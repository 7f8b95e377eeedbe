/**
 * The elastic net on a quadratic, by coordinate descent with an active set.
 *
 * @module
 */
import type { Matrix } from '@fletch/linalg';

/** An elastic-net penalty λ_j (a |θ_j| + (1 − a)/2 θ_j²) of each parameter. */
export interface Penalty {
  /** λ_j for each parameter, on the scale of the log-likelihood's sum; 0 is free. */
  readonly strength: Float64Array;
  /** a: 1 is the lasso, 0 ridge. */
  readonly mix: number;
}

/** Passes over the active set, and times that it may grow. */
const PASSES = 1000;
const GROWTHS = 100;

const softThreshold = (value: number, by: number): number =>
  value > by ? value - by : value < -by ? value + by : 0;

/**
 * Minimizes ½ θᵀ I θ − rᵀ θ + Σ λ_j (a |θ_j| + (1 − a)/2 θ_j²) (Friedman, Hastie and Tibshirani, Regularization paths for
 * generalized linear models via coordinate descent, 2010).
 *
 * @param information - d × d, positive semi-definite
 * @param r - d
 * @param start - where it begins; the coordinates that are not zero are active from the start
 * @param tolerance - greatest change of a gradient in the last pass
 */
export function coordinateDescent(
  information: Matrix<Float64Array>,
  r: Float64Array,
  { strength, mix }: Penalty,
  start: Float64Array,
  tolerance: number,
): Float64Array {
  const d = r.length;
  const { data } = information;
  const theta = start.slice();
  // r − I θ, kept up to date.
  const residual = r.slice();
  const shift = (j: number, change: number) => {
    const row = j * d;
    for (let i = 0; i < d; i++) residual[i]! -= data[row + i]! * change;
  };
  for (let j = 0; j < d; j++) if (theta[j] !== 0) shift(j, theta[j]!);
  const active: number[] = [];
  const isActive = new Uint8Array(d);
  const activate = (j: number) => {
    isActive[j] = 1;
    active.push(j);
  };
  for (let j = 0; j < d; j++) if (theta[j] !== 0 || strength[j] === 0) activate(j);
  for (let growth = 0; growth < GROWTHS; growth++) {
    for (let pass = 0; pass < PASSES; pass++) {
      let largest = 0;
      for (const j of active) {
        const own = data[j * d + j]!;
        // A constant column has no information.
        if (own <= 0) continue;
        const before = theta[j]!;
        const lambda = strength[j]!;
        theta[j] = softThreshold(residual[j]! + own * before, lambda * mix) / (own + lambda * (1 - mix));
        const change = theta[j]! - before;
        if (change === 0) continue;
        shift(j, change);
        largest = Math.max(largest, own * Math.abs(change));
      }
      if (largest <= tolerance) break;
    }
    const before = active.length;
    for (let j = 0; j < d; j++) if (!isActive[j] && Math.abs(residual[j]!) > strength[j]! * mix) activate(j);
    if (active.length === before) break;
  }
  return theta;
}
