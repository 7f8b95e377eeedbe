/**
 * Activations by the names that configs call them.
 *
 * @module
 */
import { gelu, geluTanh, mul, relu, sigmoid, silu, type Tensor, tanh } from '@fletch/array';
import { z } from 'zod';

const activations = {
  gelu,
  gelu_new: geluTanh,
  gelu_fast: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  quick_gelu: (x: Tensor) => mul(x, sigmoid(mul(x, 1.702))),
  relu,
  silu,
  swish: silu,
  tanh,
} as const satisfies Readonly<Record<string, (x: Tensor) => Tensor>>;

/** The name of an activation in a config. */
export type ActivationName = keyof typeof activations;

/** Reads the name of an activation. */
export const activationName = z.enum(Object.keys(activations) as [ActivationName, ...ActivationName[]]);

/** Applies the activation of that name. */
export function activate(name: ActivationName, x: Tensor): Tensor {
  return activations[name](x);
}
