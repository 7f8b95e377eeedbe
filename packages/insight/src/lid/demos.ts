/**
 * Demonstrations: where an episode began, what was to be reached, what was done.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Predicate, Split } from './mini-home/goals.js';
import { MiniHome } from './mini-home/mini-home.js';
import type { NodeAction, Observability } from './mini-home/rules.js';
import { miniHomeVersion } from './mini-home/things.js';
import { momentOf } from './moments.js';
import type { LMPolicy } from './policy/policy.js';
import type { Sample } from './policy/sample.js';

/** A way to a goal, as plain data. */
export interface Demo {
  /** Of the rules, `miniHomeVersion`. */
  readonly environment: string;
  readonly seed: number;
  readonly split: Split;
  readonly observability: Observability;
  readonly goal: readonly Predicate[];
  readonly actions: readonly NodeAction[];
}

export interface CollectOptions {
  /** Seed of the first episode; the others follow. Default 0. */
  readonly seed?: number;
  /** Default `train`. */
  readonly split?: Split;
  /** Default `full`. */
  readonly observability?: Observability;
}

/**
 * What the expert does in `n` episodes.
 *
 * @throws FletchError `INVALID_ARGUMENT` for a number below 1
 */
export function collectDemos(n: number, options: CollectOptions = {}): Demo[] {
  const { seed = 0, split = 'train', observability = 'full' } = options;
  if (!Number.isSafeInteger(n) || n < 1)
    throw new FletchError('INVALID_ARGUMENT', `The number of demonstrations must be positive, not ${n}.`);
  return Array.from({ length: n }, (_, i) => {
    const home = new MiniHome({ seed: seed + i, split, observability });
    const actions: NodeAction[] = [];
    for (let action = home.expertAction(); action; action = home.expertAction()) {
      const node = home.observe().nodes[action.object]!;
      actions.push({ verb: action.verb, node });
      home.step(action);
    }
    return { environment: miniHomeVersion, seed: seed + i, split, observability, goal: home.goal, actions };
  });
}

/**
 * The environment in which a demonstration begins.
 *
 * @throws FletchError `CHECKSUM_MISMATCH` when it is of an environment with other rules
 */
export function startOf({ environment, seed, split, observability, goal }: Demo): MiniHome {
  if (environment !== miniHomeVersion)
    throw new FletchError(
      'CHECKSUM_MISMATCH',
      `The demonstration is of the environment ${environment}, this one is ${miniHomeVersion}: collect it again.`,
      { details: { demonstration: environment, environment: miniHomeVersion } },
    );
  return new MiniHome({ seed, split, observability, goal });
}

/**
 * The moments of demonstrations, as a policy learns from them.
 *
 * @throws FletchError `INVALID_ARGUMENT` for no demonstrations or an action that cannot be done, `CHECKSUM_MISMATCH`
 */
export function momentsOf(policy: LMPolicy, demos: readonly Demo[]): Sample[] {
  if (demos.length === 0)
    throw new FletchError('INVALID_ARGUMENT', 'There are no demonstrations to learn from.');
  return demos.flatMap((demo, i) => {
    const home = startOf(demo);
    return demo.actions.map((action, step) => {
      const object = home.observe().nodes.indexOf(action.node);
      const sample = momentOf(policy, home, { verb: action.verb, object });
      if (object < 0 || !home.stepNode(action).ok)
        throw new FletchError(
          'INVALID_ARGUMENT',
          `Demonstration ${i}, step ${step}: "${action.verb}" of node ${action.node} cannot be done there.`,
          { details: { demonstration: i, step } },
        );
      return sample;
    });
  });
}

/** One demonstration a line. */
export function writeDemos(demos: readonly Demo[]): string {
  return demos.map((demo) => `${JSON.stringify(demo)}\n`).join('');
}

/**
 * Reads {@link writeDemos}.
 *
 * @throws FletchError `INVALID_INPUT_FILE` naming the line, `CHECKSUM_MISMATCH`
 */
export function readDemos(text: string): Demo[] {
  return text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    let demo: Demo;
    try {
      demo = JSON.parse(line) as Demo;
    } catch (cause) {
      throw new FletchError('INVALID_INPUT_FILE', `Line ${i + 1} is no demonstration.`, { cause });
    }
    if (!Array.isArray(demo?.actions) || !Array.isArray(demo.goal))
      throw new FletchError('INVALID_INPUT_FILE', `Line ${i + 1} has no goal or no actions.`);
    startOf(demo);
    return [demo];
  });
}
