import { describe, expect, it } from 'vitest';
import { filterableFields, typedFields } from './fields.js';

describe('filterableFields', () => {
  it('believes the schema', () => {
    expect(
      filterableFields(
        {
          pos: { data_type: 'keyword', points: 9 },
          year: { data_type: 'integer', points: 9 },
          gloss: { data_type: 'text', points: 9 },
        },
        [{ other: 'x' }],
      ),
    ).toEqual([
      { key: 'pos', kind: 'choice' },
      { key: 'year', kind: 'number' },
    ]);
  });

  it('does not offer names, indexed or not', () => {
    const sample = Array.from({ length: 30 }, (_, i) => ({ words: [`a${i}`, `b${i}`], pos: 'noun' }));
    const keyword = { data_type: 'keyword' as const, points: 30 };
    expect(filterableFields({ words: keyword, pos: keyword }, sample)).toEqual([
      { key: 'pos', kind: 'choice' },
    ]);
  });

  it('reads a sample where nothing is indexed', () => {
    const sample = Array.from({ length: 20 }, (_, i) => ({
      title: `title ${i}`,
      text: 'words '.repeat(30),
      kind: i % 2 === 0 ? 'soup' : 'cake',
      tags: ['warm', i % 3 === 0 ? 'sweet' : 'salty'],
      minutes: i,
      vegan: i < 4,
      place: { city: i < 10 ? 'Kyiv' : 'Porto', at: { deep: { deeper: 1 } } },
      nothing: null,
      mixed: i % 2 === 0 ? i : 'odd',
    }));
    expect(filterableFields({}, sample)).toEqual([
      { key: 'kind', kind: 'choice' },
      { key: 'tags', kind: 'choice' },
      { key: 'minutes', kind: 'number' },
      { key: 'vegan', kind: 'choice' },
      { key: 'place.city', kind: 'choice' },
    ]);
  });

  it('finds nothing in nothing', () => {
    expect(filterableFields({}, [])).toEqual([]);
  });
});

describe('typedFields', () => {
  it('knows the schema’s types and guesses those of other fields', () => {
    const sample = [
      {
        pos: 'noun',
        meta: { year: 1900, ok: true },
        seen: '2024-05-17',
        ref: 'C0FFEE00-0000-4000-8000-000000000000',
      },
      {
        pos: 'verb',
        meta: { year: 2.5 },
        tags: ['a', 'b'],
        text: 'x'.repeat(50),
        list: [{ a: 1 }],
        none: null,
      },
    ];
    expect(typedFields({ pos: { data_type: 'text', points: 2 } }, sample)).toEqual([
      { key: 'pos', type: 'text', indexed: true },
      { key: 'meta.year', type: 'float', indexed: false },
      { key: 'meta.ok', type: 'bool', indexed: false },
      { key: 'seen', type: 'datetime', indexed: false },
      { key: 'ref', type: 'uuid', indexed: false },
      { key: 'tags', type: 'keyword', indexed: false },
      { key: 'text', type: 'text', indexed: false },
    ]);
  });
});
