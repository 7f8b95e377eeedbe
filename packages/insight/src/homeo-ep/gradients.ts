/**
 * Gradients of all parameters from error vectors.
 *
 * @module
 */
import { add, crossEntropy, grad, matmul, mean, mul, type Tensor, transpose } from '@fletch/array';
import { activities, enter, readoutError, relaxFreely, type Scene } from './field.js';
import { homeostasisEstimate, homeostasisExact } from './homeostasis.js';
import type { EPLayout, EPParams } from './layout.js';

type Gradients = EPParams<Tensor>;

/**
 * g = mean over the batch of d_post s_preᵀ, of d for biases, and the ordinary gradient of the read-out.
 *
 * @param d - error vector of each layer
 * @param s - activities of the free fixed point
 */
export function gradientsFrom(
  scene: Scene,
  x: Tensor,
  d: readonly Tensor[],
  s: readonly Tensor[],
): Gradients {
  const { entry, edges, names } = scene.layout;
  const share = 1 / x.shape[0]!;
  const outer = (before: Tensor, after: Tensor) => mul(matmul(before, after, { transposeA: true }), share);
  const error = readoutError(scene, s.at(-1)!);
  return {
    weights: Object.fromEntries(
      [entry, ...edges].map(({ name, from, to }) => [name, outer(from < 0 ? x : s[from]!, d[to]!)]),
    ),
    biases: Object.fromEntries(names.map((name, l) => [name, mean(d[l]!, { axes: 0 })])),
    readout: { weight: outer(s.at(-1)!, error), bias: mean(error, { axes: 0 }) },
  };
}

/** Ordinary backpropagation through `steps` more steps from the free fixed point. */
export function unrolledGradients(
  scene: Scene,
  x: Tensor,
  labels: Tensor,
  free: readonly Tensor[],
  steps: number,
): Gradients {
  const loss = (params: EPParams<Tensor>) => {
    const here = { ...scene, params, entering: enter(scene.layout, params, x) };
    const s = activities(here, relaxFreely(here, free, steps));
    return crossEntropy(add(matmul(s.at(-1)!, params.readout.weight), params.readout.bias), labels);
  };
  return grad(loss)(scene.params) as Gradients;
}

/** How weights are brought to mirror each other. */
export type Alignment = 'estimated' | 'exact' | 'kolen-pollack';

/**
 * Adds what aligns forward and feedback weights: the gradient of the homeostatic loss (estimated from `noise`, or exact,
 * which is an explicit penalty on W_ff − W_fbᵀ); or, after Kolen and Pollack (1994), one common gradient for both and a
 * decay.
 */
export function aligned(
  gradients: Gradients,
  { layout, params }: { readonly layout: EPLayout; readonly params: EPParams<Tensor> },
  {
    kind,
    strength,
    noise,
  }: { readonly kind: Alignment; readonly strength: number; readonly noise?: readonly Tensor[] | undefined },
): Gradients {
  const weights = { ...gradients.weights };
  const recurrent = Object.fromEntries(layout.edges.map(({ name }) => [name, params.weights[name]!]));
  if (kind === 'kolen-pollack') {
    for (const [forward, feedback] of layout.mirrors) {
      const common = mul(add(weights[forward.name]!, transpose(weights[feedback.name]!)), 0.5);
      weights[forward.name] = common;
      weights[feedback.name] = transpose(common);
    }
    for (const [name, weight] of Object.entries(recurrent))
      weights[name] = add(weights[name]!, mul(weight, strength));
    return { ...gradients, weights };
  }
  const loss = (own: typeof recurrent) =>
    kind === 'exact' ? homeostasisExact(layout, own) : homeostasisEstimate(layout, own, noise!);
  for (const [name, gradient] of Object.entries(grad(loss)(recurrent)))
    weights[name] = add(weights[name]!, mul(gradient, strength));
  return { ...gradients, weights };
}
