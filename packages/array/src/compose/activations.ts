/**
 * Activations made of operations.
 *
 * @module
 */
import { type Tensor, tensor, type Value } from '../core/tensor.js';
import { add, maximum, minimum, mul, sub } from '../operations/binary.js';
import { exp, sigmoid, tanh } from '../operations/unary.js';

/** The approximation of `gelu` by a hyperbolic tangent that GPT-2 uses. */
export function geluTanh(x: Value): Tensor {
  const given = tensor(x);
  const inner = mul(
    given,
    add(mul(mul(given, given), 0.044715 * Math.sqrt(2 / Math.PI)), Math.sqrt(2 / Math.PI)),
  );
  return mul(mul(given, 0.5), add(tanh(inner), 1));
}

/** Sigmoid linear unit (swish): `x · sigmoid(x)`. */
export function silu(x: Value): Tensor {
  return mul(x, sigmoid(x));
}

/** `x` where positive, else `slope · x` (default 0.01). */
export function leakyRelu(x: Value, slope = 0.01): Tensor {
  return add(maximum(x, 0), mul(minimum(x, 0), slope));
}

/** `x` where positive, else `e^x − 1`. */
export function elu(x: Value): Tensor {
  return add(maximum(x, 0), sub(exp(minimum(x, 0)), 1));
}
