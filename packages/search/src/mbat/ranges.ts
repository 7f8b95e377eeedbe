/**
 * What an encoder learns from samples: the range of the numbers at each path, how many records a word is in, the values that a
 * query may find.
 *
 * @module
 */
import { tokensOf } from './leaves.js';
import type { JsonLeaf } from './walk.js';

/** Where most numbers of a path lie: from the 1st to the 99th percentile. */
export interface NumberRange {
  readonly low: number;
  readonly high: number;
  /** All are positive and skewed: their logarithms are compared. */
  readonly log?: boolean;
}

/** What is known of one path. */
export interface PathFacts {
  readonly range?: NumberRange;
  /** Values seen there as JSON text, the most frequent first. */
  readonly values: readonly string[];
}

/** Ratio of the 99th percentile to the median above which positive numbers count as skewed. */
const SKEWED = 4;

/** The range of numbers. */
export function rangeOf(numbers: readonly number[]): NumberRange {
  const sorted = Float64Array.from(numbers).sort();
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!;
  const [low, high] = [at(0.01), at(0.99)];
  return sorted[0]! > 0 && high > SKEWED * at(0.5) ? { low, high, log: true } : { low, high };
}

/** Collects leaves of samples. */
export class Gathering {
  readonly #numbers = new Map<string, number[]>();
  readonly #values = new Map<string, Map<string, number>>();
  readonly #records = new Map<string, number>();
  #count = 0;

  add(leaves: Iterable<JsonLeaf>): void {
    this.#count++;
    const words = new Set<string>();
    for (const { path, value } of leaves) {
      const seen = this.#values.get(path) ?? new Map<string, number>();
      this.#values.set(path, seen);
      const text = JSON.stringify(value);
      seen.set(text, (seen.get(text) ?? 0) + 1);
      if (typeof value === 'number') {
        const numbers = this.#numbers.get(path);
        if (numbers) numbers.push(value);
        else this.#numbers.set(path, [value]);
      } else if (typeof value === 'string') for (const token of tokensOf(value)) words.add(token);
    }
    for (const word of words) this.#records.set(word, (this.#records.get(word) ?? 0) + 1);
  }

  /** @param most - values of a path that are kept */
  paths(most: number): Map<string, PathFacts> {
    return new Map(
      Array.from(this.#values, ([path, seen]) => {
        const numbers = this.#numbers.get(path);
        const values = [...seen].sort((a, b) => b[1] - a[1]).slice(0, most);
        return [
          path,
          { ...(numbers && { range: rangeOf(numbers) }), values: values.map(([value]) => value) },
        ];
      }),
    );
  }

  /** ln((1 + records) / (1 + records with the word)) + 1. */
  weights(): Map<string, number> {
    return new Map(
      Array.from(this.#records, ([word, n]) => [word, Math.log((1 + this.#count) / (1 + n)) + 1]),
    );
  }
}
