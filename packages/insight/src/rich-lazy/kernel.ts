/**
 * The tangent kernel of the recurrent network, without ever forming the Jacobian.
 *
 * A row of the Jacobian is ∂o_k(t, b)/∂W = α Σ_s δ_s h_{s−1}ᵀ, so the inner product of two rows is
 * α² Σ_{s,s'} (δ_s·δ'_{s'}) (h_{s−1}·h'_{s'−1}): products of vectors of `hidden` numbers in place of hidden².
 *
 * @module
 */
import {
  add,
  cast,
  concat,
  expandDims,
  eye,
  greater,
  matmul,
  mul,
  pad,
  reshape,
  sliceAxis,
  squeeze,
  type Tensor,
  transpose,
} from '@fletch/array';
import { backStep, hiddenStates, type RnnParams, total } from './forward.js';

/** Matrices whose weights a kernel may be about. */
export const rnnParts = ['input', 'recurrent', 'readout'] as const;
export type RnnPart = (typeof rnnParts)[number];

export interface KernelOptions {
  readonly alpha: number;
  readonly outputs: 'every' | 'last';
  readonly parts: readonly RnnPart[];
}

/**
 * K = G Gᵀ, G the derivatives of outputs by weights. Rows of G are ordered by step from last to first, then class, then
 * trial.
 *
 * @param x - `[steps, batch, inputs]`
 * @returns `[rows, rows]`
 */
export function rnnKernel(params: RnnParams<Tensor>, x: Tensor, options: KernelOptions): Tensor {
  const { alpha, outputs, parts } = options;
  const states = hiddenStates(params, x, alpha);
  const steps = states.length;
  const [batch, hidden] = states[0]!.shape as readonly [number, number];
  const classes = params.readout.shape[0]!;
  const scored = outputs === 'last' ? 1 : steps;
  const sums: Tensor[] = [];
  if (parts.includes('readout')) sums.push(readoutKernel(states.slice(-scored), classes));

  /** What the weights of a part multiply at a step; nothing comes from the activity before the first. */
  const presynaptic = (part: RnnPart, step: number): Tensor | undefined =>
    part === 'input' ? squeeze(sliceAxis(x, 0, step, step + 1), 0) : states[step - 1];
  const deltas = backwardSignals(params, states, alpha, scored);
  const rows = scored * classes;
  for (let s = 0; s < steps; s++)
    for (let later = s; later < steps; later++) {
      const grams = parts
        .filter((part) => part !== 'readout')
        .flatMap((part) => {
          const [a, b] = [presynaptic(part, s), presynaptic(part, later)];
          return a && b ? [matmul(a, b, { transposeB: true })] : [];
        });
      if (grams.length === 0) continue;
      const gram = reshape(
        grams.reduce((a, b) => add(a, b)),
        [1, batch, 1, batch],
      );
      const [left, right] = [deltas[s]!, deltas[later]!];
      const [m, n] = [left.shape[0]!, right.shape[0]!];
      const flat = (delta: Tensor, count: number) => reshape(delta, [count * batch, hidden]);
      const product = matmul(flat(left, m), flat(right, n), { transposeB: true });
      const part = mul(reshape(product, [m, batch, n, batch]), gram);
      const whole = pad(part, { 0: [0, rows - m], 2: [0, rows - n] });
      const square = mul(reshape(whole, [rows * batch, rows * batch]), alpha * alpha);
      sums.push(s === later ? square : add(square, transpose(square)));
    }
  return total(...sums);
}

/** δ at each step for every output that comes at or after it: `[outputs, batch, hidden]`, latest outputs first. */
function backwardSignals(
  { recurrent, readout }: RnnParams<Tensor>,
  states: readonly Tensor[],
  alpha: number,
  scored: number,
): Tensor[] {
  const steps = states.length;
  const [batch, hidden] = states[0]!.shape as readonly [number, number];
  const deltas: Tensor[] = Array(steps);
  let after: Tensor | undefined;
  for (let s = steps - 1; s >= 0; s--) {
    const active = cast(greater(states[s]!, 0), recurrent.dtype);
    const arriving: Tensor[] = [];
    if (after) {
      const rows = after.shape[0]!;
      const back = backStep(reshape(after, [rows * batch, hidden]), recurrent, alpha);
      arriving.push(mul(reshape(back, [rows, batch, hidden]), active));
    }
    if (s >= steps - scored) arriving.push(mul(expandDims(readout, 1), active));
    after = concat(arriving);
    deltas[s] = after;
  }
  return deltas;
}

/** ∂o_k/∂W_out has h_t in row k. */
function readoutKernel(states: readonly Tensor[], classes: number): Tensor {
  const [batch] = states[0]!.shape as readonly [number, number];
  const latestFirst = concat([...states].reverse());
  const times = states.length;
  const gram = reshape(matmul(latestFirst, latestFirst, { transposeB: true }), [
    times,
    1,
    batch,
    times,
    1,
    batch,
  ]);
  const same = reshape(eye(classes, gram.dtype), [1, classes, 1, 1, classes, 1]);
  const rows = times * classes * batch;
  return reshape(mul(gram, same), [rows, rows]);
}
