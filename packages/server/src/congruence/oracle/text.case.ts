/**
 * Texts cut into tokens, as a payload index of type `text` compares them (lib/segment/src/index/field_index/full_text_index).
 * Of the tokenizers those that need no dictionary: word, whitespace, prefix; no stemmer.
 *
 * @module
 */
import type { TextIndexParams } from '@fletch/search';

/** Between the elements of an array; no token of a question is it. */
const BOUNDARY = '\u0000';

const ALPHANUMERIC = /[\p{Alphabetic}\p{N}]/u;

function words(text: string): string[] {
  const found: string[] = [];
  let word = '';
  for (const character of text) {
    if (ALPHANUMERIC.test(character)) word += character;
    else {
      found.push(word);
      word = '';
    }
  }
  found.push(word);
  return found.filter((token) => token !== '');
}

const lengthOf = (token: string) => [...token].length;

function folded(token: string): string {
  return token.normalize('NFD').replace(/\p{M}/gu, '');
}

/** A token as it is kept, or undefined when it is dropped. */
function processed(token: string, params: TextIndexParams, checkLongest: boolean): string | undefined {
  const lowercase = params.lowercase ?? true;
  let result = params.ascii_folding ? folded(token) : token;
  if (lowercase) result = result.toLowerCase();
  if (stopwords(params).includes(result)) return undefined;
  if (lengthOf(result) < (params.min_token_len ?? 0)) return undefined;
  if (checkLongest && lengthOf(result) > (params.max_token_len ?? Infinity)) return undefined;
  return result;
}

function stopwords(params: TextIndexParams): string[] {
  const { stopwords: given } = params;
  if (!given) return [];
  if (typeof given === 'string' || given.languages?.length)
    throw new Error('only stop words of our own are known here');
  return (given.custom ?? []).map((word) => ((params.lowercase ?? true) ? word.toLowerCase() : word));
}

/** Tokens of a text that is kept. */
export function tokensOf(text: string, params: TextIndexParams): string[] {
  const tokenizer = params.tokenizer ?? 'word';
  const raw = tokenizer === 'whitespace' ? text.split(/\s+/u).filter(Boolean) : words(text);
  const tokens: string[] = [];
  for (const word of raw) {
    const token = processed(word, params, tokenizer !== 'prefix');
    if (token === undefined) continue;
    if (tokenizer !== 'prefix') {
      tokens.push(token);
      continue;
    }
    const letters = [...token];
    const longest = Math.min(letters.length, params.max_token_len ?? Infinity);
    for (let n = params.min_token_len ?? 1; n <= longest; n++) tokens.push(letters.slice(0, n).join(''));
  }
  return tokens;
}

/** Tokens of a text that is asked for. Of prefixes only the longest, and stop words are kept. */
export function tokensAsked(text: string, params: TextIndexParams): string[] {
  if (params.tokenizer !== 'prefix') return tokensOf(text, params);
  return words(text).flatMap((word) => {
    const token = processed(word, { ...params, stopwords: null }, false);
    return token === undefined ? [] : [[...token].slice(0, params.max_token_len ?? Infinity).join('')];
  });
}

/** How an index matches the strings of one document. */
export function indexedMatch(
  kind: 'text' | 'text_any' | 'phrase',
  asked: string,
  texts: readonly string[],
  params: TextIndexParams,
): boolean {
  const document: string[] = [];
  for (const text of texts) {
    if (params.phrase_matching && document.length > 0) document.push(BOUNDARY);
    document.push(...tokensOf(text, params));
  }
  const tokens = kind === 'phrase' ? tokensOf(asked, params) : tokensAsked(asked, params);
  if (tokens.length === 0) return false;
  if (kind === 'text') return tokens.every((token) => document.includes(token));
  if (kind === 'text_any') return tokens.some((token) => document.includes(token));
  return document.some((_, at) => tokens.every((token, i) => document[at + i] === token));
}

/** How strings are matched without an index. */
export function plainMatch(kind: 'text' | 'text_any' | 'phrase', asked: string, text: string): boolean {
  if (kind !== 'text_any') return text.includes(asked);
  return asked
    .split(/\s+/u)
    .filter(Boolean)
    .some((token) => text.includes(token));
}
