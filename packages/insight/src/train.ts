/**
 * Training on data that are drawn anew for every step.
 *
 * @module
 */
import { type NDArray, type Optimizer, type Tensor, train } from '@fletch/array';
import type { LongWork } from '@fletch/base';

export interface TrainOptions<P> extends LongWork {
  /** In messages. */
  readonly name: string;
  /** A tree of arrays. */
  readonly params: P;
  /** Traced: the loss of a tree of tensors, shaped like `params`, on one batch. */
  readonly loss: (params: never, ...batch: Tensor[]) => Tensor;
  readonly optimizer: Optimizer;
  readonly steps: number;
  /** Greatest norm of all gradients together. Default: they are not clipped. */
  readonly clip?: number;
  /** The arrays of the batch of a step. */
  readonly draw: (step: number) => readonly NDArray[];
  /** Default: all cores. */
  readonly threads?: number | undefined;
}

/**
 * Takes `steps` steps, each one call of one compiled graph.
 *
 * @returns the trained parameters and the loss of every step
 * @throws FletchError `NON_FINITE` with the step, `ABORTED`, and what `draw` and tracing throw
 */
export async function trainOnFresh<P>(options: TrainOptions<P>): Promise<{ params: P; loss: number[] }> {
  const { params, losses } = await train<P>(options);
  return { params, loss: Array.from(losses) };
}
