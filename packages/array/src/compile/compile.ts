/**
 * Compiles functions of tensors: traced once per kind of arguments, emitted as one ONNX model, run by ONNX Runtime.
 *
 * @module
 */
import type { NDArray } from '../core/ndarray.js';
import type { Tensor } from '../core/tensor.js';
import type { Concrete } from '../core/tree.js';
import type { RuntimeName, SessionOptions } from '../session.js';
import { Plan } from './plan.js';
import { matches, type Skeleton, skeletonOf } from './signature.js';

/** What a compiled function takes where the traced one takes tensors: arrays, or numbers for scalars. */
export type Feed<T> = T extends Tensor
  ? NDArray | number
  : T extends readonly unknown[]
    ? { [K in keyof T]: Feed<T[K]> }
    : T extends object
      ? { [K in keyof T]: Feed<T[K]> }
      : T;

/** How a function is compiled and run. */
export interface CompileOptions extends Omit<SessionOptions, 'runtime'> {
  /** Name in messages and in the model. Default: the function's own. */
  readonly name?: string;
  /**
   * Arguments whose arrays are given up: their memory holds results of later calls. A training step that donates
   * parameters and optimizer state allocates nothing. A donated array may not be read afterwards.
   */
  readonly donate?: readonly number[];
  /** Default: `native` when `onnxruntime-node` is installed, else `wasm`. `interpreter` runs in JavaScript. */
  readonly runtime?: RuntimeName | 'interpreter';
}

/** A compiled function. */
export interface Compiled<Args extends unknown[], Result> {
  /** Runs on arrays; arguments of a new kind are traced and compiled first. */
  (...args: Feed<Args>): Promise<Concrete<Result>>;
  /** Traces and compiles for such arguments without running. Says what will run it. */
  prepare(...args: Feed<Args>): Promise<RuntimeName | 'interpreter'>;
  /** Frees the models. Calling it twice does nothing; a later call compiles again. */
  close(): Promise<void>;
}

/**
 * Compiles a function of trees of tensors.
 *
 * It is traced once for each kind of arguments: tree structure, shapes, element types. Numbers are passed as
 * `float32` scalars, so a learning rate may change without tracing; strings, booleans, `null` and functions
 * are fixed into the trace. The whole function, with the gradients it takes, becomes one ONNX model and one call.
 *
 * @param fn - pure: it returns a tree of tensors and reads nothing that changes
 * @returns a function of arrays
 * @throws FletchError whatever tracing throws; `INVALID_ARGUMENT` when the runtime refuses the model, naming our
 *   operation; `OUT_OF_MEMORY` with the size that was asked for
 * @example
 * ```ts
 * const double = compile((x: Tensor) => add(x, x));
 * (await double(array([1, 2]))).toNested() // [2, 4]
 * ```
 */
export function compile<Args extends unknown[], Result>(
  fn: (...args: Args) => Result,
  options: CompileOptions = {},
): Compiled<Args, Result> {
  const name = options.name ?? (fn.name || 'function');
  const plans: { readonly skeleton: Skeleton; readonly plan: Promise<Plan> }[] = [];
  let latest: { readonly skeleton: Skeleton; readonly plan: Plan } | undefined;

  const find = async (args: readonly unknown[], leaves: (NDArray | number)[]): Promise<Plan> => {
    for (const entry of plans) {
      leaves.length = 0;
      if (!matches(entry.skeleton, args, leaves)) continue;
      const plan = await entry.plan;
      latest = { skeleton: entry.skeleton, plan };
      return plan;
    }
    const skeleton = skeletonOf(args, '');
    const plan = Plan.make(name, fn as (...args: never[]) => unknown, skeleton, options);
    const entry = { skeleton, plan };
    plans.push(entry);
    plan.catch(() => plans.splice(plans.indexOf(entry), 1));
    leaves.length = 0;
    matches(skeleton, args, leaves);
    return await plan;
  };

  const run = async (...args: unknown[]): Promise<unknown> => {
    const leaves: (NDArray | number)[] = [];
    const plan =
      latest !== undefined && matches(latest.skeleton, args, leaves) ? latest.plan : await find(args, leaves);
    return await plan.run(leaves);
  };
  return Object.assign(run, {
    prepare: async (...args: unknown[]) => (await find(args, [])).runtime,
    close: async () => {
      latest = undefined;
      for (const { plan } of plans.splice(0)) await (await plan).close();
    },
  }) as unknown as Compiled<Args, Result>;
}
