import { isFletchError } from '@fletch/base';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { learnMerges } from './merges.js';

const join = (a: string, b: string) => a + b;

/** The same by counting every pair anew before each merge. */
function plainly(
  words: readonly string[],
  counts: readonly number[],
  symbols: string[],
  size: number,
): string[] {
  let spelled = words.map((word) => Array.from(word, (letter) => symbols.indexOf(letter)));
  const merges: string[] = [];
  while (symbols.length < size) {
    const pairs = new Map<string, { pair: [number, number]; count: number }>();
    for (const [w, word] of spelled.entries())
      for (let i = 0; i + 1 < word.length; i++) {
        const pair: [number, number] = [word[i]!, word[i + 1]!];
        const entry = pairs.get(pair.join()) ?? { pair, count: 0 };
        pairs.set(pair.join(), { pair, count: entry.count + counts[w]! });
      }
    const [best] = [...pairs.values()]
      .filter(({ count }) => count >= 2)
      .sort((a, b) => b.count - a.count || a.pair[0] - b.pair[0] || a.pair[1] - b.pair[1]);
    if (!best) break;
    const [left, right] = best.pair;
    const written = symbols[left]! + symbols[right]!;
    const merged = symbols.includes(written) ? symbols.indexOf(written) : symbols.push(written) - 1;
    merges.push(`${left} ${right}`);
    spelled = spelled.map((word) => {
      const next: number[] = [];
      for (let i = 0; i < word.length; i++)
        if (word[i] === left && word[i + 1] === right) {
          next.push(merged);
          i++;
        } else next.push(word[i]!);
      return next;
    });
  }
  return merges;
}

it('merges what counting anew would merge', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 9 }), {
        minLength: 1,
        maxLength: 12,
      }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 12, maxLength: 12 }),
      fc.integer({ min: 3, max: 24 }),
      (words, counts, size) => {
        const symbols = ['a', 'b', 'c'];
        const theirs = ['a', 'b', 'c'];
        const given = words.map((word, i) => ({
          symbols: Array.from(word, (letter) => symbols.indexOf(letter)),
          count: counts[i]!,
        }));
        const merges = learnMerges(given, symbols, { size, join });
        expect(merges.map((pair) => pair.join(' '))).toEqual(plainly(words, counts, theirs, size));
        expect(symbols).toEqual(theirs);
      },
    ),
    { seed: 5, numRuns: 300 },
  );
});

it('can be stopped', () => {
  const controller = new AbortController();
  controller.abort();
  expect(() =>
    learnMerges([{ symbols: [0, 0], count: 5 }], ['a'], { size: 3, join, signal: controller.signal }),
  ).toThrow(expect.toSatisfy((error) => isFletchError(error, 'ABORTED')));
});
