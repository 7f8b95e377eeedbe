import { isFletchError } from '@fletch/base';
import { describe, expect, it } from 'vitest';
import { Tokenizer } from './tokenizer.js';
import { trainWords } from './train-words.js';

const texts = ['The cat sat on the mat; the CAT slept.', 'A dog sat too. A zebra did not.'];

describe('tokenizers of whole words', () => {
  it('keep the most frequent words and those asked for, in order of frequency', () => {
    const file = trainWords(texts, {
      vocabularySize: 6,
      always: ['zebra'],
      specialTokens: ['[UNK]', '<end>'],
    });
    const words = Object.keys(file.model.vocab);
    expect(words).toEqual(['[UNK]', '<end>', '.', 'the', 'a', 'zebra']);
  });

  it('read other words as unknown, never as pieces', () => {
    const tokenizer = new Tokenizer(trainWords(texts, { vocabularySize: 30 }));
    const read = (text: string) => Array.from(tokenizer.encode(text), (id) => tokenizer.tokenOf(id));
    expect(read('The Cát sat, catty')).toEqual(['the', 'cat', 'sat', '[UNK]', '[UNK]']);
    expect(tokenizer.decode(tokenizer.encode('the cat sat'))).toBe('the cat sat');
  });

  it('are the same for texts in any order', () => {
    const options = { vocabularySize: 9 };
    expect(trainWords(texts.toReversed(), options)).toEqual(trainWords(texts, options));
  });

  it('refuse words of which nothing can be learned, and vocabularies without room', () => {
    const refuses = (work: () => unknown, message: RegExp) =>
      expect(work).toThrow(
        expect.toSatisfy((error) => isFletchError(error, 'INVALID_ARGUMENT') && message.test(error.message)),
      );
    refuses(
      () => trainWords(texts, { vocabularySize: 20, always: ['dishwasher'] }),
      /never use "dishwasher"/,
    );
    refuses(() => trainWords(texts, { vocabularySize: 1, always: ['cat'] }), /too small/);
    refuses(() => trainWords([], { vocabularySize: 9 }), /no documents/);
  });
});
