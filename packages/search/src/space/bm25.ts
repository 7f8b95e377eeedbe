/**
 * Texts as sparse vectors for BM25, like those of Qdrant's built-in model: terms are hashes of tokens, a document's
 * values are the saturated term frequencies of Robertson and Zaragoza (The Probabilistic Relevance Framework, 2009),
 * a query's are 1. The inverse document frequency comes from the vector's modifier `idf`.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { type Analyzer, createAnalyzer } from '../filter/text/analyzer.js';
import { languageName, stemmerLanguages, stopwordLanguages } from '../filter/text/languages.js';
import { readIndexSchema } from '../store/index-params.js';
import type { SparseVector, TextIndexParams } from '../types/index.js';

/** Parameters of BM25, and of how text is cut into tokens. */
export interface Bm25Options extends Omit<TextIndexParams, 'type' | 'phrase_matching'> {
  /** Saturation of term frequencies, 0 or more. Default 1.2. */
  k?: number | null;
  /** How much the length of a document counts, 0 to 1. Default 0.75. */
  b?: number | null;
  /** Tokens of a document on the average, more than 0. Default 256. */
  avg_len?: number | null;
  /**
   * Whose stop words are left out and whose stemmer is used, unless they are given. A language that is not known has
   * neither. Default `english`.
   */
  language?: string | null;
}

/** Makes sparse vectors of texts. */
export interface Bm25 {
  /** The vector of a text that is stored. */
  document(text: string): SparseVector;
  /** The vector of a text that is asked. */
  query(text: string): SparseVector;
}

/**
 * Makes {@link Bm25}.
 *
 * @throws FletchError `INVALID_ARGUMENT`
 * @example
 * ```ts
 * const bm25 = createBm25();
 * await notes.upsert([{ id: 1, vector: { words: bm25.document('The quick brown fox') } }]);
 * const hits = await notes.query({ query: bm25.query('foxes'), using: 'words' });
 * ```
 */
export function createBm25(options: Bm25Options = {}): Bm25 {
  const k = readNumber(options.k, 'k', 1.2, (value) => value >= 0, '0 or more');
  const b = readNumber(options.b, 'b', 0.75, (value) => value >= 0 && value <= 1, 'from 0 to 1');
  const average = readNumber(options.avg_len, 'avg_len', 256, (value) => value > 0, 'more than 0');
  const analyzer = analyzerOf(options);
  return {
    document(text) {
      const tokens = analyzer.document(text);
      const counts = new Map<string, number>();
      for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
      const length = k * (1 - b + (b * tokens.length) / average);
      const weights = new Map<number, number>();
      for (const [token, count] of counts) weights.set(termOf(token), (count * (k + 1)) / (length + count));
      return sparse(weights);
    },
    query: (text) => sparse(new Map(analyzer.query(text).map((token) => [termOf(token), 1]))),
  };
}

function analyzerOf({ k: _k, b: _b, avg_len: _length, language, ...text }: Bm25Options): Analyzer {
  if (language != null && typeof language !== 'string') throw invalid('language: expected a string.');
  const name = languageName(language ?? 'english');
  const stopwords = text.stopwords ?? (stopwordLanguages.includes(name) ? name : undefined);
  const stemmer =
    text.stemmer ?? (stemmerLanguages.includes(name) ? { type: 'snowball', language: name } : undefined);
  return createAnalyzer(
    readIndexSchema({ ...text, type: 'text', stopwords, stemmer }, 'options') as TextIndexParams,
  );
}

function sparse(weights: ReadonlyMap<number, number>): SparseVector {
  const sorted = [...weights].sort(([a], [b]) => a - b);
  return {
    indices: Uint32Array.from(sorted, ([term]) => term),
    values: Float32Array.from(sorted, ([, weight]) => weight),
  };
}

const encoder = new TextEncoder();

/** The term of a token: MurmurHash3 of its bytes (32 bits, seed 0) without its sign. */
export function termOf(token: string): number {
  return Math.abs(murmur3(encoder.encode(token)));
}

function murmur3(bytes: Uint8Array): number {
  const mix = (word: number) => {
    const k = Math.imul(word, 0xcc9e2d51);
    return Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  };
  const whole = bytes.length & ~3;
  let hash = 0;
  for (let at = 0; at < whole; at += 4) {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    hash ^= mix(word);
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  let rest = 0;
  for (let at = bytes.length - 1; at >= whole; at--) rest = (rest << 8) | bytes[at]!;
  if (bytes.length > whole) hash ^= mix(rest);
  hash ^= bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function readNumber(
  value: number | null | undefined,
  name: string,
  byDefault: number,
  fits: (value: number) => boolean,
  range: string,
): number {
  if (value === undefined || value === null) return byDefault;
  if (typeof value !== 'number' || !Number.isFinite(value) || !fits(value))
    throw invalid(`${name}: expected a number ${range}, got ${JSON.stringify(value)}.`);
  return value;
}

function invalid(message: string): FletchError {
  return new FletchError('INVALID_ARGUMENT', `BM25 options: ${message}`);
}
