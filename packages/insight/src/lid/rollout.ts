/**
 * Many episodes side by side.
 *
 * @module
 */
import { type LongWork, throwIfAborted } from '@fletch/base';
import type { Rng } from '@fletch/linalg';
import type { MiniHome } from './mini-home/mini-home.js';
import type { NodeAction } from './mini-home/rules.js';
import { verbs } from './mini-home/things.js';
import { momentOf } from './moments.js';
import type { LMPolicy } from './policy/policy.js';
import type { Sample } from './policy/sample.js';
import type { Score } from './policy/scorer.js';

/** A step that was tried. */
export interface Step {
  readonly action: NodeAction;
  readonly ok: boolean;
  /** Whether what the policy prefers without knowing what can be done could be done. */
  readonly firstChoice: boolean;
  /** What the policy read, when it chose by its own. */
  readonly sample?: Sample;
  readonly score?: Score;
  /** Of the action among those that can be done, when it was drawn. */
  readonly logProbability?: number;
}

/** An episode that was played. */
export interface Episode {
  /** As it is at the end. */
  readonly home: MiniHome;
  /** As it was at the beginning. */
  readonly start: MiniHome;
  readonly steps: readonly Step[];
  readonly success: boolean;
}

/** How actions are chosen. */
export type Choice =
  /** The most probable that can be done. */
  | { readonly by: 'best' }
  /** The most probable verb and the most probable object, whether it can be done or not. */
  | { readonly by: 'unmasked' }
  /** Drawn from the policy; with probability epsilon at random. */
  | { readonly by: 'sample'; readonly epsilon: number; readonly random: Rng }
  /** A verb that can be done, then something to do it with. */
  | { readonly by: 'random'; readonly random: Rng };

export interface RollOptions extends LongWork {
  readonly choice: Choice;
  /** Steps of an episode at most. Default 40. */
  readonly limit?: number;
  /** Whether what was read is kept. Default false. */
  readonly keep?: boolean;
  /** Whether an episode ends when its goal is reached. Default true. */
  readonly stop?: boolean;
}

/** Plays episodes from where the environments are; those of a policy are read in batches. */
export async function rollOut(
  policy: LMPolicy | undefined,
  homes: readonly MiniHome[],
  { choice, limit = 40, keep = false, stop = true, signal, onProgress }: RollOptions,
): Promise<Episode[]> {
  const runs = homes.map((home) => ({ home, start: home.clone(), steps: [] as Step[] }));
  for (let step = 0; step < limit; step++) {
    throwIfAborted(signal);
    const active = runs.filter(({ home }) => !stop || !home.isDone);
    if (active.length === 0) break;
    onProgress?.({ done: step, total: limit, stage: 'episodes' });
    const samples = policy === undefined ? [] : active.map(({ home }) => momentOf(policy, home));
    const scores = policy === undefined ? [] : await policy.score(samples);
    for (const [i, { home, steps }] of active.entries()) {
      const chosen = choose(home, scores[i], choice);
      const { ok } = home.stepNode(chosen.action);
      const kept = keep && scores[i] !== undefined && { sample: samples[i]!, score: scores[i]! };
      steps.push({ ...chosen, ok, ...kept });
    }
  }
  return runs.map(({ home, start, steps }) => ({ home, start, steps, success: home.isDone }));
}

type Chosen = Pick<Step, 'action' | 'firstChoice' | 'logProbability'>;

function choose(home: MiniHome, score: Score | undefined, choice: Choice): Chosen {
  const legal = home.legalNodeActions();
  if (score === undefined || choice.by === 'random') {
    if (choice.by !== 'random') throw new TypeError('Without a policy actions are random.');
    return { action: randomAction(legal, choice.random), firstChoice: false };
  }
  const { nodes } = home.observe();
  const preferred: NodeAction = {
    verb: verbs[indexOfBest(score.verbs)]!,
    node: nodes[indexOfBest(score.objects)]!,
  };
  const firstChoice = legal.some(({ verb, node }) => verb === preferred.verb && node === preferred.node);
  if (choice.by === 'unmasked') return { action: preferred, firstChoice };
  const logits = scoresOf(legal, nodes, score);
  if (choice.by === 'best') return { action: legal[indexOfBest(logits)]!, firstChoice };
  const { epsilon, random } = choice;
  if (epsilon > 0 && random.uniform() < epsilon) return { action: randomAction(legal, random), firstChoice };
  const highest = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp(logit - highest));
  const at = random.categorical(weights);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return { action: legal[at]!, firstChoice, logProbability: Math.log(weights[at]! / total) };
}

/** Sums of the logarithms of the probabilities of verb and object. */
export function scoresOf(
  legal: readonly NodeAction[],
  nodes: Uint8Array,
  { verbs: own, objects }: Score,
): number[] {
  const placeOf = new Map(Array.from(nodes, (node, place) => [node, place]));
  return legal.map(({ verb, node }) => own[verbs.indexOf(verb)]! + objects[placeOf.get(node)!]!);
}

/** A verb that can be done, drawn evenly, then one of the things to do it with: else walking would be nearly all. */
export function randomAction(legal: readonly NodeAction[], random: Rng): NodeAction {
  const possible = [...new Set(legal.map(({ verb }) => verb))];
  const verb = possible[random.integer(possible.length)]!;
  const own = legal.filter((action) => action.verb === verb);
  return own[random.integer(own.length)]!;
}

function indexOfBest(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
