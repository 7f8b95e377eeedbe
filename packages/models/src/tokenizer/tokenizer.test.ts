import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FletchError } from '@fletch/base';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encoderOf } from './encoder.js';
import type { TokenizerFile } from './file.js';
import { Tokenizer } from './tokenizer.js';
import { trainBpe } from './train-bpe.js';
import { trainWordPiece } from './train-wordpiece.js';

const corpus = Array.from(
  { length: 40 },
  (_, i) =>
    `The archer's ${i % 3 ? 'arrow flies' : 'arrows fly'} straight; ${i} of 40 don't miss. Café, naïve — 矢 →\n\tend`,
);
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({
    unit: fc.constantFrom(' ', '\n', "'", 's', 'a', 'é', '矢', '1', '.', '🏹', '\u00a0'),
    maxLength: 40,
  }),
  fc.constantFrom(...corpus),
);
const coded = (code: string, words: RegExp) =>
  expect.toSatisfy(
    (error) => error instanceof FletchError && error.code === code && words.test(error.message),
  );

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fletch-tokenizer-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** What Hugging Face's tokenizers make of a saved file. */
async function theirs(tokenizer: Tokenizer) {
  const path = join(folder, `${tokenizer.vocabularySize}.json`);
  await tokenizer.save(path);
  return encoderOf(JSON.parse(await readFile(path, 'utf8')) as TokenizerFile);
}

describe('byte-level BPE', () => {
  const tokenizer = new Tokenizer(trainBpe(corpus, { vocabularySize: 300 }));

  it('gives back every text', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('encodes as @huggingface/tokenizers does with the saved file', async () => {
    const encoder = await theirs(tokenizer);
    fc.assert(
      fc.property(fc.array(texts, { maxLength: 4 }), (parts) => {
        const text = parts.join('');
        expect(Array.from(tokenizer.encode(text))).toEqual(
          encoder.encode(text, { add_special_tokens: false }).ids,
        );
      }),
      { seed: 2, numRuns: 500 },
    );
    const marked = 'one<|endoftext|>two';
    expect(Array.from(tokenizer.encode(marked))).toEqual(
      encoder.encode(marked, { add_special_tokens: true }).ids,
    );
    expect(tokenizer.encode(marked)).toContain(0);
  });

  it('shortens what it has learned, and the same texts teach the same in any order', () => {
    expect(tokenizer.vocabularySize).toBe(300);
    expect(tokenizer.encode(corpus[1]!).length).toBeLessThan(Buffer.byteLength(corpus[1]!) * 0.75);
    expect(trainBpe(corpus, { vocabularySize: 300 })).toEqual(tokenizer.file);
    expect(trainBpe(corpus.toReversed(), { vocabularySize: 300 })).toEqual(tokenizer.file);
    expect(trainBpe([...corpus, 'zz'.repeat(500)], { vocabularySize: 300 })).not.toEqual(tokenizer.file);
  });

  it('knows its special tokens', () => {
    expect(tokenizer.idOf('<|endoftext|>')).toBe(0);
    expect(tokenizer.decode([0])).toBe('');
    expect(tokenizer.decode([0], { special: true })).toBe('<|endoftext|>');
    expect(() => tokenizer.idOf('<none>')).toThrow(coded('NOT_FOUND', /"<none>" is none of the 300/));
  });

  it.each([
    [[], /holds no documents/],
    [['', ''], /None of the 2 documents of the corpus holds any text/],
  ])('refuses a corpus with no text: %j', (empty, words) => {
    expect(() => trainBpe(empty, { vocabularySize: 300 })).toThrow(coded('INVALID_ARGUMENT', words));
    expect(() => trainWordPiece(empty, { vocabularySize: 300 })).toThrow(coded('INVALID_ARGUMENT', words));
  });

  it('refuses what it cannot do', () => {
    expect(() => trainBpe(corpus, { vocabularySize: 256 })).toThrow(
      coded('INVALID_ARGUMENT', /alone are 257/),
    );
    expect(() => trainBpe(corpus, { vocabularySize: 300, specialTokens: ['a', 'a'] })).toThrow(
      coded('INVALID_ARGUMENT', /"a" is given twice/),
    );
    expect(() => trainBpe(['a', 3 as never], { vocabularySize: 300 })).toThrow(
      coded('INVALID_ARGUMENT', /Document 1 is number/),
    );
    expect(() => tokenizer.decode([5, 300])).toThrow(
      coded('INVALID_ARGUMENT', /300 at position 1 is no token/),
    );
  });
});

describe('WordPiece', () => {
  const tokenizer = new Tokenizer(trainWordPiece(corpus, { vocabularySize: 120 }));

  it('is uncased, puts [CLS] and [SEP] around, and says [UNK]', async () => {
    const written = (text: string, special = false) =>
      Array.from(tokenizer.encode(text, { special }), (id) => tokenizer.tokenOf(id));
    expect(written('Arrow', true)).toEqual(['[CLS]', 'arrow', '[SEP]']);
    expect(written('CAFÉ')).toEqual(written('cafe'));
    expect(written('字 arrow')).toEqual(['[UNK]', 'arrow']);
    expect(tokenizer.decode(tokenizer.encode('The arrow flies straight'))).toBe('the arrow flies straight');
    expect(['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'].map((token) => tokenizer.idOf(token))).toEqual([
      0, 1, 2, 3, 4,
    ]);
    const encoder = await theirs(tokenizer);
    for (const text of corpus)
      expect(Array.from(tokenizer.encode(text, { special: true }))).toEqual(
        encoder.encode(text, { add_special_tokens: true }).ids,
      );
  });

  it('encodes as @huggingface/tokenizers does with the saved file', async () => {
    const encoder = await theirs(tokenizer);
    fc.assert(
      fc.property(fc.array(texts, { maxLength: 4 }), (parts) => {
        const text = parts.join('');
        for (const special of [false, true])
          expect(Array.from(tokenizer.encode(text, { special }))).toEqual(
            encoder.encode(text, { add_special_tokens: special }).ids,
          );
      }),
      { seed: 3, numRuns: 400 },
    );
  });

  it('takes the longest piece it knows, as the definition says', () => {
    const { vocab } = tokenizer.file.model;
    for (const word of ['archer', 'straightarrow', 'flying', 'missed']) {
      const pieces: string[] = [];
      let rest = word;
      while (rest !== '') {
        const own = Array.from({ length: rest.length }, (_, i) => rest.slice(0, rest.length - i))
          .map((piece) => (pieces.length === 0 ? piece : `##${piece}`))
          .find((piece) => piece in vocab)!;
        pieces.push(own);
        rest = rest.slice(own.replace('##', '').length);
      }
      expect(Array.from(tokenizer.encode(word), (id) => tokenizer.tokenOf(id))).toEqual(pieces);
    }
  });

  it('has [UNK] for characters that were too rare to keep', () => {
    const few = new Tokenizer(trainWordPiece(['aaa aab aab c'], { vocabularySize: 20, alphabet: 2 }));
    expect(Array.from(few.encode('c aab'))).toEqual([1, few.idOf('aab')]);
    expect(() => trainWordPiece(corpus, { vocabularySize: 8 })).toThrow(
      coded('INVALID_ARGUMENT', /too small/),
    );
  });
});

describe('files', () => {
  it('come back as they were', async () => {
    const tokenizer = new Tokenizer(trainBpe(corpus, { vocabularySize: 280 }));
    const path = join(folder, 'own.json');
    await tokenizer.save(path);
    expect((await Tokenizer.load(path)).file).toEqual(tokenizer.file);
  });

  it('that are none are refused', async () => {
    await expect(Tokenizer.load(join(folder, 'none.json'))).rejects.toThrow(coded('NOT_FOUND', /none\.json/));
    for (const content of ['', '{}', '[1]', '{"model": {"type": "Nothing"}}']) {
      const path = join(folder, 'bad.json');
      await writeFile(path, content);
      await expect(Tokenizer.load(path)).rejects.toThrow(coded('INVALID_INPUT_FILE', /no tokenizer\.json/));
    }
  });
});
