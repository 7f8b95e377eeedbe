/**
 * Training on data that are drawn anew for every step.
 *
 * @module
 */
import {
  assertFinite,
  clipByGlobalNorm,
  compile,
  type NDArray,
  type Optimizer,
  type Tensor,
  valueAndGrad,
} from '@fletch/array';
import { type LongWork, throwIfAborted } from '@fletch/base';

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

/** Steps between two reports. */
const REPORTED = 50;

/**
 * Takes `steps` steps, each one call of one compiled graph.
 *
 * @returns the trained parameters and the loss of every step
 * @throws FletchError `NON_FINITE` with the step, `ABORTED`, and what `draw` and tracing throw
 */
export async function trainOnFresh<P>(options: TrainOptions<P>): Promise<{ params: P; loss: number[] }> {
  const { name, optimizer, steps, clip, draw, threads, signal, onProgress } = options;
  const lossOf = options.loss as (params: unknown, ...batch: Tensor[]) => Tensor;
  const step = compile(
    (params: unknown, state: ReturnType<Optimizer['init']>, ...batch: Tensor[]) => {
      const [loss, gradients] = valueAndGrad(lossOf)(params, ...batch);
      const clipped = clip === undefined ? gradients : clipByGlobalNorm(gradients, clip)[0];
      const [next, nextState] = optimizer.update(params, clipped, state);
      return { loss, params: next, state: nextState };
    },
    { name, donate: [0, 1], ...(threads !== undefined && { threads }) },
  );
  const losses: number[] = [];
  try {
    let params: unknown = options.params;
    let state = optimizer.init(params);
    for (let i = 0; i < steps; i++) {
      throwIfAborted(signal);
      const out = await step(params as never, state as never, ...draw(i));
      params = out.params;
      state = out.state as typeof state;
      assertFinite({ loss: out.loss }, i);
      losses.push(out.loss.item() as number);
      if (i % REPORTED === REPORTED - 1 || i === steps - 1)
        onProgress?.({ done: i + 1, total: steps, stage: 'training' });
    }
    return { params: params as P, loss: losses };
  } finally {
    await step.close();
  }
}
