/**
 * The recurrent network as traced functions: h ← relu((1 − α) h + α (W_in x + W h)), o = W_out h, from h = 0.
 *
 * @module
 */
import {
  add,
  concat,
  crossEntropy,
  matmul,
  mul,
  relu,
  reshape,
  sliceAxis,
  type Tensor,
  unstack,
} from '@fletch/array';

/** The three matrices, rows are the units that are driven. */
export interface RnnParams<T> {
  /** `[hidden, inputs]` */
  readonly input: T;
  /** `[hidden, hidden]` */
  readonly recurrent: T;
  /** `[classes, hidden]` */
  readonly readout: T;
}

/** Sum of what is there. */
export function total(...parts: readonly (Tensor | undefined)[]): Tensor {
  return parts.filter((part) => part !== undefined).reduce((a, b) => add(a, b));
}

/**
 * The hidden activity after every step.
 *
 * @param x - `[steps, batch, inputs]`
 * @param alpha - dt / τ
 * @returns one `[batch, hidden]` per step
 */
export function hiddenStates(params: RnnParams<Tensor>, x: Tensor, alpha: number): Tensor[] {
  const [steps, batch, inputs] = x.shape as readonly [number, number, number];
  const driven = matmul(reshape(x, [steps * batch, inputs]), params.input, { transposeB: true });
  const states: Tensor[] = [];
  for (const drive of unstack(reshape(driven, [steps, batch, params.input.shape[0]!]))) {
    const before = states.at(-1);
    const own = before && matmul(before, params.recurrent, { transposeB: true });
    const change = total(drive, own);
    const kept = before && alpha < 1 ? mul(before, 1 - alpha) : undefined;
    states.push(relu(total(alpha < 1 ? mul(change, alpha) : change, kept)));
  }
  return states;
}

/** What flows back through a step: (1 − α) δ + α Wᵀ δ, for δ of any number of rows. */
export function backStep(delta: Tensor, recurrent: Tensor, alpha: number): Tensor {
  const back = matmul(delta, recurrent);
  return alpha < 1 ? add(mul(back, alpha), mul(delta, 1 - alpha)) : back;
}

/**
 * Cross-entropy, averaged over all outputs that are scored.
 *
 * @param y - `[steps, batch]`, int32
 */
export function rnnLoss(
  params: RnnParams<Tensor>,
  x: Tensor,
  y: Tensor,
  { alpha, scored }: { readonly alpha: number; readonly scored: 'every' | 'last' },
): Tensor {
  const states = hiddenStates(params, x, alpha).slice(scored === 'last' ? -1 : 0);
  const rows = states.length * y.shape[1]!;
  const labels = sliceAxis(y, 0, y.shape[0]! - states.length, y.shape[0]!);
  return crossEntropy(matmul(concat(states), params.readout, { transposeB: true }), reshape(labels, [rows]));
}
