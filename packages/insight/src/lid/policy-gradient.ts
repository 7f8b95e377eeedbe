/**
 * Proximal policy optimization with a sparse reward, the baseline without demonstrations (Schulman, Wolski, Dhariwal,
 * Radford and Klimov 2017, arXiv 1707.06347).
 *
 * @module
 */
import {
  add,
  array,
  assertFinite,
  broadcastTo,
  clip,
  exp,
  expandDims,
  logSoftmax,
  mean,
  minimum,
  mul,
  type NDArray,
  neg,
  reshape,
  sub,
  sum,
  type Tensor,
  takeAlongAxis,
  trainingStep,
  tree,
  warmup,
} from '@fletch/array';
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { rng } from '@fletch/linalg';
import { MiniHome } from './mini-home/mini-home.js';
import { verbs } from './mini-home/things.js';
import { valueLayer } from './policy/initial.js';
import { type NetworkPlan, readBatch, readValue, type TracedBatch } from './policy/network.js';
import { policyOptimizer, type Rates } from './policy/optimizer.js';
import type { LMPolicy } from './policy/policy.js';
import { batchOf, type Lengths, lengthsOf, type Sample } from './policy/sample.js';
import { type Episode, rollOut, type Step } from './rollout.js';

export interface PolicyGradientOptions extends LongWork, Partial<Rates> {
  /** Default 8. */
  readonly rounds?: number;
  /** Episodes of a round. Default 150. */
  readonly episodes?: number;
  /** Steps of an episode. Default 30. */
  readonly limit?: number;
  /** Steps of gradient descent in a round. Default 150. */
  readonly updates?: number;
  /** Default 32. */
  readonly batch?: number;
  /** Of later rewards, for each step. Default 0.99. */
  readonly discount?: number;
  /** λ of the generalized advantage. Default 0.95. */
  readonly trace?: number;
  /** How far probabilities may move. Default 0.2. */
  readonly range?: number;
  /** Weight of the entropy. Default 0.01. */
  readonly entropy?: number;
  readonly seed: number;
  /** Told after every round, with the share of its episodes that succeeded. */
  readonly onRound?: (round: number, success: number) => Promise<void> | void;
}

/** A step to learn from. */
interface Experience {
  readonly sample: Sample;
  /** `verb × nodes + node` of what can be done. */
  readonly legal: readonly (readonly [verb: number, place: number])[];
  readonly chosen: readonly [verb: number, place: number];
  readonly logProbability: number;
  readonly advantage: number;
  readonly gain: number;
}

interface TracedExperience extends TracedBatch {
  /** `[batch, verbs, nodes]`, 1 where it can be done */
  readonly legal: Tensor;
  /** `[batch]` into verbs × nodes */
  readonly chosen: Tensor;
  readonly before: Tensor;
  readonly advantage: Tensor;
  readonly gain: Tensor;
}

/**
 * Trains a policy by reward 1 at the goal and 0 elsewhere, drawing among what can be done.
 *
 * @throws FletchError `INVALID_ARGUMENT` for sizes below 1, `NON_FINITE`, `ABORTED`
 */
export async function policyGradient(policy: LMPolicy, options: PolicyGradientOptions): Promise<void> {
  const { rounds = 8, episodes = 150, limit = 30, updates = 150, batch = 32, seed } = options;
  const { range = 0.2, entropy = 0.01, signal, onProgress } = options;
  for (const [name, value] of Object.entries({ rounds, episodes, limit, updates, batch }))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new FletchError('INVALID_ARGUMENT', `${name} must be a positive integer, not ${value}.`);
  const random = rng(seed, 6);
  const copied = tree.map((leaf: unknown) => (leaf as NDArray).copy(), policy.parameters);
  policy.setParameters({ ...(copied as Record<string, NDArray>), ...valueLayer(policy.plan.width) });
  const { plan, threads } = policy;
  const optimizer = policyOptimizer(policy.parameters, { lr: 3e-4, ...options }, (highest) =>
    warmup(30, highest),
  );
  let state: unknown = optimizer.init(policy.parameters);
  const step = trainingStep({
    name: 'policy gradient',
    loss: (params: Readonly<Record<string, Tensor>>, traced: TracedExperience) =>
      surrogate(plan, params, traced, { range, entropy }),
    optimizer,
    clip: 0.5,
    threads,
  });
  let next = 400_000 + 10_000 * seed;
  try {
    for (let round = 0; round < rounds; round++) {
      const homes = Array.from({ length: episodes }, () => new MiniHome({ seed: next++, split: 'train' }));
      const played = await rollOut(policy, homes, {
        choice: { by: 'sample', epsilon: 0, random },
        limit,
        keep: true,
        ...(signal && { signal }),
      });
      const lived = played.flatMap((episode) => experienceOf(episode, options));
      for (let i = 0; i < updates; i++) {
        throwIfAborted(signal);
        const own = Array.from({ length: batch }, () => lived[random.integer(lived.length)]!);
        const out = await step(policy.parameters, state, {}, gather(own, policy.context));
        assertFinite({ loss: out.loss }, i);
        state = out.state;
        policy.setParameters(out.params as Record<string, NDArray>);
      }
      onProgress?.({ done: round + 1, total: rounds, stage: 'policy gradient' });
      await options.onRound?.(round, played.filter(({ success }) => success).length / episodes);
    }
  } finally {
    await step.close();
  }
}

/** The clipped surrogate, squared errors of the value, and entropy. */
function surrogate(
  plan: NetworkPlan,
  params: Readonly<Record<string, Tensor>>,
  batch: TracedExperience,
  { range, entropy }: { readonly range: number; readonly entropy: number },
): Tensor {
  const reading = readBatch(plan, params, batch);
  const [size, count, nodes] = batch.legal.shape as [number, number, number];
  const shape = [size, count, nodes];
  const joint = add(
    broadcastTo(expandDims(reading.verbs, 2), shape),
    broadcastTo(expandDims(reading.objects, 1), shape),
  );
  const flat = reshape(joint, [size, count * nodes]);
  const legal = reshape(batch.legal, [size, count * nodes]);
  // Far below what can be done, but finite: probability times logarithm is then 0.
  const logs = logSoftmax(add(mul(flat, legal), mul(sub(legal, 1), 1e4)));
  const chosen = reshape(takeAlongAxis(logs, expandDims(batch.chosen, -1)), [size]);
  const ratio = exp(sub(chosen, batch.before));
  const gain = minimum(mul(ratio, batch.advantage), mul(clip(ratio, 1 - range, 1 + range), batch.advantage));
  const value = sub(readValue(params, reading), batch.gain);
  const spread = neg(sum(mul(exp(logs), logs), { axes: -1 }));
  return sub(add(neg(mean(gain)), mul(mean(mul(value, value)), 0.5)), mul(mean(spread), entropy));
}

/** Generalized advantages (Schulman et al., ICLR 2016); an episode that ran out of steps counts on its last value. */
function experienceOf(
  { steps, success, start }: Episode,
  { discount = 0.99, trace = 0.95 }: PolicyGradientOptions,
): Experience[] {
  const experience: Experience[] = [];
  const home = start.clone();
  const moments = steps.map(({ action }) => {
    const { nodes } = home.observe();
    const placed = ({ verb, node }: Step['action']) => [verbs.indexOf(verb), nodes.indexOf(node)] as const;
    const moment = { legal: home.legalNodeActions().map(placed), chosen: placed(action) };
    home.stepNode(action);
    return moment;
  });
  let advantage = 0;
  for (let i = steps.length - 1; i >= 0; i--) {
    const { sample, score, logProbability } = steps[i]!;
    const isLast = i === steps.length - 1;
    const reward = isLast && success ? 1 : 0;
    const later = isLast ? (success ? 0 : score!.value) : steps[i + 1]!.score!.value;
    advantage = reward + discount * later - score!.value + (isLast ? 0 : discount * trace * advantage);
    experience.push({
      ...moments[i]!,
      sample: sample!,
      logProbability: logProbability!,
      advantage,
      gain: advantage + score!.value,
    });
  }
  return experience;
}

function gather(own: readonly Experience[], context: number): TracedExperience {
  const samples = own.map(({ sample }) => sample);
  const lengths: Lengths = lengthsOf(samples, context);
  const { nodes } = lengths;
  const legal = new Float32Array(own.length * verbs.length * nodes);
  for (const [b, { legal: pairs }] of own.entries())
    for (const [verb, place] of pairs) legal[(b * verbs.length + verb) * nodes + place] = 1;
  const numbers = (of: (one: Experience) => number) => array(Float32Array.from(own, of));
  const advantages = own.map(({ advantage }) => advantage);
  const centre = advantages.reduce((total, value) => total + value, 0) / own.length;
  const spread = Math.sqrt(
    advantages.reduce((total, value) => total + (value - centre) ** 2, 0) / own.length,
  );
  return {
    ...batchOf(samples, lengths),
    legal: array(legal, 'float32', [own.length, verbs.length, nodes]),
    chosen: array(
      Int32Array.from(own, ({ chosen: [verb, place] }) => verb * nodes + place),
      'int32',
    ),
    before: numbers(({ logProbability }) => logProbability),
    advantage: numbers(({ advantage }) => (advantage - centre) / (spread + 1e-6)),
    gain: numbers(({ gain }) => gain),
  } as unknown as TracedExperience;
}
