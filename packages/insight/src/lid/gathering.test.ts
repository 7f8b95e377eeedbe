import { rng } from '@fletch/linalg';
import { describe, expect, it } from 'vitest';
import { checkLanguageModel } from './checks.js';
import { momentsOf, startOf } from './demos.js';
import { evaluatePolicy, wilson } from './evaluate.js';
import { activeDataGathering } from './gathering.js';
import { isHeldOut } from './mini-home/goals.js';
import { MiniHome } from './mini-home/mini-home.js';
import { expertEpisode, narrate } from './narration.js';
import { domains } from './policy/domain.js';
import { policyGradient } from './policy-gradient.js';
import { hindsightRelabel } from './relabel.js';
import { rollOut } from './rollout.js';
import { tinyPolicy, tokenizer } from './support.case.js';

const randomEpisodes = (n: number, seed = 0) =>
  rollOut(
    undefined,
    Array.from({ length: n }, (_, i) => new MiniHome({ seed: seed + i })),
    { choice: { by: 'random', random: rng(seed) }, limit: 30 },
  );

describe('hindsight', () => {
  it('makes demonstrations that reach their goals, every one, by no action too many', async () => {
    const demos = (await randomEpisodes(60)).flatMap(hindsightRelabel);
    expect(demos.length).toBeGreaterThan(60);
    for (const demo of demos) {
      const home = startOf(demo);
      expect(home.isDone).toBe(false);
      for (const action of demo.actions) {
        expect(home.stepNode(action).ok).toBe(true);
      }
      expect(home.isDone).toBe(true);
      expect(demo.goal.length).toBeLessThanOrEqual(3);
      for (const one of demo.goal)
        if (one.kind === 'put') expect(isHeldOut(one.thing, one.target)).toBe(false);
      // Greedy: no single action can be left out.
      for (let i = 0; i < demo.actions.length; i++) {
        const shorter = startOf(demo);
        expect(
          demo.actions.toSpliced(i, 1).every((action) => shorter.stepNode(action).ok) && shorter.isDone,
        ).toBe(false);
      }
    }
  });

  it('drops detours: of a wandering way the direct one is left', () => {
    const home = new MiniHome({ seed: 1 });
    const start = home.clone([{ kind: 'turn on', target: 'lamp' }]);
    const lamp = 4 + 15;
    const play = start.clone();
    const steps = [
      { verb: 'walk' as const, node: 5 },
      { verb: 'walk' as const, node: 12 },
      { verb: 'walk' as const, node: lamp },
      { verb: 'switchon' as const, node: lamp },
      { verb: 'walk' as const, node: 6 },
    ].map((action) => ({ action, ok: play.stepNode(action).ok, firstChoice: true }));
    expect(hindsightRelabel({ start, steps })).toEqual([
      {
        ...start.origin,
        goal: [{ kind: 'turn on', target: 'lamp' }],
        actions: [
          { verb: 'walk', node: lamp },
          { verb: 'switchon', node: lamp },
        ],
      },
    ]);
  });
});

describe('learning without demonstrations', () => {
  it('gathers, learns, and says how it goes', async () => {
    const policy = tinyPolicy();
    const before = policy.parameters['head.verb.weight']!.copy();
    const rounds: number[] = [];
    const demos = await activeDataGathering(policy, {
      rounds: 1,
      episodes: 3,
      firstEpisodes: 6,
      updates: 2,
      limit: 15,
      seed: 1,
      onRound: (round) => void rounds.push(round),
    });
    expect(rounds).toEqual([0, 1]);
    expect(momentsOf(policy, demos).length).toBeGreaterThan(demos.length - 1);
    expect(policy.parameters['head.verb.weight']!.data).not.toEqual(before.data);
    await policy.close();
  });

  it('by policy gradients moves towards what was rewarded', async () => {
    const policy = tinyPolicy();
    const before = policy.parameters['head.verb.weight']!.copy();
    const seen: number[] = [];
    await policyGradient(policy, {
      rounds: 1,
      episodes: 4,
      limit: 4,
      updates: 3,
      seed: 1,
      onRound: (_, s) => void seen.push(s),
    });
    expect(seen).toHaveLength(1);
    expect(policy.parameters['head.verb.weight']!.data).not.toEqual(before.data);
    await policy.close();
  });

  it('refuses shares that are none', async () => {
    const policy = tinyPolicy();
    await expect(activeDataGathering(policy, { seed: 0, epsilon: [-0.1, 0.1] })).rejects.toThrow(
      /epsilon.*-0.1/,
    );
    await expect(activeDataGathering(policy, { seed: 0, episodes: 0 })).rejects.toThrow(/episodes must be/);
    await expect(policyGradient(policy, { seed: 0, rounds: 0 })).rejects.toThrow(/rounds must be/);
  });
});

describe('measuring', () => {
  it('counts what is reached; a random agent reaches little, and always the same', async () => {
    const first = await evaluatePolicy('random', 'id', { n: 40 });
    const again = await evaluatePolicy('random', 'id', { n: 40 });
    expect(first.success).toBe(again.success);
    expect(first.success).toBeLessThan(0.2);
    await expect(evaluatePolicy('random', 'id', { n: 0 })).rejects.toThrow(/must be positive/);
    await expect(evaluatePolicy('random', 'old' as 'id', { n: 1 })).rejects.toThrow(/no split "old"/);
  });

  it('has Wilson’s intervals', () => {
    // Newcombe, Statistics in Medicine 1998, table I: 81 of 263 gives 0.2553 to 0.3662.
    const { low, high } = wilson(81, 263);
    expect(low).toBeCloseTo(0.2553, 4);
    expect(high).toBeCloseTo(0.3662, 4);
  });

  it('checks a language model: one that has learned nothing does not look back', async () => {
    const policy = tinyPolicy();
    const { plan } = policy;
    if (plan.body.kind !== 'decoder') throw new Error('no decoder');
    const params = { ...plan.body.unused, ...policy.parameters };
    const texts = [domains.home.words.join(' '), 'put one'];
    const found = await checkLanguageModel({ config: plan.body.config, params, tokenizer }, texts, {
      threads: 1,
    });
    expect(Math.abs(found.induction)).toBeLessThan(0.1);
    expect(Math.abs(found.cosine)).toBeLessThan(0.1);
    await expect(
      checkLanguageModel({ config: plan.body.config, params, tokenizer }, texts, { span: 100 }),
    ).rejects.toThrow(/take 201.*reads 128/);
  });
});

describe('narration', () => {
  it('tells an episode moment by moment', () => {
    const { goal, frames, pieces, success } = narrate(expertEpisode(new MiniHome({ seed: 7, split: 'id' })));
    expect(success).toBe(true);
    expect(pieces).toHaveLength(17);
    expect(frames[0]).toMatchObject({ text: goal, ok: true });
    expect(frames[0]!.goal.every(({ holds }) => holds)).toBe(false);
    expect(frames.at(-1)!.goal.every(({ holds }) => holds)).toBe(true);
    for (const { x, y } of frames) expect(x >= -0.5 && x <= 9.5 && y >= -0.5 && y <= 9.5).toBe(true);
  });
});
