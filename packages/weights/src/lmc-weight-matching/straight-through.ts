/**
 * Straight-through estimator on weights (v2): the end of the path is trained where weight matching would project it
 * (Ainsworth, Hayase and Srinivasa, ICLR 2023, algorithm 2).
 *
 * @module
 */
import {
  add,
  compile,
  mul,
  type NDArray,
  sgd,
  stopGradient,
  sub,
  type Tensor,
  valueAndGrad,
} from '@fletch/array';
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { partBuffers } from '@fletch/models';
import type { StateDict } from '../state-dict.js';
import { applyPermutation } from './apply.js';
import { identityPerms } from './perms.js';
import type { PermSpec, Perms } from './spec.js';
import { matchBySoftPermutations } from './straight-through-soft.js';
import { checkMatching, descend } from './weight-matching.js';

/** Traced: the loss of a model on a batch. */
export type LossGraph = (model: Readonly<Record<string, Tensor>>, ...batch: Tensor[]) => Tensor;

export interface StraightThroughOptions extends LongWork {
  /**
   * `weights` (v2): trained weights that weight matching projects onto an order of the second model. `permutations` (v1):
   * soft permutation matrices; only of permutations of single units. Default `weights`.
   */
  readonly variant?: 'weights' | 'permutations';
  /** Rate of gradient descent with momentum 0.9. `permutations` takes a hundred times more than `weights`. */
  readonly lr: number;
  readonly steps: number;
  /** Examples of a step: what `data` is asked for. */
  readonly batch: number;
  /** Default 0. */
  readonly seed?: number;
  /** Default: all cores. */
  readonly threads?: number | undefined;
}

export interface StraightThrough {
  /** For {@link applyPermutation} on the second model: those of the step whose loss was lowest. */
  readonly perms: Perms;
  /** The loss in the middle, of every step. */
  readonly losses: number[];
}

/** Arrays of the batch of a step. */
export type BatchOf = (step: number, batch: number) => readonly NDArray[] | Promise<readonly NDArray[]>;

type Weights = Readonly<Record<string, Tensor>>;

/**
 * Traced: the loss in the middle between `a` and the projection, of which θ gets the gradients:
 * L(½ a + ½ (projection + θ − stopGradient(θ))).
 */
export function midpointLoss(
  loss: LossGraph,
  theta: Weights,
  [projection, a]: readonly [Weights, Weights],
  ...batch: Tensor[]
): Tensor {
  const middle = Object.entries(a).map(([name, own]) => {
    const moving = theta[name];
    const end = moving ? add(projection[name]!, sub(moving, stopGradient(moving))) : projection[name]!;
    return [name, mul(add(own, end), 0.5)];
  });
  return loss(Object.fromEntries(middle), ...batch);
}

/**
 * Finds the order of the second model's units in which the middle between both has the least loss on data.
 *
 * @param spec - of both models
 * @param lossGraph - traced: the loss of a model on a batch
 * @param data - batches, by step
 * @throws FletchError `INVALID_ARGUMENT` for options outside of their ranges and what {@link weightMatching} throws,
 *   `NON_FINITE` with the step whose loss is not finite, `ABORTED`
 */
export async function straightThroughMatching(
  spec: PermSpec,
  a: StateDict,
  b: StateDict,
  lossGraph: LossGraph,
  data: BatchOf,
  options: StraightThroughOptions,
): Promise<StraightThrough> {
  const { lr, steps, batch, variant = 'weights' } = options;
  if (!(lr > 0)) throw new FletchError('INVALID_ARGUMENT', `lr must be a positive number, not ${lr}.`);
  for (const [name, value] of Object.entries({ steps, batch }))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new FletchError('INVALID_ARGUMENT', `${name} must be a positive whole number, not ${value}.`);
  const facts = checkMatching(spec, a, b);
  const matching = { spec, facts, a, b, lossGraph, data, options };
  return variant === 'permutations' ? matchBySoftPermutations(matching) : matchByTrainedWeights(matching);
}

/** What both variants work on. */
export interface StraightThroughTask {
  readonly spec: PermSpec;
  readonly facts: ReturnType<typeof checkMatching>;
  readonly a: StateDict;
  readonly b: StateDict;
  readonly lossGraph: LossGraph;
  readonly data: BatchOf;
  readonly options: StraightThroughOptions;
}

/** The error of a step whose loss is not finite. */
export const lossNotFinite = (loss: number, step: number): FletchError =>
  new FletchError('NON_FINITE', `The loss in the middle is ${loss} at step ${step}: lower lr.`, {
    details: { step },
  });

async function matchByTrainedWeights(task: StraightThroughTask): Promise<StraightThrough> {
  const { spec, facts, a, b, lossGraph, data, options } = task;
  const { lr, steps, batch, seed = 0, threads, signal, onProgress } = options;
  const optimizer = sgd({ learningRate: lr, momentum: 0.9 });
  const step = compile(
    (
      theta: Weights,
      state: ReturnType<typeof optimizer.init>,
      ends: [Weights, Weights],
      ...inputs: Tensor[]
    ) => {
      const [loss, gradients] = valueAndGrad((p: Weights) => midpointLoss(lossGraph, p, ends, ...inputs))(
        theta,
      );
      const [next, nextState] = optimizer.update(theta, gradients, state);
      return { loss, theta: next, state: nextState };
    },
    { name: 'straight-through matching', donate: [0, 1], ...(threads !== undefined && { threads }) },
  );
  // The step gives up the memory of what it trains: the first model stays the caller's.
  const copy = Object.fromEntries(Object.entries(a).map(([name, tensor]) => [name, tensor.copy()]));
  const [start, buffers] = partBuffers(copy);
  let theta: Record<string, NDArray> = start;
  let state = optimizer.init(theta);
  let perms = identityPerms(facts);
  let best = { perms, loss: Number.POSITIVE_INFINITY };
  const losses: number[] = [];
  try {
    for (let i = 0; i < steps; i++) {
      throwIfAborted(signal);
      perms = descend(facts, spec, [{ ...theta, ...buffers }, b], { init: perms, seed: seed + i }).perms;
      const projection = applyPermutation(spec, perms, b);
      const out = await step(
        theta,
        state as never,
        [projection, a] as never,
        ...((await data(i, batch)) as never[]),
      );
      const loss = out.loss.item();
      if (!Number.isFinite(loss)) throw lossNotFinite(loss, i);
      losses.push(loss);
      if (loss < best.loss) best = { perms, loss };
      theta = out.theta as Record<string, NDArray>;
      state = out.state as typeof state;
      onProgress?.({ done: i + 1, total: steps, stage: 'straight-through matching', figures: { loss } });
    }
  } finally {
    await step.close();
  }
  return { perms: best.perms, losses };
}
