/**
 * Lower-cased definitions of nouns and verbs: a part to learn letters from, and a part to tune for tasks that no
 * pretraining has seen.
 *
 * @module
 */
import { loadWordNetGlosses, type ResolveOptions, type WordNetGloss } from '@fletch/data';
import { rng } from '@fletch/linalg';
import type { TextCorpus } from './text-corpus.js';

/** One definition. */
export interface LetterGloss {
  /** Lower case, up to the first semicolon. */
  readonly text: string;
  /** The lexicographer's file: `noun.feeling`. */
  readonly lexname: string;
  readonly pos: 'noun' | 'verb';
}

/** How they are cut, for plans. */
export const letterPlan = {
  wordnet: '3.1: definitions of nouns and verbs up to the first semicolon, lower case, each once',
  cut: 'shuffled by seed 9: 55,000 to learn from, 700 validation, 700 test, the others for tasks',
} as const;

const SIZES = { train: 55_000, validation: 700, test: 700 } as const;

/** Definitions by what they are for. */
export interface GlossLetters {
  readonly train: readonly LetterGloss[];
  readonly validation: readonly LetterGloss[];
  readonly test: readonly LetterGloss[];
  /** What no pretraining has seen. */
  readonly tasks: readonly LetterGloss[];
}

/** Cuts glosses into parts; a definition that occurs twice is taken once. */
export function cutGlosses(
  glosses: readonly WordNetGloss[],
  sizes: { readonly [P in keyof typeof SIZES]: number } = SIZES,
): GlossLetters {
  const seen = new Set<string>();
  const all: LetterGloss[] = [];
  for (const { text, lexname, pos } of glosses) {
    const own = (text.split(';')[0] ?? '').trim().toLowerCase();
    if ((pos !== 'noun' && pos !== 'verb') || own === '' || seen.has(own)) continue;
    seen.add(own);
    all.push({ text: own, lexname, pos });
  }
  const shuffled = Array.from(rng(9).permutation(all.length), (i) => all[i]!);
  const [a, b, c] = [
    sizes.train,
    sizes.train + sizes.validation,
    sizes.train + sizes.validation + sizes.test,
  ];
  return {
    train: shuffled.slice(0, a),
    validation: shuffled.slice(a, b),
    test: shuffled.slice(b, c),
    tasks: shuffled.slice(c),
  };
}

/**
 * The definitions that `gpt-nano-letters` learned from, and those for tasks.
 *
 * @throws FletchError what loading WordNet throws, `ABORTED`
 */
export async function loadGlossLetters(options: ResolveOptions = {}): Promise<GlossLetters> {
  return cutGlosses(await loadWordNetGlosses(options));
}

/** The part that is learned from, as a corpus. */
export async function loadLetterCorpus(
  work: ResolveOptions & { readonly share: number },
): Promise<TextCorpus> {
  const { train, validation, test, tasks } = await loadGlossLetters(work);
  const texts = (glosses: readonly LetterGloss[]) => glosses.map(({ text }) => text);
  const used = train.slice(0, Math.round(train.length * work.share));
  return {
    train: texts(used),
    validation: texts(validation),
    test: texts(test),
    facts: {
      characters: used.reduce((sum, { text }) => sum + text.length, 0),
      documents: { train: used.length, validation: validation.length, test: test.length },
      forTasks: tasks.length,
    },
  };
}
