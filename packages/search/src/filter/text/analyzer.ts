/**
 * From a text to the tokens that a text index holds, as its parameters say.
 *
 * @module
 */
import type { TextIndexParams } from '../../types/index.js';
import { foldToAscii } from './folding.js';
import { languageName, stemmerOf, stopwordsOf } from './languages.js';
import { cutters } from './words.js';

/** Stems that are remembered; words of a language repeat. */
const REMEMBERED_STEMS = 50_000;

/** The tokens of texts and of queries. */
export interface Analyzer {
  /** Whether the order of tokens is kept. */
  readonly phrases: boolean;
  /** The tokens of a stored text, in order, repeated as they are. */
  document(text: string): string[];
  /** The tokens of a query; those of the `prefix` tokenizer are not cut into their beginnings. */
  query(text: string): string[];
}

/** Makes the analyzer of checked parameters. */
export function createAnalyzer(params: TextIndexParams): Analyzer {
  const { tokenizer, min_token_len: least, max_token_len: most } = params;
  const lowercase = params.lowercase ?? true;
  const folding = params.ascii_folding ?? false;
  const cut = cutters[tokenizer ?? 'word'];
  const stopwords = stopwordSet(params.stopwords, lowercase);
  const stem =
    params.stemmer?.type === 'snowball'
      ? remembering(stemmerOf(languageName(params.stemmer.language)))
      : undefined;
  const byPrefix = tokenizer === 'prefix';

  const normal = (word: string): string => {
    const folded = folding ? foldToAscii(word) : word;
    return lowercase ? folded.toLowerCase() : folded;
  };
  /** Undefined when the word is no token. */
  const token = (word: string, stopped: boolean): string | undefined => {
    if (word === '') return undefined;
    const plain = normal(word);
    if (stopped && stopwords.has(plain)) return undefined;
    const stemmed = stem ? stem(plain) : plain;
    return isShort(stemmed, least) ? undefined : stemmed;
  };
  const whole = (text: string): string[] => {
    const tokens: string[] = [];
    for (const word of cut(text)) {
      const found = token(word, true);
      if (found !== undefined && !isLong(found, most)) tokens.push(found);
    }
    return tokens;
  };
  return {
    phrases: params.phrase_matching ?? false,
    document: byPrefix ? (text) => beginnings(cut(text), token, least ?? 1, most) : whole,
    query: byPrefix ? (text) => longest(cut(text), token, most) : whole,
  };
}

type Tokenize = (word: string, stopped: boolean) => string | undefined;

/** `hello` → `h`, `he`, `hel`, … up to `most` letters. */
function beginnings(
  words: readonly string[],
  token: Tokenize,
  least: number,
  most: number | null | undefined,
) {
  const tokens: string[] = [];
  for (const word of words) {
    const found = token(word, true);
    if (found === undefined) continue;
    const letters = Array.from(found);
    const end = Math.min(letters.length, most ?? letters.length);
    for (let length = Math.min(least, letters.length); length <= end; length++)
      tokens.push(letters.slice(0, length).join(''));
  }
  return tokens;
}

/** Each word's longest beginning. A stop word may be the beginning of another word, so none is left out. */
function longest(words: readonly string[], token: Tokenize, most: number | null | undefined): string[] {
  const tokens: string[] = [];
  for (const word of words) {
    const found = token(word, false);
    if (found === undefined) continue;
    tokens.push(isLong(found, most) ? Array.from(found).slice(0, most!).join('') : found);
  }
  return tokens;
}

function isShort(token: string, least: number | null | undefined): boolean {
  return least != null && token.length < 2 * least && lengthOf(token) < least;
}

function isLong(token: string, most: number | null | undefined): boolean {
  return most != null && token.length > most && lengthOf(token) > most;
}

/** Letters, not the halves that JavaScript counts. */
function lengthOf(token: string): number {
  let length = 0;
  for (const _ of token) length++;
  return length;
}

function stopwordSet(stopwords: TextIndexParams['stopwords'], lowercase: boolean): ReadonlySet<string> {
  const { languages, custom } =
    typeof stopwords === 'string' ? { languages: [stopwords], custom: null } : (stopwords ?? {});
  const words = [
    ...(languages ?? []).flatMap((language) => stopwordsOf(languageName(language))),
    ...(custom ?? []),
  ];
  return new Set(lowercase ? words.map((word) => word.toLowerCase()) : words);
}

function remembering(stem: (word: string) => string): (word: string) => string {
  const stems = new Map<string, string>();
  return (word) => {
    let found = stems.get(word);
    if (found === undefined) {
      found = stem(word);
      if (stems.size >= REMEMBERED_STEMS) stems.clear();
      stems.set(word, found);
    }
    return found;
  };
}
