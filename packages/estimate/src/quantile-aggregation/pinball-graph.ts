/**
 * The pinball loss as a graph.
 *
 * @module
 */
import { maximum, mean, mul, sub, type Tensor, type Value } from '@fletch/array';

/** Mean of ρ_τ(y − q); shapes broadcast. */
export function pinballGraph(q: Tensor, y: Tensor, tau: Value): Tensor {
  const error = sub(y, q);
  return mean(maximum(mul(tau, error), mul(sub(tau, 1), error)));
}
