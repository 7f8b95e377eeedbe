import type { WordNetGloss } from '@fletch/data';
import { expect, it } from 'vitest';
import { cutGlosses } from './gloss-letters.js';

const gloss = (text: string, pos = 'noun') =>
  ({ text, pos, lexname: `${pos}.act` }) as unknown as WordNetGloss;

it('takes each definition of nouns and verbs once, up to its first semicolon', () => {
  const parts = cutGlosses(
    [
      gloss('The Act; of it'),
      gloss('the act', 'verb'),
      gloss('quickly', 'adverb'),
      gloss('; nothing'),
      gloss('a dog'),
    ],
    { train: 1, validation: 0, test: 0 },
  );
  expect([...parts.train, ...parts.tasks].map(({ text }) => text).sort()).toEqual(['a dog', 'the act']);
});

it('parts them the same way every time, none in two parts', () => {
  const glosses = Array.from({ length: 400 }, (_, i) => gloss(`definition ${i}`));
  const sizes = { train: 200, validation: 30, test: 20 };
  const parts = cutGlosses(glosses, sizes);
  expect(cutGlosses(glosses, sizes)).toEqual(parts);
  expect([parts.train, parts.validation, parts.test, parts.tasks].map(({ length }) => length)).toEqual([
    200, 30, 20, 150,
  ]);
  expect(new Set(Object.values(parts).flat()).size).toBe(400);
  expect(parts.tasks.some(({ text }) => Number(text.slice(11)) < 100)).toBe(true);
});
