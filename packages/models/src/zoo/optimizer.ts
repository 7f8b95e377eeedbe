/**
 * The optimizer of a training plan.
 *
 * @module
 */
import {
  adamw,
  cosineSchedule,
  groups,
  linearSchedule,
  muon,
  type NDArray,
  type Optimizer,
  tree,
  warmup,
} from '@fletch/array';
import type { ParameterSpec } from '../parameters.js';
import type { TrainingPlan } from './recipe.js';

/**
 * The rate rises over `warmup` steps and falls to zero as the plan says. Matrices and kernels decay, biases and norms do not.
 * With a rate for matrices, those inside of the network follow Muon, all others AdamW.
 *
 * @param params - the tree to be trained, for its shapes
 * @param specs - what its parameters are; without them no matrix is known to lie inside
 */
export function optimizerOf(
  plan: TrainingPlan,
  params: unknown,
  specs: readonly ParameterSpec[] = [],
): Optimizer {
  const { steps, learningRate, beta2, weightDecay, matrixRate, fall = 'cosine' } = plan;
  const rise = Math.min(Math.max(plan.warmup, 1), steps);
  const schedule = fall === 'line' ? linearSchedule : cosineSchedule;
  const falling = (highest: number) => warmup(rise, schedule(highest, Math.max(1, steps - rise)));
  const rate = falling(learningRate);
  const inner = new Set(
    matrixRate === undefined
      ? []
      : specs.filter(({ kind }) => kind === 'linear' || kind === 'conv1d').map(({ name }) => name),
  );
  const named = tree.flatten<NDArray>(params);
  const groupOf = (path: string) => {
    const rank = named[path]!.shape.length;
    if (rank === 2 && inner.has(path)) return 'inner';
    return rank > 1 ? 'decayed' : 'plain';
  };
  const all: Readonly<Record<string, Optimizer>> = {
    inner: muon({ learningRate: falling(matrixRate ?? learningRate), weightDecay }),
    decayed: adamw({ learningRate: rate, beta2, weightDecay }),
    plain: adamw({ learningRate: rate, beta2, weightDecay: 0 }),
  };
  return groups(groupOf, all);
}
