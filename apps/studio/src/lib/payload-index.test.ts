import { expect, it } from 'vitest';
import { fieldSchema, parameterLine } from './payload-index.js';

it('an index without chosen parameters is its type alone', () => {
  expect(fieldSchema('keyword', {})).toBe('keyword');
  expect(fieldSchema('integer', { lookup: true, range: true, on_disk: false })).toBe('integer');
  expect(fieldSchema('text', { tokenizer: 'word', stemmer: 'none', min_token_len: '' })).toBe('text');
});

it('chosen parameters are sent, those of other types are not', () => {
  expect(fieldSchema('integer', { range: false, tokenizer: 'prefix' })).toEqual({
    type: 'integer',
    range: false,
  });
  expect(
    fieldSchema('text', {
      tokenizer: 'multilingual',
      lowercase: false,
      phrase_matching: true,
      min_token_len: '2',
      stopwords: 'german',
      stemmer: 'german',
    }),
  ).toEqual({
    type: 'text',
    tokenizer: 'multilingual',
    lowercase: false,
    phrase_matching: true,
    min_token_len: 2,
    stopwords: 'german',
    stemmer: { type: 'snowball', language: 'german' },
  });
});

it('parameters are told in a line', () => {
  const params = {
    type: 'text',
    tokenizer: 'word',
    on_disk: false,
    lowercase: true,
    max_token_len: null,
    stemmer: { type: 'snowball', language: 'german' },
    stopwords: { custom: ['a'] },
  };
  expect(parameterLine(params)).toBe(
    'tokenizer: word, lowercase, stemmer: german, stopwords: {"custom":["a"]}',
  );
  expect(parameterLine(undefined)).toBe('');
});
