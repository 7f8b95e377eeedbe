/**
 * One training step on two views as one graph.
 *
 * @module
 */
import {
  type Compiled,
  compile,
  mean,
  type Optimizer,
  type OptimizerState,
  type Tensor,
  valueAndGrad,
} from '@fletch/array';
import type { Encoder, Named } from '../encoder/encoder.js';
import type { Objective, Terms } from './objectives.js';
import { project } from './projector.js';

/** All that is trained. */
export type Trained<Leaf> = {
  readonly encoder: Named<Leaf>;
  readonly projector: Named<Leaf>;
  /** Empty when the objective has none. */
  readonly predictor: Named<Leaf>;
};

/** What a step returns. */
export interface Stepped {
  readonly params: Trained<Tensor>;
  readonly stats: Named<Tensor>;
  readonly state: OptimizerState;
  readonly terms: Terms;
  /** Mean of every column of both views' projections: not finite where one of its rows is not. */
  readonly means: readonly [Tensor, Tensor];
}

/** Parameters, statistics, the optimizer's state and two views in; all of them anew out. */
export type Step = Compiled<[Trained<Tensor>, Named<Tensor>, OptimizerState, Tensor, Tensor], Stepped>;

/** Compiles the step: forward, backward and optimizer. The first three arguments are given up. */
export function compileStep(
  encode: Encoder['apply'],
  objective: Objective,
  optimizer: Optimizer,
  threads?: number,
): Step {
  const compare = (params: Trained<Tensor>, stats: Named<Tensor>, a: Tensor, b: Tensor) => {
    // Two passes: the batch statistics are those of one view.
    const first = encode(params.encoder, stats, a, true);
    const second = encode(params.encoder, first.stats, b, true);
    const z1 = project(params.projector, first.features, objective.normalized);
    const z2 = project(params.projector, second.features, objective.normalized);
    const predict = (z: Tensor) => (objective.predictor ? project(params.predictor, z) : z);
    const terms = objective.loss(z1, z2, predict);
    return [terms.loss, { terms, stats: second.stats, z1, z2 }] as const;
  };
  return compile(
    (params: Trained<Tensor>, stats: Named<Tensor>, state: OptimizerState, a: Tensor, b: Tensor): Stepped => {
      const [[, traced], gradients] = valueAndGrad(compare)(params, stats, a, b);
      const [next, nextState] = optimizer.update(params, gradients, state);
      return {
        params: next as Trained<Tensor>,
        stats: traced.stats,
        state: nextState,
        terms: traced.terms,
        means: [mean(traced.z1, { axes: 0 }), mean(traced.z2, { axes: 0 })],
      };
    },
    { name: objective.name, donate: [0, 1, 2], ...(threads !== undefined && { threads }) },
  );
}
