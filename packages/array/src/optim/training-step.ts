/**
 * One training step as one compiled call: forward, backward, optimizer.
 *
 * @module
 */
import { type Compiled, type CompileOptions, compile } from '../compile/compile.js';
import type { Tensor } from '../core/tensor.js';
import type { Mapped } from '../core/tree.js';
import { valueAndGrad } from '../transform/gradient.js';
import type { Optimizer } from './optimizer.js';
import { clipByGlobalNorm } from './optimizers.js';

/** What {@link trainingStep} compiles. */
export interface TrainingStepOptions {
  /** In messages. */
  readonly name: string;
  /**
   * Traced: the loss of a tree of tensors on one batch. With `carried` it takes that tree as its second argument and gives
   * `[loss, carried anew]`.
   */
  readonly loss: (params: never, ...batch: never[]) => Tensor | readonly [Tensor, unknown];
  readonly optimizer: Optimizer;
  /** Whether a tree is handed on from step to step without gradients: running means and the like. Default false. */
  readonly carried?: boolean;
  /** Greatest norm of all gradients together. Default: they are not clipped. */
  readonly clip?: number | undefined;
  /** Default: all cores. */
  readonly threads?: number | undefined;
  readonly runtime?: CompileOptions['runtime'];
}

/**
 * Parameters, optimizer state, what is carried (`{}` when nothing is) and a batch in; the loss and the first three anew out.
 * The memory of the first three is given up.
 */
export type TrainingStep = Compiled<
  [params: unknown, state: unknown, carried: unknown, ...batch: unknown[]],
  { loss: Tensor; params: unknown; state: unknown; carried: unknown }
>;

/**
 * Compiles a training step, for loops that {@link train} does not fit. Close it when it is no longer needed.
 *
 * @example
 * ```ts
 * const step = trainingStep({ name: 'line', loss, optimizer });
 * const out = await step(params, optimizer.init(params), {}, x, y);
 * ```
 */
export function trainingStep(options: TrainingStepOptions): TrainingStep {
  const { name, optimizer, clip, threads, runtime, carried: carries = false } = options;
  const lossOf = options.loss as (...args: unknown[]) => Tensor | readonly [Tensor, unknown];
  return compile(
    (params: unknown, state: unknown, carried: unknown, ...batch: unknown[]) => {
      const rest = carries ? [carried, ...batch] : batch;
      const [value, gradients] = valueAndGrad(lossOf as never)(params, ...(rest as never[])) as [
        Tensor | readonly [Tensor, unknown],
        Mapped<unknown, Tensor>,
      ];
      const [loss, next] = (Array.isArray(value) ? value : [value, carried]) as readonly [Tensor, unknown];
      const used = clip === undefined ? gradients : clipByGlobalNorm(gradients, clip)[0];
      const [updated, nextState] = optimizer.update(params, used as never, state as never);
      return { loss, params: updated, state: nextState, carried: next };
    },
    {
      name,
      donate: carries ? [0, 1, 2] : [0, 1],
      ...(threads !== undefined && { threads }),
      ...(runtime !== undefined && { runtime }),
    },
  ) as unknown as TrainingStep;
}
