/**
 * Questions about the output: a weight for every token.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { Tokenizer } from '@fletch/models';

/** Where tokens are looked up: a tokenizer, or words with their ids. */
export type Vocabulary = Tokenizer | readonly string[] | Readonly<Record<string, number>>;

/** What is asked. */
export interface ObservableOptions {
  /** Words that count for it. Leading spaces matter. */
  readonly positive: readonly string[];
  /** Words that count against it. */
  readonly negative?: readonly string[];
  /** Whether the weights are scaled to length one. Default false. */
  readonly normalize?: boolean;
  /** Whether the first token stands for a word of several. Default false: such a word is refused. */
  readonly takeFirst?: boolean;
  /** Length of the result. Default: as the vocabulary says. */
  readonly size?: number;
}

/**
 * Weights of all tokens: +1 for those of positive words, −1 for those of negative ones.
 *
 * @returns `[tokens]`
 * @throws FletchError `INVALID_ARGUMENT` listing words that are no token or several, and when all weights are zero
 */
export function observable(vocabulary: Vocabulary, options: ObservableOptions): Float32Array {
  const { positive, negative = [], takeFirst = false } = options;
  const terms = [
    ...positive.map((word) => ({ word, weight: 1 })),
    ...negative.map((word) => ({ word, weight: -1 })),
  ];
  const ids = lookUp(
    vocabulary,
    terms.map(({ word }) => [word]),
    takeFirst,
  );
  return weigh(
    vocabulary,
    terms.map(({ weight }, i) => ({ id: ids[i]!, weight })),
    options,
  );
}

/** A term of a written observable: its word, and how it counts. */
export interface ObservableTerm {
  readonly word: string;
  readonly weight: number;
  /** Whether it was quoted and is meant to the letter. */
  readonly quoted: boolean;
}

/**
 * Reads `he - she`, `he + his - she - her`, `2 * nurse - doctor`, `" he" - " she"`: words separated by + and −, spaces
 * around them; a number and `*` in front of a word is its weight; quotes keep spaces.
 *
 * @throws FletchError `INVALID_ARGUMENT` saying where it is not understood
 */
export function readObservable(text: string): ObservableTerm[] {
  const pattern =
    /\s*(?:([+\-−])\s+|^([+\-−])?)\s*(?:(\d+(?:\.\d+)?)\s*\*\s*)?(?:"([^"]+)"|'([^']+)'|([^\s"']+))/gy;
  const terms: ObservableTerm[] = [];
  let at = 0;
  while (at < text.trimEnd().length) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (!found)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `"${text}" is not understood at position ${at}: write words with + or - between them, as in "he - she".`,
        { details: { position: at } },
      );
    const [, between, first, factor, double, single, plain] = found;
    const sign = (between ?? first ?? '+') === '+' ? 1 : -1;
    const quoted = double ?? single;
    terms.push({
      word: quoted ?? plain!,
      weight: sign * Number(factor ?? 1),
      quoted: quoted !== undefined,
    });
    at = pattern.lastIndex;
  }
  if (terms.length > 0) return terms;
  throw new FletchError('INVALID_ARGUMENT', 'The observable is empty: write one as in "he - she".');
}

/** A written observable as weights, and the tokens that were found. */
export interface ParsedObservable {
  /** `[tokens]` */
  readonly weights: Float32Array;
  readonly tokens: readonly { readonly token: string; readonly id: number; readonly weight: number }[];
}

/**
 * The weights that {@link readObservable} describes. Of a word without quotes the token that begins with a space is
 * taken when there is one, since that is how words stand inside of texts.
 *
 * @throws FletchError `INVALID_ARGUMENT`, as {@link observable} and {@link readObservable} do
 */
export function parseObservable(
  vocabulary: Vocabulary,
  text: string,
  options: Pick<ObservableOptions, 'normalize' | 'takeFirst' | 'size'> = {},
): ParsedObservable {
  const terms = readObservable(text);
  const ids = lookUp(
    vocabulary,
    terms.map(({ word, quoted }) => (quoted ? [word] : [` ${word}`, word])),
    options.takeFirst ?? false,
  );
  const tokens = terms.map(({ word, weight }, i) => ({
    token: spelled(vocabulary, ids[i]!) ?? word,
    id: ids[i]!,
    weight,
  }));
  return { weights: weigh(vocabulary, tokens, options), tokens };
}

/** The id of each word: of the first spelling that is one token. Throws naming all that are none. */
function lookUp(vocabulary: Vocabulary, words: readonly (readonly string[])[], takeFirst: boolean): number[] {
  const problems: string[] = [];
  const ids = words.map((spellings) => {
    const pieces = spellings.map((word) => piecesOf(vocabulary, word));
    const single = pieces.find(({ length }) => length === 1);
    if (single) return single[0]!;
    const several = pieces.findIndex(({ length }) => length > 1);
    if (several >= 0 && takeFirst) return pieces[several]![0]!;
    problems.push(
      several >= 0
        ? `'${spellings[several]}' is ${pieces[several]!.length} tokens: pass takeFirst or another word`
        : `'${spellings.at(-1)}' is not in the vocabulary`,
    );
    return -1;
  });
  if (problems.length > 0)
    throw new FletchError('INVALID_ARGUMENT', `The observable cannot be read: ${problems.join('; ')}.`, {
      details: { problems },
    });
  return ids;
}

function piecesOf(vocabulary: Vocabulary, word: string): readonly number[] {
  if (vocabulary instanceof Tokenizer) {
    // What decodes to something else went through the token for unknown words.
    const ids = Array.from(vocabulary.encode(word));
    return ids.length === 1 && vocabulary.decode(ids, { special: true }).trim() !== word.trim() ? [] : ids;
  }
  if (Array.isArray(vocabulary)) {
    const at = (vocabulary as readonly string[]).indexOf(word);
    return at < 0 ? [] : [at];
  }
  return Object.hasOwn(vocabulary, word) ? [(vocabulary as Readonly<Record<string, number>>)[word]!] : [];
}

const spelled = (vocabulary: Vocabulary, id: number) =>
  vocabulary instanceof Tokenizer ? vocabulary.decode([id], { special: true }) : undefined;

function sizeOf(vocabulary: Vocabulary): number {
  if (vocabulary instanceof Tokenizer) return vocabulary.vocabularySize;
  return Array.isArray(vocabulary) ? vocabulary.length : Math.max(-1, ...Object.values(vocabulary)) + 1;
}

function weigh(
  vocabulary: Vocabulary,
  terms: readonly { readonly id: number; readonly weight: number }[],
  { normalize = false, size = sizeOf(vocabulary) }: Pick<ObservableOptions, 'normalize' | 'size'>,
): Float32Array {
  const weights = new Float32Array(size);
  for (const { id, weight } of terms) {
    if (!(id < size))
      throw new FletchError('INVALID_ARGUMENT', `Token ${id} is not among the model's ${size} tokens.`, {
        details: { id, size },
      });
    weights[id]! += weight;
  }
  const norm = Math.hypot(
    ...terms
      .map(({ id }) => id)
      .filter((id, i, all) => all.indexOf(id) === i)
      .map((id) => weights[id]!),
  );
  if (norm === 0)
    throw new FletchError(
      'INVALID_ARGUMENT',
      'The observable is zero for every token: its words cancel each other, or there are none.',
    );
  if (normalize)
    for (const { id } of new Map(terms.map((term) => [term.id, term])).values()) weights[id]! /= norm;
  return weights;
}
