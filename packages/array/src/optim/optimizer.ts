/**
 * What an optimizer is: two pure functions on trees.
 *
 * @module
 */
import { fromNumbers, type NDArray, zeros } from '../core/ndarray.js';
import { callError, Tensor, type Value } from '../core/tensor.js';
import { type Mapped, tree } from '../core/tree.js';
import { add } from '../operations/binary.js';
import { cast } from '../operations/cast.js';

/** A plain tree of arrays: saved and restored bit for bit. */
export type OptimizerState = { readonly [key: string]: unknown };

/** The state as the traced step sees it. */
export type TracedState = { readonly [key: string]: unknown };

/** Turns gradients into new parameters. Its functions are pure: the state goes in and comes out. */
export interface Optimizer {
  /** The state before the first step, for parameters of these shapes. */
  init(params: unknown): OptimizerState;
  /**
   * One step, inside a traced function.
   *
   * @returns `[parameters, state]`, shaped like those given
   * @throws FletchError `INVALID_ARGUMENT` naming parameters that have no gradient, and the other way round
   */
  update<P>(params: P, gradients: Mapped<P, Tensor>, state: OptimizerState): [Mapped<P, Tensor>, TracedState];
}

/** A fixed rate, or one that depends on the step (0 for the first). */
export type Schedule = Value | ((step: Tensor) => Value);

/** The number of steps done before, `int32`, as a state holds it. */
export function countFrom(step: number): NDArray {
  return fromNumbers([step], [], 'int32');
}

/** Zeros shaped like every parameter. */
export function zerosFor(params: unknown): unknown {
  return tree.map((leaf: unknown) => zeros((leaf as NDArray).shape, (leaf as NDArray).dtype), params);
}

/** The rate at this step, in the element type of `like`. */
export function rateAt(schedule: Schedule, step: Tensor, like: Tensor): Value {
  const rate = typeof schedule === 'function' ? schedule(step) : schedule;
  return rate instanceof Tensor ? cast(rate, like.dtype) : rate;
}

/** One more step. */
export function nextStep(step: Tensor): Tensor {
  return add(step, 1);
}

/** A state's part, or an error that says the state belongs to another optimizer. */
export function partOf<T>(state: OptimizerState, part: string, optimizer: string): T {
  const found = state[part];
  if (found === undefined)
    throw callError(optimizer, `the state has no "${part}": make it with this optimizer's init(params)`);
  return found as T;
}

/** Applies `f` to every parameter with its gradient and parts of the state; `f` gives the new parameter and parts. */
export function updateEach<P>(
  params: P,
  trees: readonly unknown[],
  f: (param: Tensor, ...rest: Tensor[]) => readonly Tensor[],
): Mapped<P, Tensor>[] {
  const results: Tensor[][] = [];
  tree.map(
    (param: unknown, _, ...rest: unknown[]) => {
      results.push([...f(param as Tensor, ...(rest as Tensor[]))]);
      return null;
    },
    params,
    ...trees,
  );
  const parts = results[0]?.length ?? trees.length;
  return Array.from({ length: parts }, (_, part) =>
    tree.fill(
      params,
      results.map((result) => result[part]!),
    ),
  ) as Mapped<P, Tensor>[];
}
