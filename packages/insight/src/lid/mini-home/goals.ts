/**
 * Goals: what must hold, how they are drawn, how they read.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { type Rng, rng } from '@fletch/linalg';
import type { Layout, Situation } from './layout.js';
import { containers, furniture, graspable, switches, targets } from './things.js';

/** What can be asked for. */
export type Predicate =
  | { readonly kind: 'put'; readonly count: number; readonly thing: string; readonly target: string }
  | { readonly kind: 'turn on'; readonly target: string }
  | { readonly kind: 'close'; readonly target: string };

/** Splits: goals and scenes of training, the same kind unseen, unseen apartments, unseen pairs of thing and target. */
export const splits = ['train', 'id', 'scene', 'task'] as const;
export type Split = (typeof splits)[number];

const numbers = ['zero', 'one', 'two'];
const pieceOf = (name: string) => furniture.findIndex((kind) => kind.name === name);

/** A fifth of the 24 × 14 pairs of thing and target is kept for novel tasks. */
const heldOut = new Set(rng(41).sample(graspable.length * targets.length, 67));

/** Whether only novel tasks ask for this thing at this target. */
export function isHeldOut(thing: string, target: string): boolean {
  return heldOut.has(graspable.indexOf(thing) * targets.length + targets.indexOf(pieceOf(target)));
}

/** `put two apple inside the refrigerator`, `turn on lamp`. */
export function phraseOf(predicate: Predicate): string {
  if (predicate.kind !== 'put') return `${predicate.kind} ${predicate.target}`;
  const { count, thing, target } = predicate;
  return `put ${numbers[count]} ${thing} ${prepositionOf(target)} the ${target}`;
}

/** `on` or `inside`. */
export const prepositionOf = (target: string): 'on' | 'inside' =>
  furniture[pieceOf(target)]!.surface ? 'on' : 'inside';

/** Whether it holds. */
export function holds(predicate: Predicate, layout: Layout, situation: Situation): boolean {
  const piece = pieceOf(predicate.target);
  if (predicate.kind === 'turn on') return situation.on[piece] === 1;
  if (predicate.kind === 'close') return situation.open[piece] === 0;
  const kind = graspable.indexOf(predicate.thing);
  return countAt(layout, situation, kind, piece) >= predicate.count;
}

/** How many things of a kind are at a piece of furniture. */
export function countAt({ kinds }: Layout, { at }: Situation, kind: number, piece: number): number {
  let count = 0;
  for (let i = 0; i < kinds.length; i++) if (kinds[i] === kind && at[i] === piece) count++;
  return count;
}

/**
 * Checks a goal that somebody gives.
 *
 * @throws FletchError `INVALID_ARGUMENT` for no predicate, an unknown name, a count that the apartment does not hold
 */
export function checkGoal(goal: readonly Predicate[], layout: Layout): void {
  const refuse = (message: string) => new FletchError('INVALID_ARGUMENT', message);
  if (goal.length === 0) throw refuse('A goal has at least one predicate.');
  for (const predicate of goal) {
    const { kind, target } = predicate;
    const piece = pieceOf(target);
    if (piece < 0) throw refuse(`There is no "${target}" in MiniHome.`);
    const allowed = { put: targets, 'turn on': switches, close: containers }[kind];
    if (allowed === undefined) throw refuse(`Goals are put, turn on and close, not "${kind}".`);
    if (!allowed.includes(piece)) throw refuse(`"${kind}" does not go with the ${target}.`);
    if (predicate.kind !== 'put') continue;
    const { thing, count } = predicate;
    const present = layout.kinds.reduce((sum, own) => sum + Number(graspable[own] === thing), 0);
    if (!Number.isSafeInteger(count) || count < 1 || count > 2)
      throw refuse(`One or two things can be put, not ${count}.`);
    if (present < count)
      throw refuse(`The goal asks for ${count} of "${thing}", of which this apartment holds ${present}.`);
  }
}

/**
 * Draws a goal of one to three predicates, none of which holds already, for different things: with probability 0.8
 * things to be put somewhere, else something to be turned on.
 */
export function drawGoal(random: Rng, split: Split, layout: Layout, situation: Situation): Predicate[] {
  const count = 1 + random.integer(3);
  // In novel tasks one place of the goal is a pair that was held out; the others may be.
  const novel = split === 'task' ? random.integer(count) : -1;
  const present = [...new Set(layout.kinds)];
  const goal: Predicate[] = [];
  const used = new Set<string>();
  while (goal.length < count) {
    const mustBeNovel = goal.length === novel;
    const predicate =
      mustBeNovel || random.uniform() < 0.8
        ? drawPut(random, present, layout)
        : ({ kind: 'turn on', target: furniture[pick(random, switches)]!.name } as const);
    const about = predicate.kind === 'put' ? predicate.thing : predicate.target;
    const isNovel = predicate.kind === 'put' && isHeldOut(predicate.thing, predicate.target);
    if (used.has(about) || holds(predicate, layout, situation)) continue;
    if (isNovel ? split !== 'task' : mustBeNovel) continue;
    used.add(about);
    goal.push(predicate);
  }
  return goal;
}

const pick = <T>(random: Rng, values: readonly T[]): T => values[random.integer(values.length)]!;

function drawPut(random: Rng, present: readonly number[], { kinds }: Layout): Predicate {
  const kind = pick(random, present);
  const instances = kinds.reduce((sum, own) => sum + Number(own === kind), 0);
  const count = 1 + random.integer(instances);
  return {
    kind: 'put',
    count,
    thing: graspable[kind]!,
    target: furniture[pick(random, targets)]!.name,
  };
}
