/**
 * Local intrinsic dimension by maximum likelihood (Levina and Bickel, NIPS 2004; Amsaleg et al., KDD 2015).
 *
 * @module
 */
import type { LongWork } from '@fletch/base';
import type { Matrix } from '@fletch/linalg';
import { exactNeighbours } from './neighbours.js';
import type { StudyMetric } from './options.js';

export interface LidOptions extends LongWork {
  /** Neighbours that are looked at. Default: 100. */
  readonly k?: number;
  /** `ip` has no distances; it is refused. Cosines are compared as distances of unit vectors. */
  readonly metric: 'l2' | 'cosine';
  /** Points to look at; default: the rows, each without itself. */
  readonly queries?: Matrix<Float32Array>;
  /** Which of the rows to look at. Default: all. */
  readonly sample?: ArrayLike<number>;
}

/**
 * The dimension that the data seem to have around each point: −1 / mean of ln(r_i / r_k) over its k nearest neighbours, with
 * true distances. Neighbours at distance 0 are left out.
 *
 * @param x - n x D
 * @returns a value a point; `Infinity` where all neighbours are equally far or there is none but equal ones
 * @throws FletchError as `exactNeighbours`
 */
export function lidMLE(x: Matrix<Float32Array>, { k = 100, metric, ...rest }: LidOptions): Float32Array {
  const { dists } = exactNeighbours(x, { k, metric: metric satisfies StudyMetric, ...rest });
  const count = dists.length / k;
  return Float32Array.from({ length: count }, (_, i) => {
    // Both kinds of distance are squares: 2 (1 − cos) is the squared distance of unit vectors.
    const last = dists[(i + 1) * k - 1]!;
    let sum = 0;
    let used = 0;
    for (let j = 0; j < k; j++) {
      const square = Math.max(0, dists[i * k + j]!);
      if (square === 0) continue;
      sum += 0.5 * Math.log(square / last);
      used++;
    }
    return used === 0 || sum === 0 ? Number.POSITIVE_INFINITY : -used / sum;
  });
}

/** Mean and percentiles of the finite values. */
export interface LidProfile {
  readonly mean: number;
  readonly p10: number;
  readonly p90: number;
  /** Points without a finite value. */
  readonly undefined: number;
}

/** Sums up what {@link lidMLE} gave. */
export function lidProfile(lid: ArrayLike<number>): LidProfile {
  const finite = Float64Array.from(lid).filter(Number.isFinite).sort();
  const at = (share: number) => finite[Math.round(share * (finite.length - 1))] ?? Number.NaN;
  return {
    mean: finite.reduce((sum, value) => sum + value, 0) / finite.length,
    p10: at(0.1),
    p90: at(0.9),
    undefined: lid.length - finite.length,
  };
}

/** Counts of local dimensions between two of them. */
export interface LidHistogram {
  readonly low: number;
  readonly high: number;
  readonly counts: number[];
}

/**
 * How many points have which local dimension, from the first to the last hundredth; what lies outside is not counted.
 *
 * @param bins - stretches of equal width
 */
export function lidHistogram(lid: ArrayLike<number>, bins: number): LidHistogram {
  const finite = Float64Array.from(lid).filter(Number.isFinite).sort();
  const at = (share: number) => finite[Math.round(share * (finite.length - 1))] ?? 0;
  const [low, high] = [at(0.01), at(0.99)];
  const counts = new Array<number>(bins).fill(0);
  for (const value of finite) {
    if (value < low || value > high) continue;
    counts[Math.min(bins - 1, Math.floor(((value - low) / (high - low || 1)) * bins))]!++;
  }
  return { low, high, counts };
}
