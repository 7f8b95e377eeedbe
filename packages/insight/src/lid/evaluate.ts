/**
 * How often a policy reaches its goals.
 *
 * @module
 */
import { FletchError, type LongWork } from '@fletch/base';
import { rng } from '@fletch/linalg';
import type { Split } from './mini-home/goals.js';
import { MiniHome } from './mini-home/mini-home.js';
import type { Observability } from './mini-home/rules.js';
import type { LMPolicy } from './policy/policy.js';
import { type Episode, rollOut } from './rollout.js';

export interface EvaluateOptions extends LongWork {
  /** Episodes. Default 200. */
  readonly n?: number;
  /** Of the first episode; the others follow. Default 100000: no demonstration comes from there. */
  readonly seed?: number;
  /** Default `full`. */
  readonly observability?: Observability;
  /** Steps of an episode at most. Default 40. */
  readonly limit?: number;
  /** Whether only what can be done is chosen from. Default true. */
  readonly masked?: boolean;
}

/** What came out. */
export interface Evaluation {
  /** Share of the episodes whose goal was reached. */
  readonly success: number;
  /** Wilson's interval at 95 %. */
  readonly low: number;
  readonly high: number;
  /** Of those that reached their goals; not a number when none did. */
  readonly meanSteps: number;
  /** Share of the steps at which what the policy likes most could be done. */
  readonly firstChoices: number;
  readonly episodes: readonly Episode[];
}

/**
 * Plays episodes of a split.
 *
 * @param policy - or `random`
 * @throws FletchError `INVALID_ARGUMENT` for an unknown split or no episodes, `ABORTED`
 */
export async function evaluatePolicy(
  policy: LMPolicy | 'random',
  split: Split,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const { n = 200, seed = 100_000, observability = 'full', limit = 40, masked = true, ...work } = options;
  if (!Number.isSafeInteger(n) || n < 1)
    throw new FletchError('INVALID_ARGUMENT', `The number of episodes must be positive, not ${n}.`);
  const homes = Array.from({ length: n }, (_, i) => new MiniHome({ seed: seed + i, split, observability }));
  const episodes = await rollOut(policy === 'random' ? undefined : policy, homes, {
    choice:
      policy === 'random' ? { by: 'random', random: rng(seed, 3) } : { by: masked ? 'best' : 'unmasked' },
    limit,
    ...work,
  });
  const reached = episodes.filter(({ success }) => success);
  const steps = episodes.flatMap((episode) => episode.steps);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    ...wilson(reached.length, n),
    meanSteps: mean(reached.map((episode) => episode.steps.length)),
    firstChoices: mean(steps.map(({ firstChoice }) => Number(firstChoice))),
    episodes,
  };
}

/** A share and Wilson's score interval at 95 % (Wilson, JASA 1927). */
export function wilson(successes: number, n: number): { success: number; low: number; high: number } {
  const z = 1.959964;
  const share = successes / n;
  const centre = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return { success: share, low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}
