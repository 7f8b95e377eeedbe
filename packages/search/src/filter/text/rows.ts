/**
 * Rows by the tokens of their texts.
 *
 * @module
 */
import { Bitset } from '../../index/bitset.js';
import { type Posting, sizeOf, withoutRow, withRow } from '../posting.js';
import { RowSet } from '../row-set.js';
import type { Analyzer } from './analyzer.js';

/** Rough bytes of a token, and of a place where one stands. */
const TOKEN_BYTES = 96;
const PLACE_BYTES = 4;
/** Stands between the texts of a row, so that no phrase reaches from one into the next. */
const GAP = 0xffff_ffff;

interface Token {
  readonly id: number;
  posting: Posting;
}

/** An inverted index: token → rows, and with phrases also row → tokens in order. */
export class TextRows {
  readonly #analyzer: Analyzer;
  readonly #tokens = new Map<string, Token>();
  readonly #orders = new Map<number, Uint32Array>();
  /** Rows that have a text. */
  readonly rows = new Bitset();
  bytes = 0;
  #nextId = 0;
  #size = 0;

  constructor(analyzer: Analyzer) {
    this.#analyzer = analyzer;
  }

  add(row: number, texts: readonly string[]): void {
    if (texts.length === 0) return;
    this.#size = Math.max(this.#size, row + 1);
    this.rows.add(row);
    const order: number[] = [];
    const seen = new Set<Token>();
    texts.forEach((text, i) => {
      if (i > 0) order.push(GAP);
      for (const word of this.#analyzer.document(text)) {
        const token = this.#token(word, row);
        order.push(token.id);
        if (seen.has(token)) continue;
        seen.add(token);
        if (token.posting === row) continue;
        token.posting = withRow(token.posting, row, this.#size);
        this.bytes += 2 * PLACE_BYTES;
      }
    });
    if (!this.#analyzer.phrases) return;
    this.#orders.set(row, Uint32Array.from(order));
    this.bytes += 64 + order.length * PLACE_BYTES;
  }

  /** Takes a row out; `texts` are those it was added with. */
  remove(row: number, texts: readonly string[]): void {
    if (!this.rows.delete(row)) return;
    this.#orders.delete(row);
    const words = new Set(texts.flatMap((text) => this.#analyzer.document(text)));
    for (const word of words) {
      const token = this.#tokens.get(word)!;
      const posting = withoutRow(token.posting, row);
      if (posting === undefined) this.#tokens.delete(word);
      else token.posting = posting;
    }
  }

  /** Rows that have every token of a query; none when it has no tokens. */
  withAll(query: string): Bitset {
    const tokens = this.#known(this.#analyzer.query(query));
    return tokens ? this.#inAll(tokens) : new Bitset();
  }

  /** Rows that have a token of a query. */
  withAny(query: string): Bitset {
    const rows = new RowSet(this.#size);
    for (const word of this.#analyzer.query(query)) rows.addPosting(this.#tokens.get(word)?.posting);
    return rows.done();
  }

  /** Rows where the tokens of a phrase stand one after the other; none when the index keeps no order. */
  withPhrase(phrase: string): Bitset {
    const words = this.#analyzer.phrases ? this.#analyzer.document(phrase) : [];
    const tokens = this.#known(words);
    if (!tokens) return new Bitset();
    const ids = words.map((word) => this.#tokens.get(word)!.id);
    const rows = new RowSet(this.#size);
    for (const row of this.#inAll(tokens)) if (holdsRun(this.#orders.get(row)!, ids)) rows.add(row);
    return rows.done();
  }

  #token(word: string, row: number): Token {
    const known = this.#tokens.get(word);
    if (known) return known;
    const token = { id: this.#nextId++, posting: row };
    this.#tokens.set(word, token);
    this.bytes += TOKEN_BYTES + word.length * 2;
    return token;
  }

  /** The distinct tokens of words, rarest first; undefined when there are none, or one is in no row. */
  #known(words: readonly string[]): Token[] | undefined {
    const tokens = new Set<Token>();
    for (const word of words) {
      const token = this.#tokens.get(word);
      if (!token) return undefined;
      tokens.add(token);
    }
    if (tokens.size === 0) return undefined;
    return [...tokens].sort((a, b) => sizeOf(a.posting) - sizeOf(b.posting));
  }

  #inAll(tokens: readonly Token[]): Bitset {
    const sets = tokens.map(({ posting }) => {
      if (posting instanceof Bitset) return posting;
      const rows = new RowSet(this.#size);
      rows.addPosting(posting);
      return rows.done();
    });
    return sets.reduce((all, set) => all.and(set));
  }
}

/** Whether `run` stands in `order` without a break. */
function holdsRun<T>(order: ArrayLike<T>, run: readonly T[]): boolean {
  const last = order.length - run.length;
  for (let start = 0; start <= last; start++) {
    let length = 0;
    while (length < run.length && order[start + length] === run[length]) length++;
    if (length === run.length) return true;
  }
  return false;
}

/** The same questions asked of the texts of one payload, without an index. */
export const textTests: {
  readonly [kind in 'text' | 'text_any' | 'phrase']: (
    analyzer: Analyzer,
    query: string,
  ) => (texts: readonly string[]) => boolean;
} = {
  text(analyzer, query) {
    const words = analyzer.query(query);
    return (texts) => {
      const tokens = new Set(texts.flatMap((text) => analyzer.document(text)));
      return words.length > 0 && words.every((word) => tokens.has(word));
    };
  },
  text_any(analyzer, query) {
    const words = analyzer.query(query);
    return (texts) => {
      const tokens = new Set(texts.flatMap((text) => analyzer.document(text)));
      return words.some((word) => tokens.has(word));
    };
  },
  phrase(analyzer, query) {
    const words = analyzer.document(query);
    return (texts) => words.length > 0 && texts.some((text) => holdsRun(analyzer.document(text), words));
  },
};
