/**
 * One room of a grid world, with instructions in words.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { rng } from '@fletch/linalg';
import { Bot } from './bot.js';
import { ahead, areAdjacent, type Cell, indexOf, isWall, SIDE, type Thing } from './geometry.js';
import { drawRoom, isMeant, type Level, levels, type Mission, type Room } from './missions.js';
import { viewOf } from './view.js';

/** Actions by their numbers. */
export const gridActions = ['left', 'right', 'forward', 'pickup', 'drop', 'toggle', 'done'] as const;

export interface BabyGridOptions {
  readonly level: Level;
  readonly seed: number;
}

/** BabyAI's levels of one room (Chevalier-Boisvert et al., ICLR 2019), with gym-minigrid's numbers. */
export class BabyGrid {
  readonly level: Level;
  readonly mission: string;
  readonly maxSteps: number;
  readonly #room: Room;
  readonly #things: Map<number, Thing>;
  /** Where things that the mission means were at the beginning are theirs: a thing keeps what it was. */
  readonly #meant: ReadonlySet<Thing>;
  #position: Cell;
  #direction: number;
  #carried: Thing | undefined;
  #steps = 0;
  #isDone = false;
  #bot: Bot | undefined;

  /**
   * @param room - default: drawn
   * @throws FletchError `INVALID_ARGUMENT` for an unknown level or a bad seed
   */
  constructor({ level, seed }: BabyGridOptions, room?: Room) {
    if (!levels.includes(level))
      throw new FletchError('INVALID_ARGUMENT', `There is no level "${level}": use ${levels.join(', ')}.`);
    this.#room = room ?? drawRoom(level, rng(seed, 1 + levels.indexOf(level)));
    const { things, position, direction, mission } = this.#room;
    this.level = level;
    this.mission = mission.text;
    this.maxSteps = level === 'PutNextLocal' ? 128 : 64;
    // Copies, so that two things that look alike are still two.
    this.#things = new Map([...things].map(([at, thing]) => [at, { ...thing }]));
    this.#position = position;
    this.#direction = direction;
    this.#meant = new Set(
      [...this.#things].flatMap(([at, thing]) =>
        isMeant(mission.what, thing, [at % SIDE, Math.floor(at / SIDE)], this.#room) ? [thing] : [],
      ),
    );
  }

  get task(): Mission {
    return this.#room.mission;
  }

  get steps(): number {
    return this.#steps;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  get position(): Cell {
    return this.#position;
  }

  get direction(): number {
    return this.#direction;
  }

  get carried(): Thing | undefined {
    return this.#carried;
  }

  /** What lies where, by `y · 8 + x`. */
  get things(): ReadonlyMap<number, Thing> {
    return this.#things;
  }

  /** Whether the mission means this thing. */
  means(thing: Thing): boolean {
    return this.#meant.has(thing);
  }

  /** 7 × 7 × 3 numbers: type, colour and state of each cell before the agent. */
  observe(): Int8Array {
    return viewOf(this.#things, {
      position: this.#position,
      direction: this.#direction,
      carried: this.#carried,
    });
  }

  /**
   * Acts. The reward is 1 − 0.9 · steps / most steps when the mission is fulfilled, else 0; an episode ends then or when
   * its steps are used up.
   *
   * @param action - its number in {@link gridActions}
   * @throws FletchError `INVALID_ARGUMENT` for another number, `CLOSED` after the end
   */
  step(action: number): { readonly reward: number; readonly done: boolean } {
    const name = gridActions[action];
    if (name === undefined)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `There is no action ${action}: use 0 to ${gridActions.length - 1}.`,
      );
    if (this.#isDone) throw new FletchError('CLOSED', 'The episode is over: begin another one.');
    this.#steps++;
    const success = this.#act(name);
    this.#isDone = success || this.#steps >= this.maxSteps;
    return { reward: success ? 1 - (0.9 * this.#steps) / this.maxSteps : 0, done: this.#isDone };
  }

  /** What the bot does next; it knows only what it has seen. Ask it at every step. */
  botAction(): number {
    this.#bot ??= new Bot(this);
    return this.#bot.next();
  }

  /** Does it; says whether the mission is fulfilled. */
  #act(name: (typeof gridActions)[number]): boolean {
    const front = ahead(this.#position, this.#direction);
    const at = indexOf(front);
    const there = this.#things.get(at);
    switch (name) {
      case 'left':
      case 'right':
        this.#direction = (this.#direction + (name === 'left' ? 3 : 1)) % 4;
        break;
      case 'forward':
        if (!there && !isWall(front)) this.#position = front;
        break;
      case 'pickup':
        if (there && !this.#carried) {
          this.#things.delete(at);
          this.#carried = there;
          return this.task.kind === 'pick up' && this.#meant.has(there);
        }
        return false;
      case 'drop':
        if (this.#carried && !there && !isWall(front)) {
          const dropped = this.#carried;
          this.#things.set(at, dropped);
          this.#carried = undefined;
          return this.task.kind === 'put next' && this.#meant.has(dropped) && this.#isBeside(front);
        }
        return false;
      case 'toggle':
        if (there?.type === 'box') this.#things.delete(at);
        return false;
      case 'done':
        break;
    }
    const facing = this.#things.get(indexOf(ahead(this.#position, this.#direction)));
    return this.task.kind === 'go to' && facing !== undefined && this.#meant.has(facing);
  }

  #isBeside(cell: Cell): boolean {
    const { beside } = this.task;
    for (const [at, thing] of this.#things)
      if (isMeant(beside!, thing, cell, this.#room) && areAdjacent(cell, [at % SIDE, Math.floor(at / SIDE)]))
        return true;
    return false;
  }
}
