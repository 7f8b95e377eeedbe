import { isFletchError } from '@fletch/base';
import type { DebianPackage, WordNetGloss } from '@fletch/data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutTexts, glossText, packageTexts } from './text-corpus.js';
import { joinDocuments, scoringWindows, WindowFeed, windowsAt } from './token-stream.js';

describe('the corpus', () => {
  it('writes a gloss with its words and examples', () => {
    const gloss = { words: ['purge', 'purging'], text: 'the act of clearing', examples: ['a purge'] };
    expect(glossText(gloss as unknown as WordNetGloss).text).toBe(
      'purge, purging: the act of clearing; "a purge"',
    );
  });

  it('leaves out what packages of one source repeat', () => {
    const pkg = (source: string, synopsis: string, description: string) =>
      ({ source, synopsis, description }) as DebianPackage;
    expect(
      packageTexts([
        pkg('z', 'A library', 'It  packs\n  files.\n\nThis is the library.'),
        pkg('z', 'A library (development)', 'It packs files.\n\nThis has headers.'),
        pkg('z', 'A library', 'It packs files.'),
        pkg('y', 'Other', 'It packs files.'),
      ]),
    ).toEqual([
      { group: 'z', text: 'A library\nIt packs files.\nThis is the library.' },
      { group: 'z', text: 'A library (development)\nThis has headers.' },
      { group: 'y', text: 'Other\nIt packs files.' },
    ]);
  });

  it('never parts a group', () => {
    const texts = Array.from({ length: 20_000 }, (_, i) => ({
      group: `g${i >> 1}`,
      text: `g${i >> 1} ${i}`,
    }));
    const parts = cutTexts(texts, 1);
    const groups = Object.values(parts).map((list) => new Set(list.map((text) => text.split(' ')[0])));
    expect(groups.reduce((sum, { size }) => sum + size, 0)).toBe(10_000);
    expect(parts.train.length + parts.validation.length + parts.test.length).toBe(20_000);
    for (const part of [parts.test, parts.validation]) {
      expect(part.length).toBeGreaterThan(300);
      expect(part.length).toBeLessThan(500);
    }
    const half = cutTexts(texts, 0.5);
    expect([half.test, half.validation]).toEqual([parts.test, parts.validation]);
    expect(half.train.length / parts.train.length).toBeCloseTo(0.5, 1);
    const whole = new Set(parts.train);
    expect(half.train.every((text) => whole.has(text))).toBe(true);
  });
});

describe('rows of tokens', () => {
  it('have a boundary before the first and after each document', () => {
    expect([...joinDocuments([[5, 6], [7], []], 0)]).toEqual([0, 5, 6, 0, 7, 0, 0]);
    const shuffled = joinDocuments(
      Array.from({ length: 9 }, (_, i) => [i + 1]),
      0,
      3,
    );
    expect([...shuffled].filter((token) => token > 0).toSorted((a, b) => a - b)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9,
    ]);
    expect([...shuffled].filter((token) => token > 0)).not.toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('give windows that seed and step decide, over the whole row in each epoch', () => {
    const row = Int32Array.from({ length: 57 }, (_, i) => i);
    const feed = new WindowFeed(row, { seed: 1, count: 2, length: 11 });
    // Four windows an epoch: two steps.
    const epochs = Array.from({ length: 20 }, (_, epoch) => [
      ...feed.at(2 * epoch),
      ...feed.at(2 * epoch + 1),
    ]);
    for (const starts of epochs) {
      const sorted = starts.toSorted((a, b) => a - b);
      expect(sorted.map((start) => start - sorted[0]!)).toEqual([0, 11, 22, 33]);
      expect(sorted[0]).toBeGreaterThanOrEqual(0);
      expect(sorted.at(-1)! + 11).toBeLessThanOrEqual(57);
    }
    expect(new Set(epochs.map((starts) => starts.join())).size).toBeGreaterThan(15);
    const again = new WindowFeed(row, { seed: 1, count: 2, length: 11 });
    expect([...again.at(30), ...again.at(31)]).toEqual(epochs[15]);
    expect(new WindowFeed(row, { seed: 2, count: 2, length: 11 }).at(0)).not.toEqual(feed.at(0));
    expect(windowsAt(row, [3, 39], 11).toNested()).toEqual([
      [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13],
      [39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49],
    ]);
    expect(new WindowFeed(row, { seed: 1, count: 3, length: 57 }).at(5)).toEqual([0, 0, 0]);
    expect(() => new WindowFeed(row, { seed: 1, count: 1, length: 58 })).toThrow(
      expect.toSatisfy((error) => isFletchError(error, 'INVALID_ARGUMENT')),
    );
  });

  it('are scored once at every place, with half a window before it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 300 }), fc.integer({ min: 1, max: 40 }), (size, length) => {
        const scored: number[] = [];
        for (const { start, from, to } of scoringWindows(size, length)) {
          expect(start).toBeGreaterThanOrEqual(0);
          expect(to).toBeLessThanOrEqual(length + 1);
          expect(start + to).toBeLessThanOrEqual(size);
          if (start > 0) expect(from).toBeGreaterThanOrEqual(length >> 1);
          for (let i = from; i < to; i++) scored.push(start + i);
        }
        expect(scored).toEqual(Array.from({ length: size - 1 }, (_, i) => i + 1));
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});
