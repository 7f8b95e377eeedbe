import { describe, expect, test } from 'vitest';
import type { Payload, TextIndexParams } from '../../types/index.js';
import { matchingPayloads } from '../testing.case.js';

const titles = [
  'the quick brown fox jumps over the lazy dog',
  'a quick brown cat runs through the garden',
  'the brown fox is very quick and agile',
  ['lazy dogs', 'sleep all day'],
  'writing tests is very very very important',
  7,
  null,
  ['quick', 'brown'],
];
const payloads = titles.map((title) => ({ title, list: [{ title }, { title: 'other' }] }) as Payload);

function find(match: object, params: Partial<TextIndexParams> = {}): number[] {
  const indexes = { title: { type: 'text' as const, ...params } };
  return matchingPayloads({ must: { key: 'title', match } }, payloads, indexes).flatMap((holds, i) =>
    holds ? i : [],
  );
}

describe('with a text index', () => {
  test.each<[object, Partial<TextIndexParams>, number[]]>([
    [{ text: 'Fox QUICK' }, {}, [0, 2]],
    [{ text: 'fo' }, {}, []],
    [{ text: 'fox unknown' }, {}, []],
    [{ text: '' }, {}, []],
    [{ text: '!?' }, {}, []],
    [{ text: 'dogs day' }, {}, [3]],
    [{ text: 'quick brown' }, {}, [0, 1, 2, 7]],
    [{ text: 'DOG' }, { lowercase: false }, []],
    [{ text: 'dog' }, { stemmer: { type: 'snowball', language: 'english' } }, [0, 3]],
    [{ text: 'jump sleeps' }, { stemmer: { type: 'snowball', language: 'english' } }, []],
    [{ text: 'the agile' }, { stopwords: 'english' }, [2]],
    [{ text: 'the' }, { stopwords: 'english' }, []],
    [{ text: 'qui la' }, { tokenizer: 'prefix' }, [0]],
    [{ text_any: 'garden unknown agile' }, {}, [1, 2]],
    [{ text_any: 'unknown' }, {}, []],
    [{ text_any: '' }, {}, []],
    [{ phrase: 'quick brown' }, { phrase_matching: true }, [0, 1]],
    [{ phrase: 'brown quick' }, { phrase_matching: true }, []],
    [{ phrase: 'very very very' }, { phrase_matching: true }, [4]],
    [{ phrase: 'very very very very' }, { phrase_matching: true }, []],
    [{ phrase: 'dogs sleep' }, { phrase_matching: true }, []],
    [{ phrase: '' }, { phrase_matching: true }, []],
    [{ phrase: 'quick brown' }, {}, []],
  ])('%j %j', (match, params, expected) => {
    expect(find(match, params)).toEqual(expected);
  });

  test('a value, a prefix and a list are still looked up as they stand', () => {
    expect(find({ prefix: 'the q' })).toEqual([0]);
    expect(find({ value: 'quick' })).toEqual([7]);
    expect(find({ any: ['brown', 7].slice(0, 1) })).toEqual([7]);
  });

  test('texts in the elements of an array count each for itself', () => {
    const indexes = { 'list[].title': { type: 'text' as const } };
    const nested = (match: object) =>
      matchingPayloads(
        { must: { nested: { key: 'list', filter: { must: { key: 'title', match } } } } },
        payloads,
        indexes,
      ).flatMap((holds, i) => (holds ? i : []));
    expect(nested({ text: 'lazy dogs' })).toEqual([3]);
    expect(nested({ text: 'lazy sleep' })).toEqual([]);
    expect(nested({ text_any: 'garden sleep' })).toEqual([1, 3]);
    expect(nested({ phrase: 'quick brown' })).toEqual([0, 1]);
  });
});
