/**
 * The optimizer of a training plan.
 *
 * @module
 */
import { adamw, cosineSchedule, groups, type NDArray, type Optimizer, tree, warmup } from '@fletch/array';
import type { TrainingPlan } from './recipe.js';

/**
 * AdamW: the rate rises over `warmup` steps and falls to zero in half a cosine; matrices and kernels decay, biases and
 * norms do not.
 *
 * @param params - the tree to be trained, for its shapes
 */
export function optimizerOf(plan: TrainingPlan, params: unknown): Optimizer {
  const { steps, learningRate, beta2, weightDecay } = plan;
  const rise = Math.min(Math.max(plan.warmup, 1), steps);
  const rate = warmup(rise, cosineSchedule(learningRate, Math.max(1, steps - rise)));
  const named = tree.flatten<NDArray>(params);
  const ranks = Object.values(named).map(({ shape }) => shape.length);
  const decayed = adamw({ learningRate: rate, beta2, weightDecay });
  const plain = adamw({ learningRate: rate, beta2, weightDecay: 0 });
  // A tree of one kind needs no groups, and groups no empty members.
  if (ranks.every((rank) => rank > 1)) return decayed;
  if (ranks.every((rank) => rank < 2)) return plain;
  return groups((path) => (named[path]!.shape.length > 1 ? 'decayed' : 'plain'), { decayed, plain });
}
