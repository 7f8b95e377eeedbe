/**
 * Feed-forward parts, plain and gated, and their gradients.
 *
 * @module
 */
import { array, evaluate, grad, sum, type Tensor, tensor } from '@fletch/array';
import { type ActivationName, activate } from '@fletch/models';
import type { Affine } from './affine.js';

const wide = (x: Float64Array) => tensor(array(x, 'float64', [x.length]));
const activated = (name: ActivationName, x: Float64Array) =>
  evaluate(activate(name, wide(x))).data as Float64Array;
/** Derivatives, by the gradient rule of the activation itself. */
const slopes = (name: ActivationName, x: Float64Array) =>
  evaluate(grad((t: Tensor) => sum(activate(name, t)))(wide(x))).data as Float64Array;
const times = (a: Float64Array, b: Float64Array) => a.map((value, i) => value * b[i]!);

/** `down(act(up(x)))`, or `down(act(gate(x)) ∘ up(x))` with a gate. */
export interface Mlp {
  readonly activation: ActivationName;
  readonly gate?: Affine | undefined;
  readonly up: Affine;
  readonly down: Affine;
}

/** What it adds to the stream, `[d]`. */
export function applyMlp({ activation, gate, up, down }: Mlp, x: Float64Array): Float64Array {
  const inner = up.apply(x);
  return down.apply(gate ? times(activated(activation, gate.apply(x)), inner) : activated(activation, inner));
}

/** The gradient of `y · mlp(x)` with respect to x. */
export function pullMlp({ activation, gate, up, down }: Mlp, x: Float64Array, y: Float64Array): Float64Array {
  const wanted = down.pull(y);
  const inner = up.apply(x);
  if (!gate) return up.pull(times(wanted, slopes(activation, inner)));
  const outer = gate.apply(x);
  const byUp = up.pull(times(wanted, activated(activation, outer)));
  const byGate = gate.pull(times(times(wanted, inner), slopes(activation, outer)));
  return byUp.map((value, i) => value + byGate[i]!);
}
