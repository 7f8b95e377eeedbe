/**
 * Hindsight: what was reached by chance, as demonstrations of how to reach it.
 *
 * @module
 */
import type { Demo } from './demos.js';
import { isHeldOut, type Predicate } from './mini-home/goals.js';
import type { MiniHome } from './mini-home/mini-home.js';
import type { NodeAction } from './mini-home/rules.js';
import { graspable } from './mini-home/things.js';
import type { Episode } from './rollout.js';

/** What is taken from an episode: where it began and what was done. */
export type Trajectory = Pick<Episode, 'start' | 'steps'>;

/** Predicates of a goal at most. */
const MOST = 3;

/**
 * Demonstrations out of an episode that was to reach something else: for each action that made a predicate true, the way
 * there as one of a goal of what had been achieved by then, three predicates at most, the new one among them. Actions
 * without which the way can still be gone and still leads there are dropped. Pairs that are held out are never asked for.
 */
export function hindsightRelabel({ start, steps }: Trajectory): Demo[] {
  const done = steps.filter(({ ok }) => ok).map(({ action }) => action);
  const home = start.clone();
  const demos: Demo[] = [];
  let reached: readonly Predicate[] = [];
  for (const [i, action] of done.entries()) {
    const fresh = eventOf(home, action);
    home.stepNode(action);
    if (fresh.length === 0) continue;
    reached = [...reached.filter((one) => aboutOf(one) !== aboutOf(fresh[0]!)), fresh[0]!].filter((one) =>
      home.holds([one]),
    );
    const latest = reached.at(-1);
    if (latest === undefined || aboutOf(latest) !== aboutOf(fresh[0]!)) continue;
    const goal = reached.slice(-MOST);
    const actions = prune(start, done.slice(0, i + 1), goal);
    demos.push({ ...start.origin, goal, actions });
  }
  return demos;
}

/** What a goal is about: of two predicates on one thing the later counts. */
const aboutOf = (predicate: Predicate) =>
  predicate.kind === 'put' ? predicate.thing : `${predicate.kind} ${predicate.target}`;

/** The predicate that an action makes true, when it was not true at the beginning. */
function eventOf(before: MiniHome, action: NodeAction): Predicate[] {
  const { verb } = action;
  if (verb !== 'putback' && verb !== 'putin' && verb !== 'switchon' && verb !== 'close') return [];
  const thing = graspable[before.layout.kinds[before.situation.held]!];
  const after = before.clone();
  after.stepNode(action);
  const target = after.deeds.at(-1)!.target;
  const found = after
    .achieved()
    .filter((one) =>
      verb === 'switchon' || verb === 'close'
        ? one.kind === (verb === 'close' ? 'close' : 'turn on') && one.target === target
        : one.kind === 'put' && one.thing === thing && one.target === target && !isHeldOut(thing!, target),
    );
  return found.filter((one) => !before.holds([one]));
}

/** Drops, from the front, every action and then every pair of grabbing and putting that is not needed. */
function prune(start: MiniHome, given: readonly NodeAction[], goal: readonly Predicate[]): NodeAction[] {
  let actions = [...given];
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = 0; i < actions.length; ) {
      const shorter = without(actions, i).find((candidate) => leadsTo(start, candidate, goal));
      if (shorter) {
        actions = shorter;
        changed = true;
      } else i++;
    }
  }
  return actions;
}

/** The actions without the i-th, and without it and its counterpart. */
function without(actions: readonly NodeAction[], i: number): NodeAction[][] {
  const { verb } = actions[i]!;
  const alone = actions.toSpliced(i, 1);
  const ends = verb === 'grab' ? ['putback', 'putin'] : verb === 'open' ? ['close'] : [];
  const other = actions.findIndex((action, j) => j > i && ends.includes(action.verb));
  return other < 0 ? [alone] : [alone, actions.toSpliced(other, 1).toSpliced(i, 1)];
}

/** Whether every action can be done, and the goal holds after the last and not before. */
function leadsTo(start: MiniHome, actions: readonly NodeAction[], goal: readonly Predicate[]): boolean {
  const home = start.clone();
  return actions.every((action) => home.stepNode(action).ok) && home.holds(goal);
}
