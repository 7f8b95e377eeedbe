/**
 * Textbook algorithms as predictors of y for a query after t labelled pairs.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { lstsq, Matrix, solvePositive, zeros } from '@fletch/linalg';

/** The pairs before a query: X is t × d, row-major. */
export interface Pairs {
  readonly t: number;
  readonly d: number;
  readonly X: Float64Array;
  readonly y: Float64Array;
}

/** An algorithm: what it predicts at a query. */
export interface Predictor {
  readonly name: string;
  /** Learns from pairs (there may be none). */
  fit(pairs: Pairs): (query: ArrayLike<number>) => number;
}

/** A predictor whose answer is w·q. */
function linear(name: string, weights: (pairs: Pairs) => Float64Array): Predictor {
  return {
    name,
    fit(pairs) {
      const w = pairs.t === 0 ? new Float64Array(pairs.d) : weights(pairs);
      return (query) => w.reduce((sum, value, j) => sum + value * query[j]!, 0);
    },
  };
}

/** Least squares without intercept; while t < d the solution of least norm. */
export const ols: Predictor = linear('OLS', ({ t, d, X, y }) =>
  Float64Array.from(lstsq(new Matrix(X, t, d), new Matrix(y, t, 1)).x.data),
);

/**
 * Ridge regression: (XᵀX + λ I)⁻¹ Xᵀ y.
 *
 * @throws FletchError `INVALID_ARGUMENT` when λ is negative
 */
export function ridge(lambda: number, name = `ridge(${lambda})`): Predictor {
  if (!(lambda >= 0)) throw new FletchError('INVALID_ARGUMENT', `λ must not be negative, but is ${lambda}.`);
  if (lambda === 0) return { ...ols, name };
  return linear(name, ({ t, d, X, y }) => {
    const gram = zeros(d, d);
    const moment = zeros(d, 1);
    for (let i = 0; i < t; i++)
      for (let j = 0; j < d; j++) {
        moment.data[j]! += X[i * d + j]! * y[i]!;
        for (let k = 0; k < d; k++) gram.data[j * d + k]! += X[i * d + j]! * X[i * d + k]!;
      }
    for (let j = 0; j < d; j++) gram.data[j * d + j]! += lambda;
    return solvePositive(gram, moment).data;
  });
}

/** The Bayes prediction for weights N(0, τ²I) and noise σ: ridge with λ = σ²/τ². */
export function bayes({ sigma, tau = 1 }: { readonly sigma: number; readonly tau?: number }): Predictor {
  return ridge((sigma / tau) ** 2, 'Bayes ridge');
}

/** One step from zero on Σ ½ (w·x − y)², with its best learning rate 1 / (t + d + 1 + σ²/τ²) unless given. */
export function oneStepGd(
  options: { readonly sigma?: number; readonly tau?: number; readonly lr?: number } = {},
): Predictor {
  const { sigma = 0, tau = 1, lr } = options;
  return linear('one-step GD', ({ t, d, X, y }) => {
    const eta = lr ?? 1 / (t + d + 1 + (sigma / tau) ** 2);
    const w = new Float64Array(d);
    for (let i = 0; i < t; i++) for (let j = 0; j < d; j++) w[j]! += eta * X[i * d + j]! * y[i]!;
    return w;
  });
}

/** Full-batch gradient descent on ‖Xw − y‖² + λ‖w‖², every gradient clamped to ±20 as in the reference code. */
export function gd({
  steps,
  lr,
  lambda = 0,
}: {
  readonly steps: number;
  readonly lr: number;
  readonly lambda?: number;
}): Predictor {
  return linear(`GD(${steps} steps)`, ({ t, d, X, y }) => {
    const w = new Float64Array(d);
    for (let step = 0; step < steps; step++) {
      const gradient = w.map((value) => 2 * lambda * value);
      for (let i = 0; i < t; i++) {
        let residual = y[i]!;
        for (let j = 0; j < d; j++) residual -= X[i * d + j]! * w[j]!;
        for (let j = 0; j < d; j++) gradient[j]! -= 2 * X[i * d + j]! * residual;
      }
      for (let j = 0; j < d; j++) w[j]! -= lr * Math.max(-20, Math.min(20, gradient[j]!));
    }
    return w;
  });
}

/** One pass, one step per pair. */
export function sgd({ lr }: { readonly lr: number }): Predictor {
  return linear(`SGD(${lr})`, ({ t, d, X, y }) => {
    const w = new Float64Array(d);
    for (let i = 0; i < t; i++) {
      let residual = y[i]!;
      for (let j = 0; j < d; j++) residual -= X[i * d + j]! * w[j]!;
      for (let j = 0; j < d; j++) w[j]! += 2 * lr * X[i * d + j]! * residual;
    }
    return w;
  });
}

/** The mean label of the k nearest pairs (of all while there are fewer), even or by inverse distance. */
export function knn({
  k,
  weights = 'uniform',
}: {
  readonly k: number;
  readonly weights?: 'uniform' | 'distance';
}): Predictor {
  if (!Number.isSafeInteger(k) || k < 1)
    throw new FletchError('INVALID_ARGUMENT', `k must be a positive integer, not ${k}.`);
  return {
    name: `kNN(${k})`,
    fit:
      ({ t, d, X, y }) =>
      (query) => {
        if (t === 0) return 0;
        const nearest = Array.from({ length: t }, (_, i) => {
          let squares = 0;
          for (let j = 0; j < d; j++) squares += (X[i * d + j]! - query[j]!) ** 2;
          return { distance: Math.sqrt(squares), label: y[i]! };
        })
          .sort((a, b) => a.distance - b.distance)
          .slice(0, k);
        const weight = ({ distance }: { distance: number }) =>
          weights === 'uniform' ? 1 : 1 / (distance + 1e-12);
        const total = nearest.reduce((sum, pair) => sum + weight(pair), 0);
        return nearest.reduce((sum, pair) => sum + weight(pair) * pair.label, 0) / total;
      },
  };
}

/** Zero, whatever the pairs: the mean of all tasks. */
export const zero: Predictor = { name: 'zero', fit: () => () => 0 };
