/**
 * The arms of system 8.
 *
 * @module
 */
import {
  activeDataGathering,
  collectDemos,
  type Encoding,
  type Evaluation,
  evaluatePolicy,
  LMPolicy,
  narrate,
  type PretrainedModel,
  policyGradient,
} from '@fletch/insight';
import type { Row, TrialContext } from '../../experiment.js';
import { type LidPlan, rates } from './plans.js';

/** Splits that are measured. */
export const measured = ['id', 'scene', 'task'] as const;
export type Measured = (typeof measured)[number];

/** Shares of goals that were reached, by split. */
export type Success = { readonly [S in Measured]: number };

/** What an arm gave. */
export interface Outcome {
  readonly method: string;
  readonly success: Success;
  readonly rows: readonly Row[];
  /** Success after each round of gathering or reinforcement. */
  readonly rounds: readonly Row[];
  /** One episode in a novel scene, and where furniture stands in it. */
  readonly path?: readonly Row[];
  readonly places?: readonly Row[];
}

/** What all arms share. */
export interface Bench {
  readonly lm: PretrainedModel;
  readonly plan: LidPlan;
  readonly seed: number;
  readonly context: TrialContext;
}

/** How a policy begins and learns. */
export interface Arm {
  readonly method: string;
  readonly start: 'pre-trained' | 'scratch';
  readonly body?: LMPolicy['plan']['body']['kind'];
  readonly encoding?: Encoding;
  /** Only what reads nodes and chooses actions learns. */
  readonly frozen?: boolean;
  /** Default: the plan's. */
  readonly demos?: number;
}

const round = (value: number) => Math.round(value * 1000) / 1000;

/** A policy as an arm begins it. */
export function policyOf({ lm, seed }: Bench, { start, body = 'decoder', encoding = 'text' }: Arm): LMPolicy {
  const { n_embd, n_layer, n_head, n_positions } = lm.config as Record<string, number>;
  return new LMPolicy({
    lm: start === 'scratch' ? 'scratch' : lm,
    ...(lm.tokenizer && { tokenizer: lm.tokenizer }),
    body,
    encoding,
    size: { n_embd, n_layer, n_head, n_positions } as never,
    seed,
  });
}

const ratesOf = ({ start, body = 'decoder', frozen }: Arm) => ({
  ...(body === 'lstm'
    ? rates.lstm
    : body === 'decoder'
      ? rates[start === 'scratch' ? 'scratch' : 'pretrained']
      : rates.perceptron),
  ...(frozen && { bodyRate: 0 }),
});

/** Behaviour cloning of the expert. */
export async function clone(bench: Bench, arm: Arm): Promise<Outcome> {
  const { plan, seed, context } = bench;
  const policy = policyOf(bench, arm);
  try {
    const count = arm.demos ?? plan.demos;
    const losses = await policy.fitBC(collectDemos(count, { seed: 1000 * seed }), {
      // Fewer demonstrations are gone over more often.
      epochs: (plan.epochs * plan.demos) / count,
      ...ratesOf(arm),
      signal: context.signal,
      onProgress: (progress) => context.report({ ...progress, stage: arm.method }),
    });
    const tail = losses.slice(-Math.max(1, losses.length >> 4));
    const loss = tail.reduce((sum, value) => sum + value, 0) / tail.length;
    // Legality hides wrong verbs: how far it comes when only its first choice counts.
    const { success } = await evaluatePolicy(policy, 'id', {
      n: Math.ceil(plan.episodes / 2),
      limit: plan.limit,
      masked: false,
    });
    return await judge(bench, arm.method, policy, {
      demos: count,
      loss: round(loss),
      unmasked: round(success),
    });
  } finally {
    await policy.close();
  }
}

/** Plays episodes of every split. */
export async function judge(
  { plan, context }: Bench,
  method: string,
  policy: LMPolicy | 'random',
  facts: Row = {},
  rounds: readonly Row[] = [],
): Promise<Outcome> {
  const success: Record<string, number> = {};
  const rows: Row[] = [];
  let watched: Pick<Outcome, 'path' | 'places'> = {};
  for (const split of measured) {
    const found = await evaluatePolicy(policy, split, {
      n: plan.episodes,
      limit: plan.limit,
      signal: context.signal,
      onProgress: (progress) => context.report({ ...progress, stage: `${method}, ${split}` }),
    });
    success[split] = found.success;
    rows.push(rowOf(method, split, found, facts));
    if (split === 'scene' && policy !== 'random') watched = episodeOf(found);
  }
  return { method, success: success as Success, rows, rounds, ...watched };
}

/** The first episode of at least eight steps that succeeded; else the first of all. */
function episodeOf({ episodes }: Evaluation): Pick<Outcome, 'path' | 'places'> {
  const shown = episodes.find(({ success, steps }) => success && steps.length >= 8) ?? episodes[0]!;
  const { frames, pieces } = narrate(shown);
  return {
    path: frames.map(({ x, y, text }, step) => ({ step, x, y, text })),
    places: pieces.map(({ name, x, y }) => ({ name, x, y })),
  };
}

function rowOf(method: string, split: string, found: Evaluation, facts: Row): Row {
  const { success, low, high, meanSteps, firstChoices, episodes } = found;
  return {
    method,
    split: { id: 'in distribution', scene: 'novel scenes', task: 'novel tasks' }[split]!,
    success: round(success),
    low: round(low),
    high: round(high),
    steps: Number.isNaN(meanSteps) ? 0 : round(meanSteps),
    first_choice_possible: round(firstChoices),
    episodes: episodes.length,
    demos: 0,
    loss: 0,
    unmasked: 0,
    ...facts,
  };
}

/** Learning without demonstrations by relabelling what was reached. */
export async function gather(
  bench: Bench,
  { method, start, relabel = true }: Arm & { readonly relabel?: boolean },
): Promise<Outcome> {
  const { plan, seed, context } = bench;
  const policy = policyOf(bench, { method, start });
  const rounds: Row[] = [];
  try {
    const found = await activeDataGathering(policy, {
      rounds: plan.rounds,
      firstEpisodes: plan.firstEpisodes,
      episodes: plan.roundEpisodes,
      updates: plan.updates,
      limit: Math.min(30, 2 * plan.limit),
      ...(!relabel && { relabel: 'none' as const }),
      ...rates[start === 'scratch' ? 'scratch' : 'pretrained'],
      seed,
      signal: context.signal,
      onProgress: (progress) => context.report({ ...progress, stage: method }),
      onRound: async (index, { demos }) => {
        rounds.push({ method, round: index, demos, success: await watch(bench, policy) });
      },
    });
    return await judge(bench, method, policy, { demos: found.length }, rounds);
  } finally {
    await policy.close();
  }
}

/** Proximal policy optimization with a reward at the goal, on as many episodes. */
export async function reinforce(
  bench: Bench,
  { method, start }: Arm,
  policy = policyOf(bench, { method, start }),
) {
  const { plan, seed, context } = bench;
  const rounds: Row[] = [];
  // The random round of gathering counts too.
  const extra = Math.ceil(plan.firstEpisodes / plan.roundEpisodes);
  try {
    await policyGradient(policy, {
      rounds: plan.rounds + extra,
      episodes: plan.roundEpisodes,
      updates: plan.updates,
      limit: Math.min(30, 2 * plan.limit),
      ...rates.gradient,
      seed,
      signal: context.signal,
      onProgress: (progress) => context.report({ ...progress, stage: method }),
      onRound: async (index) => {
        if (index >= extra - 1)
          rounds.push({ method, round: index + 1 - extra, demos: 0, success: await watch(bench, policy) });
      },
    });
    return await judge(bench, method, policy, {}, rounds);
  } finally {
    await policy.close();
  }
}

/** Episodes of training goals with seeds of their own. */
async function watch({ plan }: Bench, policy: LMPolicy): Promise<number> {
  const { success } = await evaluatePolicy(policy, 'id', {
    n: plan.watched,
    limit: plan.limit,
    seed: 150_000,
  });
  return round(success);
}
