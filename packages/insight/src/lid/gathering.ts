/**
 * LID-ADG: learning without demonstrations. Act, relabel what went wrong by what it happened to reach, clone that.
 *
 * @module
 */
import { FletchError, type LongWork } from '@fletch/base';
import { type Rng, rng } from '@fletch/linalg';
import { type Demo, momentsOf } from './demos.js';
import { MiniHome } from './mini-home/mini-home.js';
import { Learner } from './policy/learner.js';
import type { Rates } from './policy/optimizer.js';
import type { LMPolicy } from './policy/policy.js';
import type { Sample } from './policy/sample.js';
import { hindsightRelabel, type Trajectory } from './relabel.js';
import { type Episode, rollOut } from './rollout.js';

export interface GatheringOptions extends LongWork, Partial<Rates> {
  /** Rounds of acting and learning after the random one. Default 6. */
  readonly rounds?: number;
  /** Episodes of a round. Default 150. */
  readonly episodes?: number;
  /** Of the first round, which is random. Default 300. */
  readonly firstEpisodes?: number;
  /** Share of random actions in the first and in the last round. Default 0.3 and 0.1. */
  readonly epsilon?: readonly [first: number, last: number];
  /** Steps of an episode. Default 30. */
  readonly limit?: number;
  /** Default {@link hindsightRelabel}; `none` learns from genuine successes alone. */
  readonly relabel?: ((trajectory: Trajectory) => Demo[]) | 'none';
  /** Steps of gradient descent in a round. Default 150. */
  readonly updates?: number;
  /** Default 32. */
  readonly batch?: number;
  readonly seed: number;
  /** Told after every round, the random one included. */
  readonly onRound?: (round: number, state: GatheringState) => Promise<void> | void;
}

/** How far the gathering is. */
export interface GatheringState {
  /** Demonstrations so far. */
  readonly demos: number;
  /** Of the round's own episodes, how many reached what they were to reach. */
  readonly success: number;
}

/**
 * Goals with things to put are drawn four times of five, as goals are; of those demonstrations, later ones as often as
 * earlier ones.
 */
const PUTS = 0.8;

/**
 * Trains a policy by what it does itself.
 *
 * @returns demonstrations that were gathered
 * @throws FletchError `INVALID_ARGUMENT` for a share of random actions outside 0 … 1 or sizes below 1, `ABORTED`
 */
export async function activeDataGathering(policy: LMPolicy, options: GatheringOptions): Promise<Demo[]> {
  const { rounds = 6, episodes = 150, firstEpisodes = 300, epsilon = [0.3, 0.1], limit = 30 } = options;
  const { relabel = hindsightRelabel, updates = 150, batch = 32, seed, signal, onProgress } = options;
  for (const share of epsilon)
    if (!(share >= 0 && share <= 1))
      throw new FletchError('INVALID_ARGUMENT', `epsilon is a share of actions, 0 to 1, not ${share}.`);
  for (const [name, value] of Object.entries({ episodes, firstEpisodes, limit, updates, batch }))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new FletchError('INVALID_ARGUMENT', `${name} must be a positive integer, not ${value}.`);
  const random = rng(seed, 5);
  const learner = new Learner(policy, { lr: 1e-3, ...options });
  const demos: Demo[] = [];
  const lessons: Lessons = { puts: [], others: [] };
  let next = 200_000 + 10_000 * seed;
  try {
    for (let round = 0; round <= rounds; round++) {
      const homes = Array.from(
        { length: round === 0 ? firstEpisodes : episodes },
        () => new MiniHome({ seed: next++, split: 'train' }),
      );
      const share = epsilon[0] + ((epsilon[1] - epsilon[0]) * (round - 1)) / Math.max(1, rounds - 1);
      const played = await rollOut(round === 0 ? undefined : policy, homes, {
        choice: round === 0 ? { by: 'random', random } : { by: 'sample', epsilon: share, random },
        limit,
        ...(signal && { signal }),
      });
      const gathered = played.flatMap((episode) => learnedFrom(episode, relabel));
      demos.push(...gathered);
      for (const demo of gathered) {
        const own = demo.goal.some(({ kind }) => kind === 'put') ? lessons.puts : lessons.others;
        own.push(...momentsOf(policy, [demo]));
      }
      onProgress?.({ done: round, total: rounds, stage: 'gathering' });
      if (lessons.puts.length + lessons.others.length > 0)
        for (let step = 0; step < updates; step++) {
          if (signal?.aborted) throw new FletchError('ABORTED', 'Gathering was stopped.');
          await learner.clone(drawLesson(lessons, batch, random), random);
        }
      const success = played.filter((episode) => episode.success).length / played.length;
      await options.onRound?.(round, { demos: demos.length, success });
    }
    return demos;
  } finally {
    await learner.close();
  }
}

interface Lessons {
  readonly puts: Sample[];
  readonly others: Sample[];
}

/** What an episode teaches: itself when it succeeded, and what else it reached. */
function learnedFrom(episode: Episode, relabel: NonNullable<GatheringOptions['relabel']>): Demo[] {
  const { start, steps, success } = episode;
  const genuine: Demo[] = success
    ? [
        {
          ...start.origin,
          goal: start.goal,
          actions: steps.filter(({ ok }) => ok).map(({ action }) => action),
        },
      ]
    : [];
  const relabelled = relabel === 'none' ? [] : relabel(episode);
  return [...genuine, ...relabelled].filter(({ actions }) => actions.length > 0);
}

function drawLesson({ puts, others }: Lessons, batch: number, random: Rng): Sample[] {
  return Array.from({ length: batch }, () => {
    const wanted = random.uniform() < PUTS ? puts : others;
    const from = wanted.length > 0 ? wanted : wanted === puts ? others : puts;
    return from[random.integer(from.length)]!;
  });
}
