/**
 * Learning merges: the pair that stands side by side most often becomes one symbol, again and again
 * (Sennrich, Haddow, Birch, ACL 2016, https://arxiv.org/abs/1508.07909).
 *
 * @module
 */
import { type LongWork, throwIfAborted } from '@fletch/base';

/** A word as symbols, and how often it occurs. */
export interface CountedWord {
  /** Positions in the list of symbols. */
  readonly symbols: readonly number[];
  readonly count: number;
}

export interface MergeOptions extends LongWork {
  /** How many symbols there shall be, the alphabet included. */
  readonly size: number;
  /** A pair that occurs less often is not merged. Default 2. */
  readonly minimum?: number;
  /** How two symbols are written as one. */
  readonly join: (left: string, right: string) => string;
}

/** One pair with its count when it was pushed; an outdated one is pushed again with what is right. */
interface Candidate {
  readonly left: number;
  readonly right: number;
  readonly count: number;
}

/** More often first; of equally frequent pairs the one whose symbols are older. */
const before = (a: Candidate, b: Candidate) =>
  a.count !== b.count ? a.count > b.count : a.left !== b.left ? a.left < b.left : a.right < b.right;

/** A heap whose first is the best. */
class Heap {
  readonly #items: Candidate[] = [];

  push(item: Candidate): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(item, items[parent]!)) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  pop(): Candidate | undefined {
    const items = this.#items;
    const best = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return best;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && before(items[child + 1]!, items[child]!)) child++;
      if (!before(items[child]!, last)) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = last;
    return best;
  }
}

/** Symbols take at most 21 bits, so a pair is one exact number. */
const RADIX = 2 ** 21;

/** How often each pair occurs, and in which words. */
class Pairs {
  readonly counts = new Map<number, number>();
  readonly words = new Map<number, Set<number>>();

  add(left: number, right: number, count: number, word: number): void {
    const key = left * RADIX + right;
    this.counts.set(key, (this.counts.get(key) ?? 0) + count);
    if (count <= 0) return;
    const words = this.words.get(key);
    if (words) words.add(word);
    else this.words.set(key, new Set([word]));
  }
}

/** The word with every `left, right` replaced by `merged`. */
function replacePair(symbols: readonly number[], left: number, right: number, merged: number): number[] {
  const result: number[] = [];
  for (let i = 0; i < symbols.length; i++)
    if (symbols[i] === left && symbols[i + 1] === right) {
      result.push(merged);
      i++;
    } else result.push(symbols[i]!);
  return result;
}

/**
 * Merges the most frequent pair of neighbours until there are enough symbols. The same words give the same merges.
 *
 * @param symbols - the alphabet; symbols that merges make are appended
 * @returns pairs of positions in `symbols`, in the order in which they were merged
 * @throws FletchError `ABORTED`
 */
export function learnMerges(
  words: readonly CountedWord[],
  symbols: string[],
  options: MergeOptions,
): [left: number, right: number][] {
  const { size, minimum = 2, join, signal, onProgress } = options;
  const spelled = words.map((word) => word.symbols);
  const known = new Map(symbols.map((symbol, i) => [symbol, i]));
  const pairs = new Pairs();
  const note = (word: number, sign: 1 | -1, changed?: Set<number>) => {
    const own = spelled[word]!;
    for (let i = 0; i + 1 < own.length; i++) {
      pairs.add(own[i]!, own[i + 1]!, sign * words[word]!.count, word);
      changed?.add(own[i]! * RADIX + own[i + 1]!);
    }
  };
  for (let word = 0; word < words.length; word++) note(word, 1);
  const heap = new Heap();
  const offer = (key: number) => {
    const count = pairs.counts.get(key)!;
    if (count >= minimum) heap.push({ left: Math.floor(key / RADIX), right: key % RADIX, count });
  };
  for (const key of pairs.counts.keys()) offer(key);

  const merges: [number, number][] = [];
  while (symbols.length < size) {
    throwIfAborted(signal);
    const best = heap.pop();
    if (best === undefined) break;
    const { left, right } = best;
    const key = left * RADIX + right;
    const count = pairs.counts.get(key)!;
    if (count !== best.count) continue;
    const written = join(symbols[left]!, symbols[right]!);
    // Two ways may lead to the same characters: they share a symbol.
    const merged = known.get(written) ?? symbols.push(written) - 1;
    known.set(written, merged);
    merges.push([left, right]);
    const changed = new Set<number>();
    for (const word of pairs.words.get(key)!) {
      note(word, -1, changed);
      spelled[word] = replacePair(spelled[word]!, left, right, merged);
      note(word, 1, changed);
    }
    pairs.counts.delete(key);
    pairs.words.delete(key);
    changed.delete(key);
    for (const each of changed) offer(each);
    if (merges.length % 100 === 0)
      onProgress?.({ done: symbols.length, total: size, stage: 'learning the vocabulary' });
  }
  return merges;
}
