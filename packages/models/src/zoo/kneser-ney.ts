/**
 * The interpolated, modified Kneser–Ney trigram: what a text model has to beat.
 *
 * Chen and Goodman, "An empirical study of smoothing techniques for language modeling" (1998), section 3: equations 25
 * to 28. Trigrams count occurrences; bigrams and single tokens count the different tokens before them, except bigrams at
 * the start of a document, before which nothing else can stand. Single tokens are interpolated with the uniform
 * distribution.
 *
 * @module
 */
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';

export interface KneserNeyOptions extends LongWork {
  readonly vocabularySize: number;
  /** The token that ends every document, and stands twice before its first token. */
  readonly boundary: number;
}

/** N-grams of one order in ascending order of their keys, and what follows each context. */
interface Level {
  /** `context · vocabulary + token`. */
  readonly keys: Float64Array;
  readonly counts: Uint32Array;
  readonly contexts: Float64Array;
  /** Sum of the counts after a context. */
  readonly totals: Float64Array;
  /** Share of the probability after a context that goes to the shorter n-gram. */
  readonly rests: Float64Array;
  /** Taken off counts of 1, 2, and 3 or more. */
  readonly discounts: readonly [number, number, number];
}

/** Sorted keys as different keys and how often each occurs. */
function runs(sorted: Float64Array): { keys: Float64Array; counts: Uint32Array } {
  let different = 0;
  for (let i = 0; i < sorted.length; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) different++;
  const keys = new Float64Array(different);
  const counts = new Uint32Array(different);
  let at = -1;
  for (let i = 0; i < sorted.length; i++) {
    if (i === 0 || sorted[i] !== sorted[i - 1]) keys[++at] = sorted[i]!;
    counts[at]!++;
  }
  return { keys, counts };
}

/** Position of a key, or −1. */
function find(keys: Float64Array, key: number): number {
  let low = 0;
  let high = keys.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const there = keys[middle]!;
    if (there === key) return middle;
    if (there < key) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** The discounts of an order from how many n-grams were counted 1, 2, 3 and 4 times (equation 26). */
function discountsOf(counts: Uint32Array): [number, number, number] {
  const n = [0, 0, 0, 0, 0];
  for (const count of counts) if (count <= 4) n[count]!++;
  const [, n1 = 0, n2 = 0, n3 = 0, n4 = 0] = n;
  // Too little text to estimate them: half a count each, which still leaves something to everything.
  if (n1 === 0 || n2 === 0) return [0.5, 0.5, 0.5];
  const y = n1 / (n1 + 2 * n2);
  const within = (value: number, limit: number) => Math.min(Math.max(value, 0.05), limit);
  return [
    within(1 - (2 * y * n2) / n1, 1),
    within(2 - (3 * y * n3) / n2, 2),
    within(n3 > 0 ? 3 - (4 * y * n4) / n3 : 1.5, 3),
  ];
}

function levelOf(keys: Float64Array, counts: Uint32Array, vocabularySize: number): Level {
  const discounts = discountsOf(counts);
  const contexts: number[] = [];
  const totals: number[] = [];
  const rests: number[] = [];
  for (let i = 0; i < keys.length; i++) {
    const context = Math.floor(keys[i]! / vocabularySize);
    if (contexts.at(-1) !== context) {
      contexts.push(context);
      totals.push(0);
      rests.push(0);
    }
    totals[totals.length - 1]! += counts[i]!;
    rests[rests.length - 1]! += discounts[Math.min(counts[i]!, 3) - 1]!;
  }
  return {
    keys,
    counts,
    discounts,
    contexts: Float64Array.from(contexts),
    totals: Float64Array.from(totals),
    rests: Float64Array.from(rests, (rest, i) => rest / totals[i]!),
  };
}

/** What a level adds to the probability of `token` after `context`, given what the shorter n-gram says. */
function mix(level: Level, context: number, key: number, shorter: number): number {
  const at = find(level.contexts, context);
  if (at < 0) return shorter;
  const there = find(level.keys, key);
  const count = there < 0 ? 0 : level.counts[there]!;
  const own = count === 0 ? 0 : count - level.discounts[Math.min(count, 3) - 1]!;
  return own / level.totals[at]! + level.rests[at]! * shorter;
}

/** A trigram model of documents of tokens. */
export class KneserNeyTrigram {
  readonly vocabularySize: number;
  readonly boundary: number;
  readonly #trigrams: Level;
  readonly #bigrams: Level;
  readonly #singles: Float64Array;

  private constructor(
    { vocabularySize, boundary }: KneserNeyOptions,
    trigrams: Level,
    bigrams: Level,
    singles: Float64Array,
  ) {
    this.vocabularySize = vocabularySize;
    this.boundary = boundary;
    this.#trigrams = trigrams;
    this.#bigrams = bigrams;
    this.#singles = singles;
  }

  /**
   * Counts documents.
   *
   * @param documents - tokens 0 to `vocabularySize` − 1, without the boundary
   * @throws FletchError `INVALID_ARGUMENT` when a token is none, or there is none; `ABORTED`
   */
  static fit(documents: readonly ArrayLike<number>[], options: KneserNeyOptions): KneserNeyTrigram {
    const { vocabularySize: V, boundary, signal, onProgress } = options;
    // Three tokens must be one exact number.
    if (!Number.isSafeInteger(V) || V < 1 || V > 200_000 || !(boundary >= 0 && boundary < V))
      throw new FletchError(
        'INVALID_ARGUMENT',
        `A vocabulary is 1 to 200000 tokens with the boundary among them, not ${V} with ${boundary}.`,
      );
    const keys = new Float64Array(documents.reduce((sum, { length }) => sum + length + 1, 0));
    let at = 0;
    for (const [d, document] of documents.entries()) {
      let before = boundary * V + boundary;
      for (let i = 0; i <= document.length; i++) {
        const token = i < document.length ? document[i]! : boundary;
        if (!Number.isInteger(token) || token < 0 || token >= V)
          throw new FletchError(
            'INVALID_ARGUMENT',
            `Document ${d} holds ${token} at position ${i}: tokens are 0 to ${V - 1}.`,
          );
        keys[at++] = before * V + token;
        before = (before % V) * V + token;
      }
    }
    if (at === documents.length)
      throw new FletchError('INVALID_ARGUMENT', 'There is no token to count in any document.');
    const stages = 3;
    const report = (done: number) => {
      throwIfAborted(signal);
      onProgress?.({ done, total: stages, stage: 'counting trigrams' });
    };
    report(0);
    const tri = runs(keys.sort());
    report(1);
    const bi = continuations(tri, V, boundary);
    report(2);
    const singles = singleProbabilities(bi.keys, V);
    report(3);
    return new KneserNeyTrigram(
      options,
      levelOf(tri.keys, tri.counts, V),
      levelOf(bi.keys, bi.counts, V),
      singles,
    );
  }

  /** The probability of `token` after `first`, `second`; those of all tokens sum to one. */
  probability(first: number, second: number, token: number): number {
    const V = this.vocabularySize;
    const shorter = mix(this.#bigrams, second, second * V + token, this.#singles[token]!);
    const context = first * V + second;
    return mix(this.#trigrams, context, context * V + token, shorter);
  }

  /**
   * Natural logarithm of the probability of a document, its end included.
   *
   * @param document - tokens without the boundary
   */
  logProbability(document: ArrayLike<number>): number {
    let [first, second] = [this.boundary, this.boundary];
    let sum = 0;
    for (let i = 0; i <= document.length; i++) {
      const token = i < document.length ? document[i]! : this.boundary;
      sum += Math.log(this.probability(first, second, token));
      [first, second] = [second, token];
    }
    return sum;
  }

  /** e to the mean negative log probability of a token of these documents, their ends included. */
  perplexity(documents: readonly ArrayLike<number>[]): number {
    const tokens = documents.reduce((sum, { length }) => sum + length + 1, 0);
    return Math.exp(-documents.reduce((sum, document) => sum + this.logProbability(document), 0) / tokens);
  }
}

/** Bigrams with how many different tokens stand before them; after the start of a document, with occurrences. */
function continuations(
  { keys, counts }: { readonly keys: Float64Array; readonly counts: Uint32Array },
  V: number,
  boundary: number,
): { keys: Float64Array; counts: Uint32Array } {
  const square = V * V;
  const found = runs(keys.map((key) => key % square).sort());
  for (let i = 0; i < keys.length; i++) {
    const bigram = keys[i]! % square;
    if (Math.floor(bigram / V) !== boundary) continue;
    found.counts[find(found.keys, bigram)]! += counts[i]! - 1;
  }
  return found;
}

/** Probabilities of single tokens from how many different tokens stand before them. */
function singleProbabilities(bigrams: Float64Array, V: number): Float64Array {
  const before = new Uint32Array(V);
  for (const key of bigrams) before[key % V]!++;
  const level = levelOf(
    Float64Array.from({ length: V }, (_, token) => token).filter((token) => before[token]! > 0),
    before.filter((count) => count > 0),
    V,
  );
  return Float64Array.from({ length: V }, (_, token) => mix(level, 0, token, 1 / V));
}
