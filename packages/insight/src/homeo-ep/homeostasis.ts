/**
 * Jacobian homeostasis: a penalty on the antisymmetric part of the field's Jacobian, as a function of the activities.
 *
 * @module
 */
import { add, mul, sub, sum, type Tensor, transpose } from '@fletch/array';
import { real } from './arithmetic.js';
import { crossDrive } from './field.js';
import type { EPLayout, EPParams } from './layout.js';

type Weights = EPParams<Tensor>['weights'];

/**
 * (1/D) · mean of ‖Jε‖² − εᵀJ(Jε) over draws of ε ~ N(0, I), whose expectation is ‖J − Jᵀ‖²/2D ≥ 0: two products with J
 * and no transposed one. What every unit does to itself cancels, so J is W.
 *
 * @param noise - ε for each layer, `[draws, units]`
 */
export function homeostasisEstimate(layout: EPLayout, weights: Weights, noise: readonly Tensor[]): Tensor {
  const once = crossDrive(real, layout, weights, noise);
  const twice = crossDrive(real, layout, weights, once);
  const draws = noise[0]!.shape[0]!;
  const each = once.map((part, l) => sub(sum(mul(part, part)), sum(mul(noise[l]!, twice[l]!))));
  return mul(
    each.reduce((a, b) => add(a, b)),
    1 / (draws * layout.units),
  );
}

/** The expectation in closed form: the squares of W_ab − W_baᵀ for mirrored edges, and of all of W for others, over D. */
export function homeostasisExact(layout: EPLayout, weights: Weights): Tensor {
  const mirrored = new Set(layout.mirrors.flat());
  const parts = [
    ...layout.mirrors.map(([forward, feedback]) =>
      sub(weights[forward.name]!, transpose(weights[feedback.name]!)),
    ),
    ...layout.edges.filter((edge) => !mirrored.has(edge)).map(({ name }) => weights[name]!),
  ];
  const squares = parts.map((part) => sum(mul(part, part)));
  return mul(
    squares.reduce((a, b) => add(a, b)),
    1 / layout.units,
  );
}
