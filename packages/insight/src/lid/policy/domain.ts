/**
 * What a policy has to know of an environment.
 *
 * @module
 */
import { gridClasses, gridWords } from '../baby-grid/words.js';
import { classNames, verbs } from '../mini-home/things.js';

/** An environment, as policies see it. */
export interface Domain {
  readonly name: 'home' | 'grid';
  /** Names that nodes can have, of one or more words each. */
  readonly classNames: readonly string[];
  /** Every word of goals and memories. */
  readonly words: readonly string[];
  /** Number of verbs (home) or actions (grid). */
  readonly verbs: number;
  /** Whether an action also names an object. */
  readonly hasObjects: boolean;
}

/** Flags of a node's state. */
export const FLAGS = 7;

const homeWords =
  'put one two on inside the turn close i have closed switched living room kitchen bedroom bathroom'.split(
    ' ',
  );

export const domains: { readonly [name in Domain['name']]: Domain } = {
  home: {
    name: 'home',
    classNames,
    words: [...new Set([...homeWords, ...classNames.flatMap((name) => name.split(' '))])],
    verbs: verbs.length,
    hasObjects: true,
  },
  grid: { name: 'grid', classNames: gridClasses, words: gridWords, verbs: 7, hasObjects: false },
};
