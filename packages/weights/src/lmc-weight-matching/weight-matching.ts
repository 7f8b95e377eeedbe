/**
 * Weight matching: the hidden units of one model in the order of another's, found from weights alone.
 *
 * Coordinate descent on ⟨A, π(B)⟩ (Ainsworth, Hayase and Srinivasa, ICLR 2023, algorithm 1; analysed by Ito, Yamada and
 * Kumagai, ICLR 2025, arXiv 2402.04051).
 *
 * @module
 */
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { rng } from '@fletch/linalg';
import { checkSameStates, type StateDict } from '../state-dict.js';
import { permuted } from './apply.js';
import { costsOf, type Target, targetsOf } from './costs.js';
import { checkPerms, identityPerms } from './perms.js';
import { solveTarget, targetValue } from './solve.js';
import {
  blockOf,
  checkSpec,
  isStatistic,
  type PermSpec,
  type Perms,
  partsOf,
  type SpecFacts,
} from './spec.js';

export interface WeightMatchingOptions extends LongWork {
  /** Most sweeps over all permutations. Default 100. */
  readonly maxIter?: number;
  /** Of the order in which permutations are swept. Default 0. */
  readonly seed?: number;
  /** Permutations to begin with. Default: none is changed. */
  readonly init?: Perms;
  /**
   * `inner`: units are alike by the inner product of their weights, which makes the distance least. `cosine`: each unit's
   * part of each tensor counts the same, however large. Default `inner`.
   */
  readonly similarity?: 'inner' | 'cosine';
}

export interface WeightMatching {
  /** For {@link applyPermutation} on the second model. */
  readonly perms: Perms;
  /** Sweeps, the last without progress. */
  readonly sweeps: number;
  /** ⟨A, π(B)⟩ over all tensors with permuted axes: at the beginning, and after every assignment that changed something. */
  readonly objective: number[];
}

/**
 * Checks two models, and a spec for them.
 *
 * @throws FletchError `DIMENSION_MISMATCH` for models that differ in names or shapes, `INVALID_ARGUMENT` for a spec that
 *   does not fit, `NON_FINITE` for a weight that is no finite number
 */
export function checkMatching(spec: PermSpec, a: StateDict, b: StateDict): SpecFacts {
  checkSameStates(a, b, ['The first model', 'the second']);
  for (const [which, model] of [
    ['first', a],
    ['second', b],
  ] as const)
    for (const [name, { data, shape }] of Object.entries(model)) {
      const at = (data as Float32Array).findIndex((value) => !Number.isFinite(value));
      if (at >= 0)
        throw new FletchError(
          'NON_FINITE',
          `Weight ${at} of "${name}" [${shape.join(', ')}] in the ${which} model is ${data[at]}: such a model cannot be matched.`,
          { details: { tensor: name, index: at, model: which } },
        );
    }
  return checkSpec(spec, a);
}

/** ⟨A, π(B)⟩ over the tensors with permuted axes. */
export function matchingObjective(spec: PermSpec, a: StateDict, b: StateDict, perms: Perms): number {
  let sum = 0;
  for (const [name, axes] of Object.entries(spec)) {
    if (isStatistic(name)) continue;
    const left = a[name]!.data as Float32Array;
    const right = permuted(b[name]!, axes, perms);
    for (let i = 0; i < left.length; i++) sum += left[i]! * right[i]!;
  }
  return sum;
}

/** Whether a tensor carries a target along two axes, so that its value is no longer linear in the permutation. */
function isQuadratic(target: Target, spec: PermSpec): boolean {
  return Object.values(spec).some(
    (axes) =>
      axes.filter((axis) =>
        partsOf(axis).some((part) => typeof part !== 'number' && target.perms.includes(blockOf(part).perm)),
      ).length > 1,
  );
}

/** Smallest gain that counts, relative to the value: products are sums of 32-bit floats. */
const RELATIVE = 1e-7;

/** {@link weightMatching} of models that are checked. */
export function descend(
  facts: SpecFacts,
  spec: PermSpec,
  models: readonly [StateDict, StateDict],
  options: WeightMatchingOptions = {},
): WeightMatching {
  const { maxIter = 100, seed = 0, init, similarity = 'inner', signal, onProgress } = options;
  const cosine = similarity === 'cosine';
  const random = rng(seed);
  const targets = targetsOf(facts);
  const quadratic = new Set(targets.filter((target) => isQuadratic(target, spec)));
  let perms = init ? checkPerms(facts, init) : identityPerms(facts);
  const objective = [matchingObjective(spec, ...models, perms)];
  let sweeps = 0;
  for (let progress = true; progress && sweeps < maxIter && targets.length > 0; sweeps++) {
    progress = false;
    for (const [done, at] of random.permutation(targets.length).entries()) {
      throwIfAborted(signal);
      const target = targets[at]!;
      const costs = costsOf(target, spec, models, perms, cosine);
      const before = targetValue(target, facts, costs, perms);
      const found = { ...perms, ...solveTarget(target, facts, costs, perms) };
      const after = targetValue(target, facts, costs, found);
      let gain = after - before;
      onProgress?.({ done: sweeps + done / targets.length, stage: `weight matching, sweep ${sweeps + 1}` });
      if (!(gain > 1e-12 + RELATIVE * Math.abs(after))) continue;
      if (quadratic.has(target) || cosine) {
        const value = matchingObjective(spec, ...models, found);
        // A linear look at something quadratic may mislead: then the permutation stays.
        if (!cosine && !(value - objective.at(-1)! > RELATIVE * Math.abs(value))) continue;
        gain = value - objective.at(-1)!;
      }
      perms = found;
      objective.push(objective.at(-1)! + gain);
      progress = true;
    }
  }
  return { perms, sweeps, objective };
}

/**
 * Finds the order of the second model's hidden units in which its weights are closest to the first's.
 *
 * @param spec - of both models
 * @returns permutations for {@link applyPermutation}; `B'[i] = B[p[i]]`
 * @throws FletchError `DIMENSION_MISMATCH` naming tensors that differ, `INVALID_ARGUMENT` for a spec or permutations that
 *   do not fit, `NON_FINITE`, `ABORTED`
 * @example
 * ```ts
 * const spec = permutationSpec('mlp', a);
 * const { perms } = weightMatching(spec, a, b);
 * const merged = interpolate(a, applyPermutation(spec, perms, b), 0.5);
 * ```
 */
export function weightMatching(
  spec: PermSpec,
  a: StateDict,
  b: StateDict,
  options: WeightMatchingOptions = {},
): WeightMatching {
  return descend(checkMatching(spec, a, b), spec, [a, b], options);
}
