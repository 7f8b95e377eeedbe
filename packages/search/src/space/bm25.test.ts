import { describe, expect, test } from 'vitest';
import { createBm25, termOf } from './bm25.js';

describe('BM25', () => {
  // Values of MurmurHash3_x86_32 with seed 0, as published with it.
  test.each([
    ['', 0],
    ['hello', 0x248bfa47],
    ['hello, world', 0x149bbb7f],
    ['The quick brown fox jumps over the lazy dog', 0x2e4ff723],
    ['test', 0x1_0000_0000 - 0xba6bd213],
    ['Hello, world!', 0x1_0000_0000 - 0xc0363e43],
  ])('hashes %j', (token, term) => {
    expect(termOf(token)).toBe(term);
  });

  const plain = { stopwords: {}, stemmer: { type: 'none' } } as const;

  test('weighs the terms of documents by their frequency and length', () => {
    const { indices, values } = createBm25({ ...plain, avg_len: 5 }).document('The cat sat on the');
    const weight = new Map(Array.from(indices, (term, i) => [term, values[i]]));
    expect(weight.size).toBe(4);
    // 2 · 2.2 / (1.2 · (0.25 + 0.75 · 5 / 5) + 2)
    expect(weight.get(termOf('the'))).toBeCloseTo(1.375, 6);
    expect(weight.get(termOf('cat'))).toBeCloseTo(1, 6);
    expect([...indices]).toEqual([...indices].sort((a, b) => a - b));
  });

  test('takes each term of a query once', () => {
    const { indices, values } = createBm25(plain).query('foo bar foo baz bar');
    expect([...indices]).toEqual(['foo', 'bar', 'baz'].map(termOf).sort((a, b) => a - b));
    expect([...values]).toEqual([1, 1, 1]);
  });

  test('speaks English unless told otherwise', () => {
    const terms = (options: object, text: string) => [...createBm25(options).query(text).indices];
    expect(terms({}, 'The running dogs')).toEqual(['run', 'dog'].map(termOf).sort((a, b) => a - b));
    expect(terms({}, "I don't see a fox now, we'd say")).toEqual(
      ['see', 'fox', 'say'].map(termOf).sort((a, b) => a - b),
    );
    expect(terms({ language: 'none' }, 'running')).toEqual([termOf('running')]);
    expect(terms({ language: 'de' }, 'der Hunde')).toEqual([termOf('hund')]);
    expect(terms({ ...plain, lowercase: false }, 'Foo')).toEqual([termOf('Foo')]);
    expect(terms({ ...plain, tokenizer: 'prefix', max_token_len: 2 }, 'water')).toEqual([termOf('wa')]);
    expect(createBm25({ ...plain, tokenizer: 'prefix' }).document('abc').indices).toHaveLength(3);
    expect(terms({}, ' … ')).toEqual([]);
    expect(createBm25().document('the and of')).toEqual({
      indices: new Uint32Array(0),
      values: new Float32Array(0),
    });
  });

  test.each<[object, string]>([
    [{ k: -1 }, 'k: expected a number 0 or more, got -1'],
    [{ b: 1.5 }, 'b: expected'],
    [{ avg_len: 0 }, 'avg_len: expected'],
    [{ k: '1' }, 'k: expected'],
    [{ language: 7 }, 'language: expected'],
    [{ tokenizer: 'letters' }, 'options.tokenizer'],
  ])('refuses %j', (options, message) => {
    expect(() => createBm25(options)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) }),
    );
  });
});
