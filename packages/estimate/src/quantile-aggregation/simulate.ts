/**
 * Problems with known quantiles.
 *
 * @module
 */
import { Matrix, normalQuantile, type Rng, rng } from '@fletch/linalg';
import { monotoneRows } from './monotone.js';
import { type QuantileTensor, stackPredictions } from './predictions.js';

/** Features and targets. */
export interface QuantileProblem {
  readonly X: Matrix<Float64Array>;
  readonly y: Float64Array;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

function uniformFeatures(random: Rng, n: number, d: number): Matrix<Float64Array> {
  const X = new Matrix(random.fillUniform(new Float64Array(n * d)), n, d);
  for (let i = 0; i < X.data.length; i++) X.data[i] = 2 * X.data[i]! - 1;
  return X;
}

/** y = sin(3x₁) + x₂x₃ + (0.2 + 0.8 σ(4x₄)) ε on five uniform features; ε is normal where x₅ < 0, else a centred exponential. */
export function simulateHeteroscedastic(n: number, seed: number): QuantileProblem {
  const random = rng(seed);
  const X = uniformFeatures(random.split(), n, 5);
  const noise = random.split();
  const y = Float64Array.from({ length: n }, (_, i) => {
    const [x1, x2, x3, x4, x5] = X.row(i) as unknown as [number, number, number, number, number];
    const epsilon = x5 < 0 ? noise.normal() : -Math.log(1 - noise.uniform()) - 1;
    return Math.sin(3 * x1) + x2 * x3 + (0.2 + 0.8 * sigmoid(4 * x4)) * epsilon;
  });
  return { X, y };
}

/** Predictions of models that are right in a part of the features or of the levels, and the truth. */
export interface ControlledLibrary extends QuantileProblem {
  readonly z: QuantileTensor;
  /** The true quantiles, n × m. */
  readonly oracle: Matrix<Float64Array>;
}

/** Which models: `region` has one that is wrong in each quadrant of (x₁, x₂) but its own, `level` models wrong at some levels. */
export type LibraryKind = 'region' | 'level';

/** What each model adds to the true quantile. */
const errors: Readonly<Record<LibraryKind, readonly ((x: Float64Array, tau: number) => number)[]>> = {
  region: [0, 1, 2, 3].map(
    (quadrant) => (x) => ((x[0]! < 0 ? 0 : 1) + (x[1]! < 0 ? 0 : 2) === quadrant ? 0 : 0.8),
  ),
  level: [
    (_, tau) => (tau > 0.5 ? 0.8 : 0),
    (_, tau) => (tau < 0.5 ? 0.8 : 0),
    () => 0.6,
    (_, tau) => (Math.abs(tau - 0.5) > 0.2 ? 0.8 : 0),
  ],
};

/**
 * A library of four models whose errors are known: x uniform in (−1, 1)³, y normal with μ = sin(3x₁) + x₂ and σ = 0.3 + 0.7 / (1 +
 * e^(−4x₃)); to each prediction N(0, 0.05²) is added.
 */
export function simulateLibrary(
  kind: LibraryKind,
  n: number,
  tau: readonly number[],
  seed: number,
): ControlledLibrary {
  const random = rng(seed);
  const X = uniformFeatures(random.split(), n, 3);
  const noise = random.split();
  const place = (i: number) => {
    const x = X.row(i);
    return { mean: Math.sin(3 * x[0]!) + x[1]!, deviation: 0.3 + 0.7 * sigmoid(4 * x[2]!) };
  };
  const y = Float64Array.from({ length: n }, (_, i) => {
    const { mean, deviation } = place(i);
    return mean + deviation * noise.normal();
  });
  const scores = tau.map(normalQuantile);
  const quantiles = (error: (row: number, level: number) => number) => {
    const q = new Matrix(new Float64Array(n * tau.length), n, tau.length);
    for (let i = 0; i < n; i++) {
      const { mean, deviation } = place(i);
      for (let k = 0; k < tau.length; k++)
        q.data[i * tau.length + k] = mean + deviation * scores[k]! + error(i, k);
    }
    return q;
  };
  const jitter = random.split();
  const models = errors[kind].map((error) =>
    monotoneRows(
      quantiles((i, k) => error(X.row(i), tau[k]!) + 0.05 * jitter.normal()),
      'sort',
    ),
  );
  return { X, y, z: stackPredictions(models), oracle: quantiles(() => 0) };
}
