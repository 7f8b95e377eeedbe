/**
 * What slope and curvature at one end of a path say about the loss along it.
 *
 * @module
 */
import { add, compile, grad, mul, type NDArray, sub, type Tensor } from '@fletch/array';
import { checkSameStates, type StateDict } from '../state-dict.js';
import type { LossGraph } from './straight-through.js';

/** The loss at `from`, and its first two derivatives by λ along `(1 − λ) from + λ to`. */
export interface PathDerivatives {
  readonly loss: number;
  readonly slope: number;
  readonly curvature: number;
}

/**
 * Derivatives of the loss along the line to another model: L(λ) ≈ loss + slope λ + ½ curvature λ². Were distance all that
 * mattered, this would predict the barrier.
 *
 * @param lossGraph - traced: the loss of a model on a batch
 * @throws FletchError `DIMENSION_MISMATCH` naming tensors that differ, what tracing throws
 */
export async function pathDerivatives(
  lossGraph: LossGraph,
  from: StateDict,
  to: StateDict,
  batch: readonly NDArray[],
  { threads }: { readonly threads?: number | undefined } = {},
): Promise<PathDerivatives> {
  checkSameStates(from, to, ['The first model', 'the second']);
  const measure = compile(
    (lambda: Tensor, a: Record<string, Tensor>, b: Record<string, Tensor>, ...inputs: Tensor[]) => {
      const lossAt = (at: Tensor) =>
        lossGraph(
          Object.fromEntries(
            Object.entries(a).map(([name, own]) => [name, add(own, mul(sub(b[name]!, own), at))]),
          ),
          ...inputs,
        );
      const slopeAt = grad(lossAt);
      return { loss: lossAt(lambda), slope: slopeAt(lambda), curvature: grad(slopeAt)(lambda) };
    },
    { name: 'derivatives along a path', ...(threads !== undefined && { threads }) },
  );
  try {
    const out = await measure(0, from as never, to as never, ...(batch as never[]));
    return { loss: out.loss.item(), slope: out.slope.item(), curvature: out.curvature.item() };
  } finally {
    await measure.close();
  }
}
