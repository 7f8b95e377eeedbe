/**
 * Episodes to be watched.
 *
 * @module
 */
import { rng } from '@fletch/linalg';
import { type Predicate, phraseOf } from './mini-home/goals.js';
import { roomSpot } from './mini-home/layout.js';
import { deedText, type MiniHome } from './mini-home/mini-home.js';
import { agentSpot, classOf } from './mini-home/observation.js';
import { furnitureOf, type NodeAction } from './mini-home/rules.js';
import { classNames, FIRST_THING, furniture, rooms } from './mini-home/things.js';
import { type Episode, rollOut } from './rollout.js';

/** Something that stands or lies somewhere. */
export interface Piece {
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

/** A predicate of the goal, and whether it holds. */
export interface GoalState {
  readonly text: string;
  readonly holds: boolean;
}

/** One moment. */
export interface Frame {
  /** What was done, the goal at the beginning. */
  readonly text: string;
  /** Whether it could be done. */
  readonly ok: boolean;
  /** Where the agent is. */
  readonly x: number;
  readonly y: number;
  readonly room: string;
  /** What is in its hand. */
  readonly held: string | null;
  readonly goal: readonly GoalState[];
  /** Things, each with the furniture it is on or in. */
  readonly things: readonly { readonly name: string; readonly at: string | null; readonly hidden: boolean }[];
  /** Furniture that is open or on. */
  readonly open: readonly string[];
  readonly on: readonly string[];
  /** What the agent remembers. */
  readonly memories: readonly string[];
}

/** An episode as plain data. */
export interface Narration {
  readonly goal: string;
  readonly success: boolean;
  readonly rooms: readonly Piece[];
  readonly pieces: readonly Piece[];
  readonly frames: readonly Frame[];
}

/** Replays an episode and describes every moment. */
export function narrate({ start, steps, success }: Pick<Episode, 'start' | 'steps' | 'success'>): Narration {
  const home = start.clone();
  const goal = home.goal.map(phraseOf).join(', ');
  const frames = [frameOf(home, goal, true)];
  for (const { action } of steps) {
    const text = textOf(home, action);
    const { ok } = home.stepNode(action);
    frames.push(frameOf(home, text, ok));
  }
  const { spot } = home.layout;
  return {
    goal,
    success,
    rooms: rooms.map((name, i) => ({ name, x: roomSpot(i)[0], y: roomSpot(i)[1] })),
    pieces: furniture.map(({ name }, i) => ({
      name,
      x: rounded(spot[2 * i]!),
      y: rounded(spot[2 * i + 1]!),
    })),
    frames,
  };
}

const rounded = (value: number) => Math.round(value * 100) / 100;
const nameOf = (home: MiniHome, node: number) => classNames[classOf(home.layout, node)]!;
const textOf = (home: MiniHome, { verb, node }: NodeAction) => `${verb} ${nameOf(home, node)}`;

function frameOf(home: MiniHome, text: string, ok: boolean): Frame {
  const { layout, situation } = home;
  const [x, y] = agentSpot(layout, situation);
  const named = (flags: Uint8Array) => furniture.flatMap(({ name }, i) => (flags[i] ? [name] : []));
  const things = Array.from(layout.kinds, (_, i) => {
    const node = FIRST_THING + i;
    const piece = furnitureOf(situation, node);
    const at = piece < 0 ? null : furniture[piece]!.name;
    const hidden = piece >= 0 && furniture[piece]!.container === true && !situation.open[piece];
    return { name: nameOf(home, node), at, hidden };
  });
  return {
    text,
    ok,
    x: rounded(x),
    y: rounded(y),
    room: nameOf(home, situation.room),
    held: situation.held < 0 ? null : nameOf(home, FIRST_THING + situation.held),
    goal: home.goal.map((predicate: Predicate) => ({
      text: phraseOf(predicate),
      holds: home.holds([predicate]),
    })),
    things,
    open: named(situation.open),
    on: named(situation.on),
    memories: home.deeds.map(deedText),
  };
}

/** What the expert does from here. */
export function expertEpisode(home: MiniHome): Episode {
  const start = home.clone();
  const steps: Episode['steps'][number][] = [];
  for (let action = home.expertAction(); action; action = home.expertAction()) {
    const node = home.observe().nodes[action.object]!;
    const { ok } = home.step(action);
    steps.push({ action: { verb: action.verb, node }, ok, firstChoice: true });
  }
  return { home, start, steps, success: home.isDone };
}

/** What an agent does that takes any action that can be done. */
export async function randomEpisode(home: MiniHome, seed: number): Promise<Episode> {
  const [episode] = await rollOut(undefined, [home], { choice: { by: 'random', random: rng(seed, 8) } });
  return episode!;
}
