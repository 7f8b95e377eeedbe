import { isFletchError } from '@fletch/base';
import { rng } from '@fletch/linalg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isHeldOut, type Split, splits } from './goals.js';
import { MiniHome } from './mini-home.js';

const refuses = (work: () => unknown, message: RegExp) =>
  expect(work).toThrow(
    expect.toSatisfy((error) => isFletchError(error, 'INVALID_ARGUMENT') && message.test(error.message)),
  );

describe('MiniHome', () => {
  for (const observability of ['full', 'partial'] as const)
    it(`is solved by its expert in every one of 1,000 seeds of each split, ${observability} sight`, () => {
      let steps = 0;
      let nodes = 0;
      for (const split of splits)
        for (let seed = 0; seed < 1000; seed++) {
          const home = new MiniHome({ seed, split, observability });
          expect(home.isDone).toBe(false);
          while (!home.isDone) {
            nodes += home.observe().nodes.length;
            const action = home.expertAction()!;
            const { ok } = home.step(action);
            if (!ok || home.steps > 40)
              throw new Error(`${split} ${seed}: ${JSON.stringify(action)} of step ${home.steps}`);
          }
          steps += home.steps;
        }
      // 7.8 and 10.9 steps, 43 and 15 nodes, as the experiment was designed.
      expect(steps / 4000).toBeGreaterThan(observability === 'full' ? 7 : 9);
      expect(steps / 4000).toBeLessThan(observability === 'full' ? 9 : 12);
      expect(nodes / steps).toBeCloseTo(observability === 'full' ? 43 : 14.5, -0.3);
    });

  it('goes the same way with the same seed, and copies live their own lives', () => {
    fc.assert(
      fc.property(fc.nat(5000), fc.constantFrom(...splits), fc.nat(30), (seed, split, steps) => {
        const play = () => {
          const home = new MiniHome({ seed, split });
          const random = rng(seed);
          for (let i = 0; i < steps; i++) {
            const legal = home.legalActions();
            home.step(legal[random.integer(legal.length)]!);
          }
          return home;
        };
        const home = play();
        const before = home.hash();
        expect(play().hash()).toBe(before);
        const copy = home.clone();
        expect(copy.hash()).toBe(before);
        expect(copy.observe()).toEqual(home.observe());
        copy.step(copy.legalActions()[0]!);
        expect(copy.hash()).not.toBe(before);
        expect(home.hash()).toBe(before);
      }),
      { seed: 8, numRuns: 60 },
    );
  });

  it('keeps a fifth of the pairs for novel tasks', () => {
    const novel = (split: Split, seed: number) =>
      new MiniHome({ seed, split }).goal.filter((p) => p.kind === 'put' && isHeldOut(p.thing, p.target))
        .length;
    for (let seed = 0; seed < 400; seed++) {
      for (const split of ['train', 'id', 'scene'] as const) expect(novel(split, seed)).toBe(0);
      expect(novel('task', seed)).toBeGreaterThan(0);
    }
  });

  it('shows novel scenes in apartments of their own', () => {
    for (let seed = 0; seed < 200; seed++) {
      expect(new MiniHome({ seed, split: 'scene' }).layout.apartment).toBeGreaterThanOrEqual(6);
      expect(new MiniHome({ seed, split: 'task' }).layout.apartment).toBeLessThan(6);
    }
  });

  it('says which actions can be done', () => {
    fc.assert(
      fc.property(
        fc.nat(3000),
        fc.constantFrom('full' as const, 'partial' as const),
        (seed, observability) => {
          const home = new MiniHome({ seed, split: 'id', observability });
          for (let i = 0; i < 12; i++) {
            const legal = new Set(home.legalActions().map(({ verb, object }) => `${verb} ${object}`));
            const verb = (['walk', 'grab', 'open', 'close', 'putback', 'putin', 'switchon'] as const)[i % 7]!;
            for (const object of home.observe().nodes.keys())
              expect(home.clone().step({ verb, object }).ok).toBe(legal.has(`${verb} ${object}`));
            home.step(home.legalActions()[(seed * 31 + i * 7) % legal.size]!);
          }
        },
      ),
      { seed: 8, numRuns: 20 },
    );
  });

  it('counts a step for what cannot be done, and changes nothing', () => {
    const home = new MiniHome({ seed: 3 });
    const before = JSON.stringify(home.situation);
    expect(home.step({ verb: 'putin', object: 0 })).toEqual({ ok: false, done: false });
    expect(JSON.stringify(home.situation)).toBe(before);
    expect(home.steps).toBe(1);
  });

  it('tells what was achieved', () => {
    const home = new MiniHome({ seed: 5, split: 'id' });
    expect(home.achieved()).toEqual([]);
    while (!home.isDone) home.step(home.expertAction()!);
    for (const predicate of home.goal)
      expect(
        home
          .achieved()
          .some((one) => JSON.stringify({ ...one, count: 0 }) === JSON.stringify({ ...predicate, count: 0 })),
      ).toBe(true);
  });

  it('refuses what is not there', () => {
    refuses(() => new MiniHome({ seed: 0, split: 'novel' as Split }), /no split "novel".*train, id/);
    refuses(() => new MiniHome({ seed: 0, observability: 'none' as 'full' }), /full or partial/);
    refuses(() => new MiniHome({ seed: 0.5 }), /seed/);
    const home = new MiniHome({ seed: 0 });
    refuses(() => home.step({ verb: 'eat' as 'grab', object: 0 }), /no verb "eat"/);
    refuses(() => home.step({ verb: 'grab', object: 99 }), /none of the \d+ visible/);
    refuses(() => home.step({ verb: 'grab', object: -1 }), /none of the \d+ visible/);
    const present = new Set(home.layout.kinds);
    const absent = ['apple', 'bread', 'milk', 'juice', 'wine'].find((_, kind) => !present.has(kind))!;
    const goal = (thing: string, target: string, count = 1) => ({
      seed: 0,
      goal: [{ kind: 'put' as const, count, thing, target }],
    });
    refuses(
      () => new MiniHome(goal(absent, 'table')),
      new RegExp(`of "${absent}", of which this apartment holds 0`),
    );
    refuses(() => new MiniHome(goal(absent, 'moon')), /no "moon"/);
    refuses(() => new MiniHome(goal(absent, 'lamp')), /does not go with the lamp/);
    refuses(() => new MiniHome(goal(absent, 'table', 3)), /One or two/);
    refuses(() => new MiniHome({ seed: 0, goal: [] }), /at least one/);
  });
});
