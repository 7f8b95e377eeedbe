/**
 * Moments of MiniHome as policies read them.
 *
 * @module
 */
import { phraseOf } from './mini-home/goals.js';
import { deedText, type HomeAction, type MiniHome } from './mini-home/mini-home.js';
import { verbs } from './mini-home/things.js';
import type { LMPolicy } from './policy/policy.js';
import type { Sample } from './policy/sample.js';

/** Deeds that are remembered. */
const MEMORIES = 3;

/** What a policy reads now, with what is done then. */
export function momentOf({ words, plan }: LMPolicy, home: MiniHome, action?: HomeAction): Sample {
  const { classes, state, place } = home.observe();
  const goal = home.goal.flatMap((predicate) => words.phrase(phraseOf(predicate)));
  const memories = home.deeds
    .slice(-MEMORIES)
    .flatMap((deed) => words.phrase(deedText(deed)))
    .map((row) => row + plan.rows);
  return {
    text: Int32Array.from([...goal, ...memories]),
    classes,
    state,
    place,
    verb: action ? verbs.indexOf(action.verb) : 0,
    object: action?.object ?? 0,
  };
}
