import { Tokenizer, trainBpe } from '@fletch/models';
import { describe, expect, test } from 'vitest';
import type { CausalLM } from './decoder.js';
import { observable, parseObservable, readObservable } from './observable.js';
import { observeModel } from './report.js';
import { tinyGpt2 } from './support.case.js';

const words = ['he', 'she', 'him', 'her'];
const nonzero = (weights: Float32Array) =>
  Object.fromEntries([...weights.entries()].filter(([, weight]) => weight !== 0));

const tokenizer = new Tokenizer(
  trainBpe(['so she said he said she is he is she he'.repeat(20)], {
    vocabularySize: 280,
    specialTokens: [],
  }),
);

describe('observables', () => {
  test('weigh positive words by 1 and negative ones by −1', () => {
    expect(Array.from(observable(words, { positive: ['she', 'her'], negative: ['he'] }))).toEqual([
      -1, 1, 0, 1,
    ]);
    expect(Array.from(observable({ a: 0, b: 3 }, { positive: ['b'] }))).toEqual([0, 0, 0, 1]);
  });

  test('are scaled to length one on demand', () => {
    const weights = observable(words, { positive: ['she'], negative: ['he'], normalize: true });
    expect(Math.hypot(...weights)).toBeCloseTo(1, 6);
  });

  test('of a tokenizer take the leading space to the letter', () => {
    const spaced = observable(tokenizer, { positive: [' she'] });
    expect(Object.keys(nonzero(spaced))).toEqual([String(tokenizer.idOf('Ġshe'))]);
  });

  test.each<[string, () => unknown, RegExp]>([
    ['zeros', () => observable(words, { positive: ['he'], negative: ['he'] }), /zero for every token/],
    ['no words', () => observable(words, { positive: [] }), /zero for every token/],
    [
      'unknown words, all of them',
      () => observable(words, { positive: ['nurse'], negative: ['doctor'] }),
      /'nurse' is not in the vocabulary; 'doctor' is not/,
    ],
    [
      'words of several tokens',
      () => observable(tokenizer, { positive: [' shy'] }),
      /' shy' is \d tokens: pass takeFirst or another word/,
    ],
    [
      'a size that is too small',
      () => observable(words, { positive: ['her'], size: 2 }),
      /Token 3 is not among/,
    ],
  ])('refuse %s', (_, call, message) => {
    expect(call).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) }),
    );
  });

  test('take the first of several tokens when they are told to', () => {
    const weights = observable(tokenizer, { positive: [' shy'], takeFirst: true });
    expect(Object.keys(nonzero(weights))).toEqual([String(tokenizer.encode(' shy')[0])]);
  });
});

describe('written observables', () => {
  const plain = (word: string, weight: number) => ({ word, weight, quoted: false });

  test.each([
    ['he - she', [plain('he', 1), plain('she', -1)]],
    ['he − she + him', [plain('he', 1), plain('she', -1), plain('him', 1)]],
    ['- he + 2.5 * she', [plain('he', -1), plain('she', 2.5)]],
    [
      '" he" - \' self-made\'',
      [
        { word: ' he', weight: 1, quoted: true },
        { word: ' self-made', weight: -1, quoted: true },
      ],
    ],
    ['well-known', [plain('well-known', 1)]],
  ])('%s', (text, expected) => {
    expect(readObservable(text)).toEqual(expected);
  });

  test.each([
    ['', /empty/],
    ['he she', /position 2/],
    ['he -', /position 2/],
    ['"he', /position 0/],
  ])('refuse %j', (text, message) => {
    expect(() => readObservable(text)).toThrow(message);
  });

  test('prefer the token with a space in front, and keep quoted ones as they are', () => {
    const { weights, tokens } = parseObservable(tokenizer, 'she - 2 * "h"');
    expect(tokens.map(({ token, weight }) => [token, weight])).toEqual([
      [' she', 1],
      ['h', -2],
    ]);
    expect(nonzero(weights)).toEqual({ [tokenizer.idOf('Ġshe')]: 1, [tokenizer.idOf('h')]: -2 });
  });
});

describe('the report of a model', () => {
  const model = (): CausalLM => {
    const { config, params } = tinyGpt2();
    const file = {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: { type: 'WhitespaceSplit' },
      post_processor: null,
      decoder: null,
      model: {
        type: 'WordLevel',
        unk_token: '?',
        vocab: Object.fromEntries(
          '? he she so f m is kind very old and tall'.split(' ').map((word, i) => [word, i]),
        ),
      },
    };
    return { config, params, tokenizer: new Tokenizer(file) };
  };

  test('without prompts ranks heads by their norms', async () => {
    const report = await observeModel(model(), { observable: 'he - she', threads: 1 });
    expect(report.heads).toHaveLength(6);
    expect(report.heads.map(({ norm }) => norm)).toEqual(
      report.heads.map(({ norm }) => norm).sort((a, b) => b - a),
    );
    expect(report).toMatchObject({ pair: null, paths: [], observable: [{ id: 1 }, { id: 2 }] });
  });

  test('with a pair ranks heads by patching, and paths', async () => {
    const stages: string[] = [];
    const report = await observeModel(model(), {
      observable: 'he - she',
      prompt: 'so f is kind',
      counter: 'so m is kind',
      maxLength: 2,
      threads: 1,
      onProgress: ({ stage }) => void stages.push(stage!),
    });
    expect(report.pair!.tokens).toEqual(['so', 'f', 'is', 'kind']);
    const sizes = report.heads.map(({ patched }) => Math.abs(patched!));
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(report.paths[0]!.path).toMatch(/^(attn|mlp)\d/);
    expect(stages).toContain('searching for paths');
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  test.each([
    ['unknown words', { observable: 'he - nurse' }, 'INVALID_ARGUMENT', /'nurse' is not in the vocabulary/],
    ['a prompt alone', { observable: 'he', prompt: 'so f' }, 'INVALID_ARGUMENT', /together/],
    [
      'two lengths',
      { observable: 'he', prompt: 'so f', counter: 'so' },
      'DIMENSION_MISMATCH',
      /2 and 1 tokens/,
    ],
  ])('refuses %s', async (_, options, code, message) => {
    await expect(observeModel(model(), { ...options, threads: 1 })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  test('refuses a model without tokenizer, and stops when it is told to', async () => {
    await expect(observeModel(tinyGpt2(), { observable: 'he' })).rejects.toThrow(/no tokenizer/);
    const work = { observable: 'he', prompt: 'so f', counter: 'so m', signal: AbortSignal.abort() };
    await expect(observeModel(model(), work)).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
