/**
 * The words of an environment as tokens of a language model.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { rng } from '@fletch/linalg';
import type { Tokenizer } from '@fletch/models';
import type { Domain } from './domain.js';

/**
 * How goals, memories and names read: as natural text; every word as a fixed meaningless token; the words of each phrase
 * in a fixed other order.
 */
export const encodings = ['text', 'index', 'shuffled-words'] as const;
export type Encoding = (typeof encodings)[number];

/** The tokens of an environment's words, numbered by the rows of a small table. */
export class WordTable {
  /** Tokens of the language model, one for each row. */
  readonly tokens: readonly number[];
  readonly #rows: ReadonlyMap<string, readonly number[]>;
  readonly #encoding: Encoding;
  readonly #phrases = new Map<string, readonly number[]>();
  readonly #seed: number;

  /**
   * @throws FletchError `NOT_FOUND` naming a word that the tokenizer does not know, `INVALID_ARGUMENT` for an unknown
   *   encoding
   */
  constructor(tokenizer: Tokenizer, domain: Domain, encoding: Encoding, seed: number) {
    if (!encodings.includes(encoding))
      throw new FletchError(
        'INVALID_ARGUMENT',
        `There is no encoding "${encoding}": use ${encodings.join(', ')}.`,
      );
    this.#encoding = encoding;
    this.#seed = seed;
    const known = domain.words.map((word) => [word, tokensOf(tokenizer, word)] as const);
    const natural = new Set(known.flatMap(([, tokens]) => tokens));
    const others = rng(seed)
      .permutation(tokenizer.vocabularySize)
      .filter((token) => !natural.has(token));
    const used = encoding === 'index' ? known.map(([word], i) => [word, [others[i]!]] as const) : known;
    this.tokens = [...new Set(used.flatMap(([, tokens]) => tokens))].sort((a, b) => a - b);
    const rowOf = new Map(this.tokens.map((token, row) => [token, row]));
    this.#rows = new Map(used.map(([word, tokens]) => [word, tokens.map((token) => rowOf.get(token)!)]));
  }

  /** Rows of a phrase's words. */
  phrase(text: string): readonly number[] {
    const kept = this.#phrases.get(text);
    if (kept) return kept;
    const rows = this.#read(text);
    this.#phrases.set(text, rows);
    return rows;
  }

  #read(text: string): readonly number[] {
    const words = text.toLowerCase().split(' ');
    const order =
      this.#encoding === 'shuffled-words'
        ? rng(this.#seed, words.length).permutation(words.length)
        : words.keys();
    return Array.from(order, (i) => this.#word(words[i]!)).flat();
  }

  /** Rows of a name, in its natural order. */
  name(text: string): number[] {
    return text.split(' ').flatMap((word) => this.#word(word));
  }

  #word(word: string): readonly number[] {
    const rows = this.#rows.get(word);
    if (rows) return rows;
    throw new FletchError('NOT_FOUND', `The word "${word}" is none of the environment's.`, {
      details: { word },
    });
  }
}

/** Tokens of one word within a text. */
function tokensOf(tokenizer: Tokenizer, word: string): number[] {
  const isBytes = tokenizer.file.pre_tokenizer?.type === 'ByteLevel';
  const tokens = Array.from(tokenizer.encode(isBytes ? ` ${word}` : word));
  const unknown = tokenizer.file.model.unk_token;
  const missing = typeof unknown === 'string' ? tokenizer.idOf(unknown) : -1;
  if (tokens.length > 0 && !tokens.includes(missing)) return tokens;
  throw new FletchError(
    'NOT_FOUND',
    `The word '${word}' is not in the vocabulary of ${tokenizer.vocabularySize} tokens: a policy needs a language model that has read it.`,
    { details: { word } },
  );
}
