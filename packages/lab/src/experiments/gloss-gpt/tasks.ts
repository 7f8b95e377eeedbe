/**
 * Tasks that tell what a definition is about, on definitions that no pretraining has seen.
 *
 * @module
 */
import { array, type NDArray } from '@fletch/array';
import { rng } from '@fletch/linalg';
import type { LetterGloss } from '@fletch/models';
import type { GlossBase } from './base.js';

/** Letters of a definition that are read, the mark before it included. */
export const PLACES = 64;

/** Definitions as the model reads them. */
export interface Examples {
  /** `[count, 64]`. */
  readonly ids: Int32Array;
  /** Letters of each, the mark included. */
  readonly lengths: Int32Array;
  readonly labels: Int32Array;
}

/** A task. */
export interface GlossTask {
  readonly name: string;
  readonly classes: readonly string[];
  readonly train: Examples;
  readonly test: Examples;
}

/** What is asked of a definition; undefined where it does not belong to the task. */
type Question = (gloss: LetterGloss) => string | undefined;

const questions = {
  /** The lexicographer's file. */
  file: ({ lexname }) => lexname,
  'noun file': ({ pos, lexname }) => (pos === 'noun' ? lexname : undefined),
  'verb file': ({ pos, lexname }) => (pos === 'verb' ? lexname : undefined),
  'part of speech': ({ pos }) => pos,
} as const satisfies Readonly<Record<string, Question>>;

export type TaskName = keyof typeof questions;

/** Classes of a task at most: the most frequent. */
const CLASSES = 12;

/**
 * Makes a task of the definitions that are kept for tasks: the last are for the test.
 *
 * @param sizes - at most so many
 */
export function glossTask(
  { glosses, tokenizer }: GlossBase,
  name: TaskName,
  sizes: { readonly train: number; readonly test: number },
): GlossTask {
  const answer: Question = questions[name];
  const counts = new Map<string, number>();
  for (const gloss of glosses.tasks) {
    const label = answer(gloss);
    if (label !== undefined) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const classes = [...counts]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, CLASSES)
    .map(([label]) => label);
  const own = glosses.tasks.filter((gloss) => classes.includes(answer(gloss)!));
  const held = Math.min(sizes.test, Math.floor(own.length / 5));
  const read = (list: readonly LetterGloss[]): Examples => {
    const ids = new Int32Array(list.length * PLACES);
    const lengths = list.map(({ text }, i) => {
      const letters = tokenizer.encode(text).subarray(0, PLACES - 1);
      ids.set(letters, i * PLACES + 1);
      return letters.length + 1;
    });
    return {
      ids,
      lengths: Int32Array.from(lengths),
      labels: Int32Array.from(list, (gloss) => classes.indexOf(answer(gloss)!)),
    };
  };
  return {
    name,
    classes,
    train: read(own.slice(0, own.length - held).slice(0, sizes.train)),
    test: read(own.slice(own.length - held)),
  };
}

/** Rows of examples for the model: ids, the share that each letter has in the mean of its definition, labels. */
export function batchOf(
  { ids, lengths, labels }: Examples,
  rows: ArrayLike<number>,
): [NDArray, NDArray, NDArray] {
  const list = Array.from(rows);
  const taken = new Int32Array(list.length * PLACES);
  const shares = new Float32Array(list.length * PLACES);
  for (const [i, row] of list.entries()) {
    taken.set(ids.subarray(row * PLACES, (row + 1) * PLACES), i * PLACES);
    shares.fill(1 / lengths[row]!, i * PLACES, i * PLACES + lengths[row]!);
  }
  const shape = [list.length, PLACES];
  return [
    array(taken, 'int32', shape),
    array(shares, 'float32', shape),
    array(
      Int32Array.from(list, (row) => labels[row]!),
      'int32',
    ),
  ];
}

/** Rows of a step, which depend on seed and step alone. */
export const rowsOf = ({ labels }: Examples, batch: number, seed: number, step: number): ArrayLike<number> =>
  rng(seed, step).sample(labels.length, Math.min(batch, labels.length));
