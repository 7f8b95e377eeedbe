import { createRequire } from 'node:module';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Piece, UnigramTokenizer } from './tokenizer.js';
import { loadUseWeights } from './weights.js';

const require = createRequire(import.meta.url);

describe('against the reference library', () => {
  let tokenizer: UnigramTokenizer;
  let reference: { encode(text: string): number[] };

  beforeAll(async () => {
    const { initModel } = require('@energetic-ai/embeddings');
    const vocabulary = (await loadUseWeights()).vocabulary as Piece[];
    tokenizer = new UnigramTokenizer(vocabulary);
    reference = (await initModel(async () => ({ vocabulary, model: undefined }))).tokenizer;
  });

  test.each([
    'a feeling of deep sadness',
    'naïve  double  space, ﬁ ligature and\ttab',
    '日本語 and 😀😀 together',
    ' leading and trailing ',
    '\u2581',
    '…',
    '',
  ])('%j is split alike', (text) => {
    expect(tokenizer.encode(text)).toEqual(reference.encode(text));
  });

  test('any text is split alike', () => {
    const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.lorem({ maxCount: 12 }));
    fc.assert(
      fc.property(text, (sample) => {
        expect(tokenizer.encode(sample)).toEqual(reference.encode(sample));
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});

describe('on a small vocabulary', () => {
  const reserved: Piece[] = [['\ufffd', 0], ...Array.from({ length: 5 }, (_, i): Piece => [`<${i}>`, 0])];
  const vocabulary: Piece[] = [
    ...reserved,
    ['\u2581', -3],
    ['a', -2],
    ['b', -2],
    ['ab', -3],
    ['\u2581a', -2.5],
  ];
  const tokenizer = new UnigramTokenizer(vocabulary);
  const pieces = (text: string) => tokenizer.encode(text).map((id) => vocabulary[id]![0]);

  test('the highest sum of scores wins', () => {
    expect(pieces('ab')).toEqual(['\u2581a', 'b']);
    expect(pieces('bab')).toEqual(['\u2581', 'b', 'ab']);
  });

  test('spaces become the mark and runs of unknown characters one piece', () => {
    expect(pieces('a zzz b')).toEqual(['\u2581a', '\u2581', '\ufffd', '\u2581', 'b']);
  });
});
