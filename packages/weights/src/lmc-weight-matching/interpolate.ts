/**
 * Between two models: interpolation, means, and the barrier of the loss on the way.
 *
 * @module
 */
import { array } from '@fletch/array';
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { checkSameStates, type StateDict } from '../state-dict.js';

/**
 * `(1 − t) a + t b`, tensor by tensor.
 *
 * @throws FletchError `DIMENSION_MISMATCH` naming tensors that differ, `INVALID_ARGUMENT` when t is no finite number
 */
export function interpolate(a: StateDict, b: StateDict, t: number): StateDict {
  if (!Number.isFinite(t)) throw new FletchError('INVALID_ARGUMENT', `t must be a number, not ${t}.`);
  return weightedSum([a, b], [1 - t, t]);
}

/**
 * The mean of models.
 *
 * @throws FletchError `DIMENSION_MISMATCH`, `INVALID_ARGUMENT` when there is none
 */
export function meanOf(models: readonly StateDict[]): StateDict {
  if (models.length === 0)
    throw new FletchError('INVALID_ARGUMENT', 'There is no model to take the mean of.');
  return weightedSum(
    models,
    models.map(() => 1 / models.length),
  );
}

function weightedSum(models: readonly StateDict[], weights: readonly number[]): StateDict {
  const [first, ...others] = models as readonly [StateDict, ...StateDict[]];
  for (const other of others) checkSameStates(first, other, ['The first model', 'another']);
  return Object.fromEntries(
    Object.entries(first).map(([name, { shape, size }]) => {
      const sum = new Float64Array(size);
      models.forEach((model, k) => {
        const { data } = model[name]!;
        if (weights[k] !== 0) for (let i = 0; i < size; i++) sum[i]! += weights[k]! * (data[i] as number);
      });
      return [name, array(Float32Array.from(sum), 'float32', shape)];
    }),
  );
}

/** Distance of two models: the root of the sum of all squared differences. */
export function distanceOf(a: StateDict, b: StateDict): number {
  checkSameStates(a, b, ['The first model', 'the second']);
  let sum = 0;
  for (const [name, { data }] of Object.entries(a)) {
    const other = b[name]!.data;
    for (let i = 0; i < data.length; i++) sum += ((data[i] as number) - (other[i] as number)) ** 2;
  }
  return Math.sqrt(sum);
}

/** The loss of a model. */
export type LossOf = (model: StateDict) => number | Promise<number>;

export interface LossBarrier {
  /** From 0 (the first model) to 1. */
  readonly lambdas: number[];
  readonly losses: number[];
  /** Most that the loss on the way lies above the line between its ends; 0 when it never does. */
  readonly barrier: number;
  /** How far it lies above the line in the middle; may be below 0. */
  readonly middle: number;
}

/**
 * The loss along the line between two models: max over λ of L((1 − λ) a + λ b) − ((1 − λ) L(a) + λ L(b)) (Frankle,
 * Dziugaite, Roy and Carbin, ICML 2020).
 *
 * @param lossOf - the loss of one model; called once for each λ, one after the other
 * @param points - λs, evenly from 0 to 1, an odd number so that the middle is one. Default 25
 * @throws FletchError `INVALID_ARGUMENT` for an even number of points or fewer than 3, `NON_FINITE` naming the λ whose
 *   loss is not finite, `ABORTED`
 */
export async function lossBarrier(
  a: StateDict,
  b: StateDict,
  lossOf: LossOf,
  points = 25,
  { signal, onProgress }: LongWork = {},
): Promise<LossBarrier> {
  if (!Number.isSafeInteger(points) || points < 3 || points % 2 === 0)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `A barrier takes an odd number of points from 3, not ${points}.`,
    );
  const lambdas = Array.from({ length: points }, (_, i) => i / (points - 1));
  const losses: number[] = [];
  for (const lambda of lambdas) {
    throwIfAborted(signal);
    onProgress?.({ done: losses.length, total: points, stage: 'loss along the path' });
    const loss = await lossOf(interpolate(a, b, lambda));
    if (!Number.isFinite(loss))
      throw new FletchError('NON_FINITE', `The loss at λ = ${lambda} is ${loss}.`, { details: { lambda } });
    losses.push(loss);
  }
  const above = lambdas.map(
    (lambda, i) => losses[i]! - ((1 - lambda) * losses[0]! + lambda * losses.at(-1)!),
  );
  return { lambdas, losses, barrier: Math.max(...above, 0), middle: above[(points - 1) / 2]! };
}
