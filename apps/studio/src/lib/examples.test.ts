import { expect, it } from 'vitest';
import { examples } from './examples.js';

it('asks WordNet questions of WordNet', () => {
  expect(examples('wordnet', [], { tagFields: [] })[0]).toBe('a feeling of deep sadness');
});

it('takes the words of other collections from themselves', () => {
  const sample = Array.from({ length: 30 }, (_, id) => ({
    id,
    payload: { text: `paragraph number ${id % 10} says something that takes a good many words to say` },
  }));
  const found = examples('notes', sample, { tagFields: [], textField: 'text' });
  expect(found).toEqual([
    'paragraph number 0 says something that takes a',
    'paragraph number 5 says something that takes a',
  ]);
  expect(examples('notes', [], { tagFields: [] })).toEqual([]);
});
