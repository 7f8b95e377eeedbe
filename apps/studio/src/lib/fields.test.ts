import { describe, expect, it } from 'vitest';
import { filterableFields } from './fields.js';

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
