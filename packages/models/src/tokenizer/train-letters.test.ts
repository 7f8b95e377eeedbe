import { describe, expect, it } from 'vitest';
import { Tokenizer } from './tokenizer.js';
import { trainLetters } from './train-letters.js';

describe('tokenizers of letters', () => {
  it('keep the most frequent letters, and read others as unknown', () => {
    const file = trainLetters(['aaa bb', 'Ab c'], { vocabularySize: 4 });
    expect(Object.keys(file.model.vocab)).toEqual(['[UNK]', 'a', 'b', ' ']);
    const tokenizer = new Tokenizer(file);
    expect(Array.from(tokenizer.encode('Cab, BA'))).toEqual([0, 1, 2, 0, 3, 2, 1]);
    expect(tokenizer.decode(tokenizer.encode('a bab a'))).toBe('a bab a');
    expect(Array.from(tokenizer.encode('a bab a'))).toHaveLength(7);
  });

  it('have digits among their letters', () => {
    const tokenizer = new Tokenizer(trainLetters(['1 2 2 a'], { vocabularySize: 9, unknown: '<end>' }));
    expect(tokenizer.decode(tokenizer.encode('2 1 a'))).toBe('2 1 a');
    expect(tokenizer.idOf('<end>')).toBe(0);
  });

  it('refuse a vocabulary without room, and no text', () => {
    expect(() => trainLetters(['a'], { vocabularySize: 1 })).toThrow('too small');
    expect(() => trainLetters([], { vocabularySize: 8 })).toThrow('holds no documents');
  });
});
