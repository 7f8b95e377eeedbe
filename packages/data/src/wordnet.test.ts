import { beforeAll, expect, test } from 'vitest';
import { loadWordNetGlosses, type WordNetGloss } from './wordnet.js';

let glosses: WordNetGloss[];

beforeAll(async () => {
  glosses = await loadWordNetGlosses();
});

test('WordNet 3.1 has 117,791 meanings, numbered from 1', () => {
  expect(glosses).toHaveLength(117_791);
  expect(glosses.every(({ id }, i) => id === i + 1)).toBe(true);
});

test('parts of speech are as many as the data files have lines', () => {
  const counts: Record<string, number> = {};
  for (const { pos } of glosses) counts[pos] = (counts[pos] ?? 0) + 1;
  expect(counts).toEqual({ noun: 82_192, verb: 13_789, adjective: 18_185, adverb: 3_625 });
});

test('a meaning has its definition, examples, words and class', () => {
  expect(glosses.find(({ words }) => words[0] === 'sorrow')).toEqual({
    id: 40_863,
    text: 'an emotion of great sadness associated with loss or bereavement',
    examples: ['he tried to express his sorrow at her loss'],
    words: ['sorrow'],
    pos: 'noun',
    lexname: 'noun.feeling',
    synset: '07549818-n',
  });
});

test('words have spaces and no syntactic marks; definitions no examples', () => {
  expect(glosses.flatMap(({ words }) => words).filter((word) => /[_()]/.test(word))).toEqual([]);
  expect(glosses.filter(({ text }) => text === '' || text.includes('"'))).toEqual([]);
  expect(new Set(glosses.map(({ synset }) => synset)).size).toBe(glosses.length);
});
