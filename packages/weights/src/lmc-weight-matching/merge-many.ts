/**
 * More than two models in one order.
 *
 * @module
 */
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { rng } from '@fletch/linalg';
import type { StateDict } from '../state-dict.js';
import { applyPermutation } from './apply.js';
import { distanceOf, meanOf } from './interpolate.js';
import type { PermSpec, Perms } from './spec.js';
import { checkMatching, descend } from './weight-matching.js';

export interface MergeManyOptions extends LongWork {
  /** Most rounds over all models. Default 20. */
  readonly maxRounds?: number;
  /** Default 0. */
  readonly seed?: number;
}

export interface MergedMany {
  /** The mean of the permuted models. */
  readonly merged: StateDict;
  /** One for each model, for {@link applyPermutation}. */
  readonly perms: readonly Perms[];
  readonly rounds: number;
}

/**
 * Brings each model into the order of the mean of the others, in random order, until the mean stays where it is
 * (Ainsworth et al., algorithm 3).
 *
 * @throws FletchError `INVALID_ARGUMENT` for fewer than two models or a spec that does not fit, `DIMENSION_MISMATCH`,
 *   `NON_FINITE`, `ABORTED`
 */
export function mergeMany(
  spec: PermSpec,
  models: readonly StateDict[],
  { maxRounds = 20, seed = 0, signal, onProgress }: MergeManyOptions = {},
): MergedMany {
  if (models.length < 2)
    throw new FletchError('INVALID_ARGUMENT', `Merging takes two or more models, not ${models.length}.`);
  const facts = checkMatching(spec, models[0]!, models[1]!);
  for (const model of models.slice(2)) checkMatching(spec, models[0]!, model);
  const random = rng(seed);
  const perms: Perms[] = models.map(() => ({}));
  const placed = [...models];
  let mean = meanOf(placed);
  let rounds = 0;
  for (let moved = true; moved && rounds < maxRounds; rounds++) {
    for (const [done, i] of random.permutation(models.length).entries()) {
      throwIfAborted(signal);
      onProgress?.({ done: rounds + done / models.length, stage: `merging, round ${rounds + 1}` });
      const others = meanOf(placed.filter((_, k) => k !== i));
      // From where the model is: what is found is never further from the mean of the others.
      perms[i] = descend(facts, spec, [others, models[i]!], { init: perms[i]!, seed: seed + rounds }).perms;
      placed[i] = applyPermutation(spec, perms[i]!, models[i]!);
    }
    const next = meanOf(placed);
    moved = distanceOf(mean, next) > 0;
    mean = next;
  }
  return { merged: mean, perms, rounds };
}
