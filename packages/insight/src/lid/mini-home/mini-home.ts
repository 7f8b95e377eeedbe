/**
 * The environment.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { FletchError } from '@fletch/base';
import { rng } from '@fletch/linalg';
import { expertStep } from './expert.js';
import {
  checkGoal,
  countAt,
  drawGoal,
  holds,
  type Predicate,
  prepositionOf,
  type Split,
  splits,
} from './goals.js';
import { copySituation, drawEpisode, type Layout, nodeCount, type Situation } from './layout.js';
import { classOf, look, type Observation } from './observation.js';
import { executableActions, execute, isExecutable, type NodeAction, type Observability } from './rules.js';
import {
  classNames,
  containers,
  furniture,
  graspable,
  miniHomeVersion,
  switches,
  targets,
  type Verb,
  verbs,
} from './things.js';

export interface MiniHomeOptions {
  /** Of the apartment, what lies in it and the goal; every split has its own. */
  readonly seed: number;
  /** Default `train`. */
  readonly split?: Split;
  /** Whether other rooms are seen. Default `full`. */
  readonly observability?: Observability;
  /** Default: drawn. */
  readonly goal?: readonly Predicate[];
}

/** An action on one of the visible nodes. */
export interface HomeAction {
  readonly verb: Verb;
  /** Its place in the observation. */
  readonly object: number;
}

/** What was done, as an agent remembers it. */
export interface Deed {
  readonly verb: 'put' | 'closed' | 'switched on';
  readonly thing?: string;
  readonly target: string;
}

/** Steps until nodes are shown in an order that was there before. */
const ORDERS = 64;

/** A household of four rooms in which things are carried around, as an exact set of rules. */
export class MiniHome {
  readonly layout: Layout;
  readonly observability: Observability;
  readonly #goal: readonly Predicate[];
  readonly #given: MiniHomeOptions;
  readonly #seed: number;
  #situation: Situation;
  #steps = 0;
  #deeds: readonly Deed[] = [];
  #seen: Observation | undefined;
  #orders: Float32Array | undefined;
  /** What held at the beginning. */
  readonly #before: Situation;

  /**
   * @throws FletchError `INVALID_ARGUMENT` for an unknown split, a bad seed, a goal that this apartment cannot fulfil
   */
  constructor(options: MiniHomeOptions) {
    const { seed, split = 'train', observability = 'full', goal } = options;
    this.#given = options;
    if (!splits.includes(split))
      throw new FletchError('INVALID_ARGUMENT', `There is no split "${split}": use ${splits.join(', ')}.`);
    if (observability !== 'full' && observability !== 'partial')
      throw new FletchError('INVALID_ARGUMENT', `Observability is full or partial, not "${observability}".`);
    const random = rng(seed, 1 + splits.indexOf(split));
    const { layout, situation } = drawEpisode(random, {
      novelScene: split === 'scene',
      hidden: observability === 'partial',
    });
    this.layout = layout;
    this.observability = observability;
    this.#seed = 4 * seed + splits.indexOf(split);
    this.#situation = situation;
    this.#before = copySituation(situation);
    this.#goal = goal ?? drawGoal(random, split, layout, situation);
    checkGoal(this.#goal, layout);
  }

  /** What has to hold, in the order in which the expert works it off. */
  get goal(): readonly Predicate[] {
    return this.#goal;
  }

  /** What makes it again, with another goal. */
  get origin(): {
    readonly environment: string;
    readonly seed: number;
    readonly split: Split;
    readonly observability: Observability;
  } {
    const { seed, split = 'train' } = this.#given;
    return { environment: miniHomeVersion, seed, split, observability: this.observability };
  }

  /** Actions tried so far. */
  get steps(): number {
    return this.#steps;
  }

  get isDone(): boolean {
    return this.holds(this.#goal);
  }

  get situation(): Readonly<Situation> {
    return this.#situation;
  }

  /** What was put, closed and switched on, in order. */
  get deeds(): readonly Deed[] {
    return this.#deeds;
  }

  /** Whether all of some predicates hold now. */
  holds(goal: readonly Predicate[]): boolean {
    return goal.every((predicate) => holds(predicate, this.layout, this.#situation));
  }

  /** Whether a predicate held at the beginning. */
  heldBefore(predicate: Predicate): boolean {
    return holds(predicate, this.layout, this.#before);
  }

  /** The visible nodes. The same until the next step. */
  observe(): Observation {
    this.#seen ??= look(this.layout, this.#situation, this.observability, this.#order());
    return this.#seen;
  }

  /** What can be done now, by places in the observation. */
  legalActions(): HomeAction[] {
    return this.legalNodeActions().map(({ verb, node }) => ({ verb, object: this.#placeOf(node) }));
  }

  /** What can be done now, by nodes. */
  legalNodeActions(): NodeAction[] {
    return executableActions(this.layout, this.#situation, this.observability);
  }

  /**
   * Tries an action. One that cannot be done changes nothing but counts as a step.
   *
   * @returns whether it could be done, and whether the goal now holds
   * @throws FletchError `INVALID_ARGUMENT` for an unknown verb or an object that is not in the observation
   */
  step({ verb, object }: HomeAction): { readonly ok: boolean; readonly done: boolean } {
    const { nodes } = this.observe();
    if (!Number.isSafeInteger(object) || object < 0 || object >= nodes.length)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `Object ${object} is none of the ${nodes.length} visible ones: they are 0 to ${nodes.length - 1}.`,
        { details: { object, visible: nodes.length } },
      );
    return this.stepNode({ verb, node: nodes[object]! });
  }

  /** {@link step} on a node, visible or not. */
  stepNode(action: NodeAction): { readonly ok: boolean; readonly done: boolean } {
    if (!verbs.includes(action.verb))
      throw new FletchError(
        'INVALID_ARGUMENT',
        `There is no verb "${action.verb}": use ${verbs.join(', ')}.`,
      );
    const ok = isExecutable(this.layout, this.#situation, action, this.observability);
    if (ok) {
      this.#remember(action);
      execute(this.layout, this.#situation, action);
    }
    this.#steps++;
    this.#seen = undefined;
    return { ok, done: this.isDone };
  }

  /** What one who knows everything would do, or undefined when the goal is reached. */
  expertAction(): HomeAction | undefined {
    const action = expertStep(this.#goal, {
      layout: this.layout,
      situation: this.#situation,
      observability: this.observability,
    });
    return action && { verb: action.verb, object: this.#placeOf(action.node) };
  }

  /** What holds now and did not at the beginning. */
  achieved(): Predicate[] {
    const found: Predicate[] = [];
    for (const piece of switches) found.push({ kind: 'turn on', target: furniture[piece]!.name });
    for (const piece of containers) found.push({ kind: 'close', target: furniture[piece]!.name });
    for (const kind of new Set(this.layout.kinds))
      for (const piece of targets) {
        const count = countAt(this.layout, this.#situation, kind, piece);
        if (count > 0)
          found.push({ kind: 'put', count, thing: graspable[kind]!, target: furniture[piece]!.name });
      }
    return found.filter((predicate) => this.holds([predicate]) && !this.heldBefore(predicate));
  }

  /** The same situation with a life of its own. */
  clone(goal?: readonly Predicate[]): MiniHome {
    const copy = new MiniHome({ ...this.#given, goal: goal ?? this.#goal });
    copy.#situation = copySituation(this.#situation);
    copy.#steps = this.#steps;
    copy.#deeds = this.#deeds;
    copy.#orders = this.#orders;
    return copy;
  }

  /** Sixteen hexadecimal digits of everything that decides how it goes on. */
  hash(): string {
    const { open, on, at, room, near, held } = this.#situation;
    return createHash('sha256')
      .update(JSON.stringify([this.#goal, this.#steps, this.#seed, room, near, held, this.#deeds]))
      .update(open)
      .update(on)
      .update(at)
      .update(this.layout.kinds)
      .update(this.layout.roomOf)
      .digest('hex')
      .slice(0, 16);
  }

  /** Numbers that order the nodes at this step; after {@link ORDERS} steps the first come again. */
  #order(): Float32Array {
    const count = nodeCount(this.layout);
    this.#orders ??= rng(this.#seed).fillUniform(new Float32Array(ORDERS * count));
    const row = this.#steps % ORDERS;
    return this.#orders.subarray(row * count, (row + 1) * count);
  }

  #placeOf(node: number): number {
    return this.observe().nodes.indexOf(node);
  }

  #remember({ verb, node }: NodeAction): void {
    const target = classNames[classOf(this.layout, node)]!;
    const { held } = this.#situation;
    if (verb === 'putback' || verb === 'putin')
      this.#deeds = [...this.#deeds, { verb: 'put', thing: graspable[this.layout.kinds[held]!]!, target }];
    if (verb === 'close') this.#deeds = [...this.#deeds, { verb: 'closed', target }];
    if (verb === 'switchon') this.#deeds = [...this.#deeds, { verb: 'switched on', target }];
  }
}

/** `I have put one apple on the table`. */
export function deedText({ verb, thing, target }: Deed): string {
  return verb === 'put'
    ? `I have put one ${thing} ${prepositionOf(target)} the ${target}`
    : `I have ${verb} the ${target}`;
}
